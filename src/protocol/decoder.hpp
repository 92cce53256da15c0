#pragma once

#include "protocol/close_payload.hpp"
#include "protocol/compression.hpp"
#include "protocol/failure.hpp"
#include "protocol/frame_header.hpp"
#include "protocol/masking.hpp"
#include "protocol/opcode.hpp"
#include "protocol/payload_buffer.hpp"
#include "protocol/role.hpp"
#include "protocol/utf8.hpp"

#include <longwire/close_code.hpp>
#include <longwire/connection_limits.hpp>
#include <longwire/message.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// What became of the input.
struct Decoded {
    std::size_t consumed = 0;
    const Failure* failure = nullptr;  ///< One of broken_rule, or nothing.
};

/// A frame of which only a part has come.
struct UnfinishedFrame {
    std::uint64_t received = 0;  ///< Bytes of its header and payload so far.
    std::uint64_t length =
        0;  ///< Of its payload, as its header says; 0 before the header is whole.
    std::uint64_t missing_payload = 0;  ///< Of a message's frame whose header is whole.
    bool compressed = false;            ///< The message that it belongs to.
};

/// A visitor that takes messages in parts: `Flow on_chunk(MessageType, std::span<std::byte>, bool
/// last)`. Text is valid UTF-8 so far; a character may be cut by the end of a part.
template <class Visitor>
concept TakesChunks = requires(Visitor visitor, std::span<std::byte> chunk) {
    visitor.on_chunk(MessageType::text, chunk, true);
};

/// A visitor that takes compressed messages: those that lie whole in the input, and the parts of
/// others. What it makes of the parts is kept for it in `inflation`, null at the first.
template <class Visitor>
concept TakesCompressed =
    requires(Visitor visitor, std::span<std::byte> payload, std::unique_ptr<Inflation>& inflation) {
        visitor.on_compressed(MessageType::text, payload);
        visitor.on_compressed_part(MessageType::text, payload, true, inflation);
    };

/// A visitor with a limit of its own in place of `max_message_size`: `std::uint64_t room(bool
/// compressed)` says how many bytes more it takes of the message that begins or goes on; what a
/// header claims beyond that is refused.
template <class Visitor>
concept LimitsMessages = requires(Visitor visitor) { visitor.room(true); };

/// Turns the bytes of a connection into messages and control frames (RFC 6455, sections 5 and 8).
///
/// The input is unmasked in place. A message that lies whole in it is handed out as a view of it;
/// only what is unfinished is kept, and an idle decoder keeps nothing. The visitor, which must not
/// call the decoder back, has
///   Flow on_message(MessageType, std::span<std::byte>)   or on_chunk, see TakesChunks
///   Flow on_compressed(MessageType, std::span<std::byte>) and on_compressed_part, see
///     TakesCompressed, if compressed messages are allowed
///   Flow on_ping(std::span<const std::byte>), Flow on_pong(std::span<const std::byte>)
///   void on_close(CloseCode, std::string_view reason)    the last call
class Decoder {
public:
    /// `limits` must outlive the decoder, and not change meanwhile.
    Decoder(Role role, const ConnectionLimits& limits) noexcept : limits_(&limits), role_(role) {}

    /// Decodes from `input`. After a failure, a close frame or Flow::stop all input is ignored.
    template <class Visitor>
    Decoded decode(std::span<std::byte> input, Visitor& visitor);

    [[nodiscard]] Role role() const noexcept { return role_; }
    [[nodiscard]] const ConnectionLimits& limits() const noexcept { return *limits_; }
    [[nodiscard]] std::size_t max_message_size() const noexcept {
        return limits_->max_message_size;
    }

    /// Nothing between frames.
    [[nodiscard]] std::optional<UnfinishedFrame> unfinished_frame() const noexcept;
    [[nodiscard]] bool holds_nothing() const noexcept { return !unfinished_; }
    /// The bytes of memory that are kept for what is unfinished; an idle decoder keeps none.
    [[nodiscard]] std::size_t held() const noexcept {
        if (!unfinished_) return 0;
        return sizeof(Unfinished) + unfinished_->message.capacity() +
               (unfinished_->inflation ? unfinished_->inflation->held() : 0);
    }

    /// From now on messages may be compressed (RFC 7692). They are handed out as they are; their
    /// text is not validated.
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
        PayloadBuffer message;
        std::unique_ptr<Inflation> inflation;

        [[nodiscard]] bool nothing() const noexcept {
            return header_size == 0 && !in_frame && !in_message;
        }
    };

    /// One call of `decode`.
    template <class Visitor>
    struct Pass {
        Visitor& visitor;
        std::span<std::byte> rest;
        const Failure* failure = nullptr;
        Flow flow = Flow::proceed;

        void fail(const Failure& rule) {
            failure = &rule;
            flow = Flow::stop;
        }
    };

    template <class Visitor>
    void take_short_messages(Pass<Visitor>& pass);
    template <class Visitor>
    void take_any(Pass<Visitor>& pass);
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
    // Inlined, since this is the way of each message.
    template <class Visitor>
    [[gnu::always_inline]] void hand_out(Pass<Visitor>& pass, MessageType type, bool compressed,
                                         std::span<std::byte> payload);
    template <class Visitor>
    void hand_out_control(Pass<Visitor>& pass, Opcode opcode, std::span<const std::byte> payload);

    /// What a message may have in bytes as it comes. Compressed, it may be a little longer than it
    /// is; how long it really is shows when it is decompressed.
    [[nodiscard]] std::uint64_t most_payload(bool compressed) const noexcept {
        const std::uint64_t most = limits_->max_message_size;
        return compressed && most < (std::uint64_t{1} << 62U) ? most + most / 8 + 1024 : most;
    }

    /// How many bytes more of a message may come, of which there were `so_far`.
    template <class Visitor>
    [[nodiscard]] std::uint64_t room(const Pass<Visitor>& pass, bool compressed,
                                     std::uint64_t so_far) const {
        if constexpr (LimitsMessages<Visitor>)
            return pass.visitor.room(compressed);
        else
            return most_payload(compressed) - so_far;
    }

    Unfinished& need_unfinished() {
        if (!unfinished_) unfinished_ = std::make_unique<Unfinished>();
        return *unfinished_;
    }

    const ConnectionLimits* limits_;
    std::unique_ptr<Unfinished> unfinished_;
    Role role_;
    Rsv1 rsv1_ = Rsv1::reserved;
    bool stopped_ = false;
};

inline std::optional<UnfinishedFrame> Decoder::unfinished_frame() const noexcept {
    if (!unfinished_) return std::nullopt;
    const Unfinished& unfinished = *unfinished_;
    if (unfinished.in_frame) {
        const FrameHeader& frame = unfinished.frame;
        return UnfinishedFrame{
            .received = 2 + unfinished.frame_received,
            .length = frame.payload_length,
            .missing_payload =
                is_control(frame.opcode) ? 0 : frame.payload_length - unfinished.frame_received,
            .compressed = unfinished.compressed};
    }
    if (unfinished.header_size == 0) return std::nullopt;
    return UnfinishedFrame{.received = unfinished.header_size};
}

template <class Visitor>
Decoded Decoder::decode(std::span<std::byte> input, Visitor& visitor) {
    if (stopped_) return {.consumed = input.size()};
    Pass<Visitor> pass{.visitor = visitor, .rest = input};
    while (true) {
        if (!unfinished_) take_short_messages(pass);
        if (pass.flow != Flow::proceed || pass.rest.empty()) break;
        take_any(pass);
    }
    if (pass.flow != Flow::stop) return {.consumed = input.size() - pass.rest.size()};
    stopped_ = true;
    unfinished_.reset();
    return {.consumed = input.size(), .failure = pass.failure};
}

/// The usual case, on the shortest way: whole messages of less than 64 KiB, and nothing wrong with
/// their headers. Everything else is left to take_any.
template <class Visitor>
inline void Decoder::take_short_messages(Pass<Visitor>& pass) {
    constexpr unsigned whole_text = 0x81;
    constexpr unsigned whole_binary = 0x82;
    const bool masked = role_ == Role::server;
    const std::size_t limit = limits_->max_message_size;
    std::span<std::byte> rest = pass.rest;
    const auto byte = [&](std::size_t place) { return std::to_integer<unsigned>(rest[place]); };
    while (pass.flow == Flow::proceed && rest.size() >= 4) {
        const unsigned first = byte(0);
        if (first != whole_text && first != whole_binary) break;
        // With the right mask bit, what is left is the length.
        std::size_t length = byte(1) ^ (masked ? 0x80U : 0U);
        std::size_t header = masked ? 6 : 2;
        if (length >= 126) {
            if (length > 126) break;
            length = byte(2) << 8 | byte(3);
            if (length < 126) break;
            header += 2;
        }
        if (rest.size() < header + length || length > limit) break;

        const auto payload = rest.subspan(header, length);
        rest = rest.subspan(header + length);
        if (masked) {
            MaskingKey key;
            std::memcpy(key.data(), payload.data() - key.size(), key.size());
            apply_mask(payload, key);
        }
        const MessageType type = first == whole_text ? MessageType::text : MessageType::binary;
        if (type == MessageType::text && !is_valid_utf8(payload))
            pass.fail(broken_rule::text_not_utf8);
        else
            hand_out(pass, type, false, payload);
    }
    pass.rest = rest;
}

template <class Visitor>
[[gnu::noinline]] void Decoder::take_any(Pass<Visitor>& pass) {
    if (!unfinished_ && take_whole_frame(pass)) return;
    if (pass.failure != nullptr) return;
    if (!unfinished_ || !unfinished_->in_frame)
        take_header(pass);
    else
        take_payload(pass);
    if (unfinished_ && unfinished_->nothing()) unfinished_.reset();
}

/// A whole message, or control frame, at the front of the input.
template <class Visitor>
bool Decoder::take_whole_frame(Pass<Visitor>& pass) {
    const ParsedHeader parsed = parse_frame_header(pass.rest, role_, rsv1_);
    if (parsed.status == ParsedHeader::Status::failed) pass.fail(*parsed.failure);
    if (parsed.status != ParsedHeader::Status::complete) return false;
    const FrameHeader& header = parsed.header;
    const bool whole_message = header.fin && header.opcode != Opcode::continuation;
    if (!whole_message || header.payload_length > pass.rest.size() - parsed.size) return false;
    if (!is_control(header.opcode) && header.payload_length > room(pass, header.compressed, 0)) {
        pass.fail(broken_rule::too_big);
        return false;
    }

    const auto length = static_cast<std::size_t>(header.payload_length);
    const auto payload = pass.rest.subspan(parsed.size, length);
    if (header.masked) apply_mask(payload, header.masking_key);
    pass.rest = pass.rest.subspan(parsed.size + length);
    if (is_control(header.opcode))
        hand_out_control(pass, header.opcode, payload);
    else if (header.opcode == Opcode::text && !header.compressed && !is_valid_utf8(payload))
        pass.fail(broken_rule::text_not_utf8);
    else
        hand_out(pass, header.opcode == Opcode::text ? MessageType::text : MessageType::binary,
                 header.compressed, payload);
    return pass.failure == nullptr;
}

template <class Visitor>
void Decoder::take_header(Pass<Visitor>& pass) {
    Unfinished& unfinished = need_unfinished();
    const std::size_t had = unfinished.header_size;
    const std::size_t more = std::min(pass.rest.size(), max_frame_header_size - had);
    std::ranges::copy(pass.rest.first(more),
                      std::span(unfinished.header_bytes).subspan(had).begin());
    const ParsedHeader parsed =
        parse_frame_header(std::span(unfinished.header_bytes).first(had + more), role_, rsv1_);
    if (parsed.status == ParsedHeader::Status::failed) {
        pass.fail(*parsed.failure);
        return;
    }
    if (parsed.status == ParsedHeader::Status::need_more) {
        unfinished.header_size = static_cast<std::uint8_t>(had + more);
        pass.rest = pass.rest.subspan(more);
        return;
    }
    unfinished.header_size = 0;
    pass.rest = pass.rest.subspan(parsed.size - had);
    begin_frame(pass, parsed.header);
    // An empty payload needs no further input to be whole.
    if (pass.failure == nullptr && parsed.header.payload_length == 0) take_payload(pass);
}

template <class Visitor>
void Decoder::begin_frame(Pass<Visitor>& pass, const FrameHeader& header) {
    Unfinished& unfinished = *unfinished_;
    unfinished.in_frame = true;
    unfinished.frame = header;
    unfinished.frame_received = 0;
    if (is_control(header.opcode)) return;

    const bool continues = header.opcode == Opcode::continuation;
    if (continues != unfinished.in_message) {
        pass.fail(continues ? broken_rule::nothing_to_continue : broken_rule::message_in_message);
        return;
    }
    if (!continues) {
        unfinished.in_message = true;
        unfinished.compressed = header.compressed;
        unfinished.type = header.opcode == Opcode::text ? MessageType::text : MessageType::binary;
        unfinished.message_size = 0;
        unfinished.utf8.reset();
    }
    // Refused by what the header claims, before any of it has come. No sum can overflow that
    // matters: the size so far is within the limit, or the limit is the visitor's own.
    if (header.payload_length > room(pass, unfinished.compressed, unfinished.message_size))
        pass.fail(broken_rule::too_big);
    else
        unfinished.message_size += header.payload_length;
}

template <class Visitor>
void Decoder::take_payload(Pass<Visitor>& pass) {
    Unfinished& unfinished = *unfinished_;
    const FrameHeader& frame = unfinished.frame;
    const std::uint64_t received = unfinished.frame_received;
    const std::uint64_t missing = frame.payload_length - received;
    const auto chunk = pass.rest.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(missing, pass.rest.size())));
    pass.rest = pass.rest.subspan(chunk.size());
    if (frame.masked) apply_mask(chunk, frame.masking_key, static_cast<std::size_t>(received % 4));
    unfinished.frame_received += chunk.size();
    unfinished.in_frame = chunk.size() < missing;
    if (!is_control(frame.opcode)) {
        take_data(pass, chunk);
        return;
    }
    std::ranges::copy(
        chunk, std::span(unfinished.control).subspan(static_cast<std::size_t>(received)).begin());
    if (!unfinished.in_frame)
        hand_out_control(
            pass, frame.opcode,
            std::span(unfinished.control).first(static_cast<std::size_t>(frame.payload_length)));
}

template <class Visitor>
void Decoder::take_data(Pass<Visitor>& pass, std::span<std::byte> chunk) {
    Unfinished& unfinished = *unfinished_;
    const bool last = unfinished.frame.fin && !unfinished.in_frame;
    const bool text = unfinished.type == MessageType::text && !unfinished.compressed;
    if (text && (!unfinished.utf8.feed(chunk) || (last && !unfinished.utf8.complete()))) {
        pass.fail(broken_rule::text_not_utf8);
        return;
    }
    unfinished.in_message = !last;
    if constexpr (TakesCompressed<Visitor>) {
        if (unfinished.compressed) {
            pass.flow =
                pass.visitor.on_compressed_part(unfinished.type, chunk, last, unfinished.inflation);
            return;
        }
    }
    if constexpr (TakesChunks<Visitor>) {
        if (last || !chunk.empty()) pass.flow = pass.visitor.on_chunk(unfinished.type, chunk, last);
    } else if (last && unfinished.message.empty()) {
        hand_out(pass, unfinished.type, unfinished.compressed, chunk);
    } else {
        // Grows by what has come, never by what a header claims.
        unfinished.message.append(chunk);
        if (!last) return;
        PayloadBuffer message = std::move(unfinished.message);
        hand_out(pass, unfinished.type, unfinished.compressed, message.bytes());
    }
}

template <class Visitor>
inline void Decoder::hand_out(Pass<Visitor>& pass, MessageType type, bool compressed,
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
        pass.fail(*body.error());
    }
}

}  // namespace longwire::protocol
