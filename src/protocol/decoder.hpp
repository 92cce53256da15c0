#pragma once

#include "protocol/close_payload.hpp"
#include "protocol/failure.hpp"
#include "protocol/frame_header.hpp"
#include "protocol/masking.hpp"
#include "protocol/opcode.hpp"
#include "protocol/role.hpp"
#include "protocol/utf8.hpp"

#include <longwire/message.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::protocol {

/// What a visitor wants next.
enum class Flow : std::uint8_t {
    proceed,  ///< Go on.
    pause,    ///< Come back: the rest of the input is fed again later.
    stop,     ///< Decode nothing more, ever.
};

/// What a decoder lets a peer ask of it.
struct DecoderLimits {
    /// The payload of one message in bytes, over all its fragments.
    std::size_t max_message_size = std::size_t{1024} * 1024;
};

/// What became of the input.
struct Decoded {
    std::size_t consumed = 0;
    std::optional<Failure> failure = std::nullopt;
};

/// A visitor that takes messages in parts: `Flow on_chunk(MessageType, std::span<std::byte>, bool
/// last)`. Text is valid UTF-8 so far; a character may be cut by the end of a part.
template <class Visitor>
concept TakesChunks = requires(Visitor visitor, std::span<std::byte> chunk) {
    visitor.on_chunk(MessageType::text, chunk, true);
};

/// A visitor that takes compressed messages.
template <class Visitor>
concept TakesCompressed = requires(Visitor visitor, std::span<std::byte> payload) {
    visitor.on_compressed(MessageType::text, payload);
};

/// Turns the bytes of a connection into messages and control frames (RFC 6455, sections 5 and 8).
///
/// The input is unmasked in place. A message that lies whole in it is handed out as a view of it;
/// only what is unfinished is kept, and an idle decoder keeps nothing. The visitor has
///   Flow on_message(MessageType, std::span<std::byte>)   or on_chunk, see TakesChunks
///   Flow on_compressed(MessageType, std::span<std::byte>) if compressed messages are allowed
///   Flow on_ping(std::span<const std::byte>), Flow on_pong(std::span<const std::byte>)
///   void on_close(CloseCode, std::string_view reason)    the last call
class Decoder {
public:
    /// `limits` must outlive the decoder.
    Decoder(Role role, const DecoderLimits& limits) noexcept : limits_(&limits), role_(role) {}

    /// Decodes from `input`. After a failure, a close frame or Flow::stop all input is ignored.
    template <class Visitor>
    Decoded decode(std::span<std::byte> input, Visitor& visitor);

    [[nodiscard]] Role role() const noexcept { return role_; }
    [[nodiscard]] std::size_t max_message_size() const noexcept {
        return limits_->max_message_size;
    }

    /// From now on messages may be compressed (RFC 7692). They are handed out whole and as they
    /// are; their text is not validated.
    void allow_compressed() noexcept { rsv1_ = Rsv1::compressed; }

private:
    /// A header, frame or message of which only a part has come.
    struct Unfinished {
        std::array<std::byte, max_frame_header_size> header_bytes = {};
        std::uint8_t header_size = 0;
        bool in_frame = false;
        bool in_message = false;
        bool compressed = false;
        MessageType type = MessageType::text;
        Utf8Validator utf8;
        FrameHeader frame;
        std::uint64_t frame_received = 0;
        std::uint64_t message_size = 0;
        std::array<std::byte, max_control_payload> control = {};
        std::vector<std::byte> message;

        [[nodiscard]] bool nothing() const noexcept {
            return header_size == 0 && !in_frame && !in_message;
        }
    };

    /// One call of `decode`.
    template <class Visitor>
    struct Pass {
        Visitor& visitor;
        std::span<std::byte> rest;
        Flow flow = Flow::proceed;
        std::optional<Failure> failure = std::nullopt;

        void fail(CloseCode code, std::string_view reason) {
            failure = Failure{.code = code, .reason = reason};
        }
    };

    template <class Visitor>
    bool take_whole_frame(Pass<Visitor>& pass);
    template <class Visitor>
    void take_header(Pass<Visitor>& pass);
    template <class Visitor>
    void begin_frame(Pass<Visitor>& pass, const FrameHeader& header);
    template <class Visitor>
    void take_payload(Pass<Visitor>& pass);
    template <class Visitor>
    void take_data(Pass<Visitor>& pass, std::span<std::byte> chunk);
    template <class Visitor>
    void end_frame(Pass<Visitor>& pass);
    template <class Visitor>
    void hand_out(Pass<Visitor>& pass, MessageType type, bool compressed,
                  std::span<std::byte> payload);
    template <class Visitor>
    void hand_out_control(Pass<Visitor>& pass, Opcode opcode, std::span<const std::byte> payload);

    Unfinished& need_unfinished() {
        if (!unfinished_) unfinished_ = std::make_unique<Unfinished>();
        return *unfinished_;
    }

    static constexpr std::string_view not_utf8 = "a text message is not UTF-8";
    static constexpr std::string_view too_big = "a message is above the limit";

    const DecoderLimits* limits_;
    std::unique_ptr<Unfinished> unfinished_;
    Role role_;
    Rsv1 rsv1_ = Rsv1::reserved;
    bool stopped_ = false;
};

template <class Visitor>
Decoded Decoder::decode(std::span<std::byte> input, Visitor& visitor) {
    Pass<Visitor> pass{.visitor = visitor, .rest = input};
    while (!stopped_ && pass.flow == Flow::proceed && !pass.rest.empty()) {
        if (!unfinished_ && take_whole_frame(pass)) continue;
        if (pass.failure) break;
        if (!unfinished_ || !unfinished_->in_frame)
            take_header(pass);
        else
            take_payload(pass);
        if (pass.failure) break;
        if (unfinished_ && unfinished_->nothing()) unfinished_.reset();
    }
    if (pass.failure || pass.flow == Flow::stop) stopped_ = true;
    if (stopped_) {
        unfinished_.reset();
        return {.consumed = input.size(), .failure = pass.failure};
    }
    return {.consumed = input.size() - pass.rest.size(), .failure = std::nullopt};
}

/// The usual case: a whole message, or control frame, at the front of the input.
template <class Visitor>
bool Decoder::take_whole_frame(Pass<Visitor>& pass) {
    const ParsedHeader parsed = parse_frame_header(pass.rest, role_, rsv1_);
    if (parsed.status == ParsedHeader::Status::failed) {
        pass.failure = parsed.failure;
        return false;
    }
    if (parsed.status == ParsedHeader::Status::need_more) return false;
    const FrameHeader& header = parsed.header;
    const bool whole_message = header.fin && header.opcode != Opcode::continuation;
    if (!whole_message || header.payload_length > pass.rest.size() - parsed.size) return false;
    if (!is_control(header.opcode) && header.payload_length > limits_->max_message_size) {
        pass.fail(CloseCode::message_too_big, too_big);
        return false;
    }

    const auto length = static_cast<std::size_t>(header.payload_length);
    const auto payload = pass.rest.subspan(parsed.size, length);
    if (header.masked) apply_mask(payload, header.masking_key);
    pass.rest = pass.rest.subspan(parsed.size + length);
    if (is_control(header.opcode)) {
        hand_out_control(pass, header.opcode, payload);
    } else if (header.opcode == Opcode::text && !header.compressed && !is_valid_utf8(payload)) {
        pass.fail(CloseCode::invalid_payload, not_utf8);
    } else {
        hand_out(pass, header.opcode == Opcode::text ? MessageType::text : MessageType::binary,
                 header.compressed, payload);
    }
    return !pass.failure;
}

template <class Visitor>
void Decoder::take_header(Pass<Visitor>& pass) {
    Unfinished& unfinished = need_unfinished();
    const std::size_t had = unfinished.header_size;
    const std::size_t more = std::min(pass.rest.size(), max_frame_header_size - had);
    std::copy_n(pass.rest.begin(), more,
                unfinished.header_bytes.begin() + static_cast<std::ptrdiff_t>(had));
    const ParsedHeader parsed =
        parse_frame_header(std::span(unfinished.header_bytes).first(had + more), role_, rsv1_);
    switch (parsed.status) {
        case ParsedHeader::Status::failed:
            pass.failure = parsed.failure;
            return;
        case ParsedHeader::Status::need_more:
            unfinished.header_size = static_cast<std::uint8_t>(had + more);
            pass.rest = pass.rest.subspan(more);
            return;
        case ParsedHeader::Status::complete:
            break;
    }
    unfinished.header_size = 0;
    pass.rest = pass.rest.subspan(parsed.size - had);
    begin_frame(pass, parsed.header);
    // An empty payload needs no further input to be whole.
    if (!pass.failure && parsed.header.payload_length == 0) end_frame(pass);
}

template <class Visitor>
void Decoder::begin_frame(Pass<Visitor>& pass, const FrameHeader& header) {
    Unfinished& unfinished = *unfinished_;
    if (!is_control(header.opcode)) {
        if (header.opcode == Opcode::continuation && !unfinished.in_message)
            return pass.fail(CloseCode::protocol_error,
                             "a continuation frame continues no message");
        if (header.opcode != Opcode::continuation && unfinished.in_message)
            return pass.fail(CloseCode::protocol_error,
                             "a message begins before the one before it has ended");
        if (!unfinished.in_message) {
            unfinished.in_message = true;
            unfinished.compressed = header.compressed;
            unfinished.type =
                header.opcode == Opcode::text ? MessageType::text : MessageType::binary;
            unfinished.message_size = 0;
            unfinished.utf8.reset();
        }
        // Refused by what the header claims, before any of it has come. No sum can overflow: the
        // size so far is within the limit.
        if (header.payload_length > limits_->max_message_size - unfinished.message_size)
            return pass.fail(CloseCode::message_too_big, too_big);
        unfinished.message_size += header.payload_length;
    }
    unfinished.in_frame = true;
    unfinished.frame = header;
    unfinished.frame_received = 0;
}

template <class Visitor>
void Decoder::take_payload(Pass<Visitor>& pass) {
    Unfinished& unfinished = *unfinished_;
    const std::uint64_t missing = unfinished.frame.payload_length - unfinished.frame_received;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(missing, pass.rest.size()));
    const auto chunk = pass.rest.first(size);
    pass.rest = pass.rest.subspan(size);
    if (unfinished.frame.masked)
        apply_mask(chunk, unfinished.frame.masking_key,
                   static_cast<std::size_t>(unfinished.frame_received % 4));
    const auto received = static_cast<std::size_t>(unfinished.frame_received);
    unfinished.frame_received += size;
    if (is_control(unfinished.frame.opcode))
        std::ranges::copy(chunk,
                          unfinished.control.begin() + static_cast<std::ptrdiff_t>(received));
    else
        take_data(pass, chunk);
    if (!pass.failure && size == missing) end_frame(pass);
}

template <class Visitor>
void Decoder::take_data(Pass<Visitor>& pass, std::span<std::byte> chunk) {
    Unfinished& unfinished = *unfinished_;
    const bool text = unfinished.type == MessageType::text && !unfinished.compressed;
    if (text && !unfinished.utf8.feed(chunk))
        return pass.fail(CloseCode::invalid_payload, not_utf8);
    if constexpr (TakesChunks<Visitor>) {
        const bool last =
            unfinished.frame.fin && unfinished.frame_received == unfinished.frame.payload_length;
        if (!last) pass.flow = pass.visitor.on_chunk(unfinished.type, chunk, false);
        // The last part is handed out at the end of its frame, once the text is known to be whole.
        if (last) unfinished.message.assign(chunk.begin(), chunk.end());
    } else {
        // Grows by what has come, never by what a header claims.
        unfinished.message.insert(unfinished.message.end(), chunk.begin(), chunk.end());
    }
}

template <class Visitor>
void Decoder::end_frame(Pass<Visitor>& pass) {
    Unfinished& unfinished = *unfinished_;
    unfinished.in_frame = false;
    if (is_control(unfinished.frame.opcode)) {
        const auto payload = unfinished.control;
        const auto size = static_cast<std::size_t>(unfinished.frame.payload_length);
        hand_out_control(pass, unfinished.frame.opcode, std::span(payload).first(size));
        return;
    }
    if (!unfinished.frame.fin) return;
    const bool text = unfinished.type == MessageType::text && !unfinished.compressed;
    if (text && !unfinished.utf8.complete()) return pass.fail(CloseCode::invalid_payload, not_utf8);
    unfinished.in_message = false;
    auto message = std::exchange(unfinished.message, {});
    hand_out(pass, unfinished.type, unfinished.compressed, message);
}

template <class Visitor>
void Decoder::hand_out(Pass<Visitor>& pass, MessageType type, bool compressed,
                       std::span<std::byte> payload) {
    if constexpr (TakesCompressed<Visitor>) {
        if (compressed) {
            pass.flow = pass.visitor.on_compressed(type, payload);
            return;
        }
    }
    if constexpr (TakesChunks<Visitor>)
        pass.flow = pass.visitor.on_chunk(type, payload, true);
    else
        pass.flow = pass.visitor.on_message(type, payload);
}

template <class Visitor>
void Decoder::hand_out_control(Pass<Visitor>& pass, Opcode opcode,
                               std::span<const std::byte> payload) {
    if (opcode == Opcode::ping) {
        pass.flow = pass.visitor.on_ping(payload);
    } else if (opcode == Opcode::pong) {
        pass.flow = pass.visitor.on_pong(payload);
    } else if (const auto body = parse_close_payload(payload)) {
        // RFC 6455, section 5.5.1: nothing follows a close frame.
        pass.flow = Flow::stop;
        pass.visitor.on_close(body->code, body->reason);
    } else {
        pass.failure = body.error();
    }
}

}  // namespace longwire::protocol
