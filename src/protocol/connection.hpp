#pragma once

#include "protocol/close_payload.hpp"
#include "protocol/compression.hpp"
#include "protocol/decoder.hpp"
#include "protocol/encoder.hpp"
#include "protocol/masking_key.hpp"
#include "protocol/payload_copy.hpp"
#include "protocol/role.hpp"

#include <longwire/close_code.hpp>
#include <longwire/connection_limits.hpp>
#include <longwire/message.hpp>
#include <longwire/ready_state.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace longwire::protocol {

/// A handler that chooses as they come whether it takes messages whole or in parts:
///   std::expected<Flow, const Failure*> on_part(MessageType, std::span<std::byte>, bool last,
///     bool compressed)    as it came: what is compressed it has to inflate and to validate; a
///     failure is one of broken_rule, and fails the connection
///   std::uint64_t room(bool compressed)    see LimitsMessages
template <class Handler>
concept TakesParts = requires(Handler handler, std::span<std::byte> part) {
    handler.on_part(MessageType::text, part, true, true);
    handler.room(true);
};

/// A handler that may have a place for a short frame, so that it is written where it leaves from:
///   std::byte* place(std::size_t size)    null where it has none
template <class Handler>
concept GivesPlace = requires(Handler handler) { handler.place(std::size_t{1}); };

/// One connection after its opening handshake: what may be sent in which state, both closing
/// handshakes (RFC 6455, sections 5.5.1 and 7), and when TCP may be shut. Does no I/O: each call
/// is given the handler that does, which has
///   void write(std::span<const std::byte> head, std::span<const std::byte> payload)
///   Flow on_message(MessageType, std::span<std::byte>)    also while closing; or
///   Flow on_chunk(MessageType, std::span<std::byte>, bool last)    to take messages in parts as
///     they come, decompressed and (but for a character that is cut) validated; or
///   on_part and room, see TakesParts
///   void on_ping(std::span<const std::byte>)              its pong is written already
///   void on_pong(std::span<const std::byte>)
///   void on_closed(CloseCode, std::string_view reason, bool clean)    once, whatever happens
///   void shutdown_write()    all is written: shut the sending side, read to the end, and close
/// and may call the connection again from any of them; from write, which may stand in the middle
/// of a frame, only abort.
class Connection {
public:
    /// `limits` must outlive the connection.
    Connection(Role role, const ConnectionLimits& limits) noexcept : decoder_(role, limits) {}

    /// Both sides agreed on permessage-deflate: messages may be compressed from now on.
    /// `compression` must outlive the connection.
    void use(Compression& compression) noexcept {
        compression_ = &compression;
        decoder_.allow_compressed();
    }

    /// What `use` was given; null where nothing was agreed on.
    [[nodiscard]] Compression* compression() const noexcept { return compression_; }

    [[nodiscard]] ReadyState state() const noexcept { return state_; }
    /// See Decoder.
    [[nodiscard]] std::optional<UnfinishedFrame> unfinished_frame() const noexcept {
        return decoder_.unfinished_frame();
    }
    [[nodiscard]] std::size_t held() const noexcept { return decoder_.held(); }
    /// Whether nothing is kept of what came: no message and no frame is unfinished.
    [[nodiscard]] bool holds_nothing() const noexcept { return decoder_.holds_nothing(); }
    [[nodiscard]] Role role() const noexcept { return decoder_.role(); }
    /// What it was made with.
    [[nodiscard]] const ConnectionLimits& limits() const noexcept { return decoder_.limits(); }

    /// Takes bytes from the peer, changing them, and gives how many were consumed: all of them,
    /// unless the handler asked to pause.
    template <class Handler>
    std::size_t receive(std::span<std::byte> bytes, Handler& handler);

    /// The peer has shut its sending side.
    template <class Handler>
    void end_of_stream(Handler& handler) {
        end(CloseCode::abnormal_closure, {}, false, handler);
    }

    /// The connection is lost, or given up: nothing can be written any more.
    template <class Handler>
    void abort(Handler& handler) {
        if (state_ == ReadyState::closed) return;
        state_ = ReadyState::closed;
        handler.on_closed(CloseCode::abnormal_closure, {}, false);
    }

    /// Sends a message, which must be UTF-8 if it is text. False, and nothing sent, unless the
    /// connection is open.
    template <class Handler>
    bool send(MessageType type, std::span<const std::byte> payload, Handler& handler) {
        if (compression_ == nullptr || payload.size() < compression_->threshold)
            return send_if_open(opcode_of(type), payload, handler);
        if (state_ != ReadyState::open) return false;
        const auto compressed = compression_->compressor.compress(payload);
        write_frame(opcode_of(type), compressed.value_or(payload), handler,
                    {.compressed = compressed.has_value()});
        return true;
    }
    /// Writes a short message that needs no mask and no compression to where it leaves from, if the
    /// handler has a place for it now. False, and nothing sent, otherwise.
    template <GivesPlace Handler>
    bool place(MessageType type, std::span<const std::byte> payload, Handler& handler) {
        const bool plain = payload.size() < worth_no_place &&
                           (compression_ == nullptr || payload.size() < compression_->threshold);
        return plain && role() == Role::server && state_ == ReadyState::open &&
               place_frame(opcode_of(type), payload, handler, FrameBits());
    }
    /// Which frame of a message: one alone is both the first and the last (section 5.4).
    struct Place {
        bool first = true;
        bool last = true;
    };
    /// Sends a part of a message as a frame, uncompressed. Between the first and the last of a
    /// message, no other may be sent. False, and nothing sent, unless the connection is open.
    template <class Handler>
    bool send_part(MessageType type, std::span<const std::byte> payload, Place place,
                   Handler& handler) {
        if (state_ != ReadyState::open) return false;
        write_frame(place.first ? opcode_of(type) : Opcode::continuation, payload, handler,
                    {.last = place.last});
        return true;
    }
    /// Sends a ping (RFC 6455, section 5.5.2). False, and nothing sent, unless the connection is
    /// open and the payload of at most 125 bytes.
    template <class Handler>
    bool ping(std::span<const std::byte> payload, Handler& handler) {
        return payload.size() <= max_control_payload &&
               send_if_open(Opcode::ping, payload, handler);
    }
    /// Sends a pong that nobody asked for (section 5.5.3); else as ping.
    template <class Handler>
    bool pong(std::span<const std::byte> payload, Handler& handler) {
        return payload.size() <= max_control_payload &&
               send_if_open(Opcode::pong, payload, handler);
    }

    /// The peer has broken a rule, which showed only when the handler looked at what it was given.
    template <class Handler>
    void fail(const Failure& failure, Handler& handler) {
        close(failure.code, failure.reason, handler);
        end(failure.code, failure.reason, false, handler);
    }

    /// Starts the closing handshake, unless it has begun. Of code and reason, what a close frame
    /// may carry is sent, see encode_close_payload.
    template <class Handler>
    void close(CloseCode code, std::string_view reason, Handler& handler) {
        if (state_ != ReadyState::open) return;
        // Before the write, whose handler may call back.
        state_ = ReadyState::closing;
        write_frame(Opcode::close, encode_close_payload(code, reason).view(), handler);
    }

private:
    /// What the decoder calls.
    template <class Handler>
    struct Visitor {
        Connection& connection;
        Handler& handler;
        const Failure* failure = nullptr;  // of a compressed message: one of broken_rule

        [[nodiscard]] std::uint64_t room(bool compressed) const
            requires TakesParts<Handler>
        {
            return handler.room(compressed);
        }
        Flow on_part(MessageType type, std::span<std::byte> part, bool last, bool compressed) {
            const std::expected<Flow, const Failure*> flow =
                handler.on_part(type, part, last, compressed);
            if (flow) return connection.after(*flow);
            failure = flow.error();
            return Flow::stop;
        }
        Flow on_compressed(MessageType type, std::span<std::byte> data)
            requires TakesParts<Handler>
        {
            return on_part(type, data, true, true);
        }
        Flow on_compressed_part(MessageType type, std::span<std::byte> part, bool last,
                                std::unique_ptr<Inflation>& /*inflation*/)
            requires TakesParts<Handler>
        {
            return on_part(type, part, last, true);
        }
        Flow on_chunk(MessageType type, std::span<std::byte> part, bool last)
            requires TakesParts<Handler>
        {
            return on_part(type, part, last, false);
        }
        Flow on_compressed(MessageType type, std::span<const std::byte> data)
            requires(!TakesParts<Handler>)
        {
            Decompressor& decompressor = connection.compression_->decompressor;
            auto message = decompressor.decompress(data, connection.decoder_.max_message_size());
            if (!message) {
                failure = message.error();
                return Flow::stop;
            }
            if (type == MessageType::text && !is_valid_utf8(*message)) {
                failure = &broken_rule::text_not_utf8;
                return Flow::stop;
            }
            // The buffer is ours while the handler runs: it may make others decompress.
            Flow flow = Flow::proceed;
            if constexpr (TakesChunks<Handler>)
                flow = handler.on_chunk(type, *message, true);
            else
                flow = handler.on_message(type, *message);
            decompressor.give_back(std::move(*message));
            return connection.after(flow);
        }
        Flow on_compressed_part(MessageType type, std::span<const std::byte> part, bool last,
                                std::unique_ptr<Inflation>& inflation)
            requires(!TakesParts<Handler>)
        {
            if (!inflation)
                inflation = std::make_unique<Inflation>(*connection.compression_, type,
                                                        connection.decoder_.max_message_size());
            failure = inflation->feed(part, last);
            if (failure != nullptr) return Flow::stop;
            if constexpr (TakesChunks<Handler>) {
                auto chunk = inflation->take();
                if (last) inflation.reset();
                if (chunk.empty() && !last) return Flow::proceed;
                return connection.after(handler.on_chunk(type, chunk, last));
            } else {
                if (!last) return Flow::proceed;
                auto message = inflation->take();
                inflation.reset();
                return connection.after(handler.on_message(type, message));
            }
        }
        Flow on_chunk(MessageType type, std::span<std::byte> chunk, bool last)
            requires TakesChunks<Handler>
        {
            return connection.after(handler.on_chunk(type, chunk, last));
        }
        Flow on_message(MessageType type, std::span<std::byte> payload)
            requires(!TakesChunks<Handler> && !TakesParts<Handler>)
        {
            return connection.after(handler.on_message(type, payload));
        }
        Flow on_ping(std::span<const std::byte> payload) {
            // Also after our own close frame; not after the peer's, when nothing is decoded.
            connection.write_frame(Opcode::pong, payload, handler);
            if (connection.state_ == ReadyState::closed) return Flow::stop;  // by that write
            handler.on_ping(payload);
            return connection.after(Flow::proceed);
        }
        Flow on_pong(std::span<const std::byte> payload) {
            handler.on_pong(payload);
            return connection.after(Flow::proceed);
        }
        void on_close(CloseCode code, std::string_view reason) {
            connection.closed_by_peer(code, reason, handler);
        }
    };

    /// A callback may have ended the connection.
    [[nodiscard]] Flow after(Flow flow) const noexcept {
        return state_ == ReadyState::closed ? Flow::stop : flow;
    }

    template <class Handler>
    void closed_by_peer(CloseCode code, std::string_view reason, Handler& handler) {
        // Section 5.5.1: an endpoint that gets a close frame answers with the code it got.
        close(code, {}, handler);
        end(code, reason, true, handler);
    }

    /// Nothing more is sent. A write that failed may have aborted the connection already.
    template <class Handler>
    void end(CloseCode code, std::string_view reason, bool clean, Handler& handler) {
        if (state_ == ReadyState::closed) return;
        state_ = ReadyState::closed;
        handler.on_closed(code, reason, clean);
        handler.shutdown_write();
    }

    template <class Handler>
    bool send_if_open(Opcode opcode, std::span<const std::byte> payload, Handler& handler) {
        if (state_ != ReadyState::open) return false;
        write_frame(opcode, payload, handler);
        return true;
    }

    struct FrameBits {
        bool last = true;
        bool compressed = false;
    };
    // Above this, a payload is better given to the handler than copied.
    static constexpr std::size_t worth_no_place = 4096;

    /// Writes a frame without a mask where the handler has a place for it.
    template <class Handler>
    bool place_frame(Opcode opcode, std::span<const std::byte> payload, Handler& handler,
                     FrameBits bits) {
        const bool short_length = payload.size() <= 125;
        const std::size_t head = short_length ? 2 : 4;
        std::byte* const place = handler.place(head + payload.size());
        if (place == nullptr) return false;
        place[0] =
            static_cast<std::byte>((bits.last ? 0x80U : 0U) | (bits.compressed ? 0x40U : 0U) |
                                   static_cast<unsigned>(opcode));
        place[1] = static_cast<std::byte>(short_length ? payload.size() : 126);
        if (!short_length) {
            place[2] = static_cast<std::byte>(payload.size() >> 8U);
            place[3] = static_cast<std::byte>(payload.size() & 0xFFU);
        }
        copy_payload(place + head, payload.data(), payload.size());
        return true;
    }
    template <class Handler>
    void write_frame(Opcode opcode, std::span<const std::byte> payload, Handler& handler,
                     FrameBits bits);
    template <class Handler>
    void write_frame(Opcode opcode, std::span<const std::byte> payload, Handler& handler) {
        write_frame(opcode, payload, handler, FrameBits());
    }

    // There may be a million of these: the state lies in what is left of the decoder's last word.
    [[no_unique_address]] Decoder decoder_;
    ReadyState state_ = ReadyState::open;
    Compression* compression_ = nullptr;
};

template <class Handler>
std::size_t Connection::receive(std::span<std::byte> bytes, Handler& handler) {
    if (state_ == ReadyState::closed) return bytes.size();
    Visitor<Handler> visitor{*this, handler};
    const Decoded decoded = decoder_.decode(bytes, visitor);
    if (decoded.failure != nullptr) fail(*decoded.failure, handler);
    if (visitor.failure != nullptr) fail(*visitor.failure, handler);
    return decoded.consumed;
}

template <class Handler>
void Connection::write_frame(Opcode opcode, std::span<const std::byte> payload, Handler& handler,
                             FrameBits bits) {
    if (role() == Role::server) {
        if (payload.size() <= 125) {
            handler.write(short_frame_head(opcode, bits.last, payload.size(), bits.compressed),
                          payload);
            return;
        }
        const FrameHead head =
            encode_frame_head(opcode, bits.last, payload.size(), std::nullopt, bits.compressed);
        handler.write(head.view(), payload);
        return;
    }
    // The caller's payload is not ours to change: it is masked in a copy, piece by piece.
    const MaskingKey key = random_masking_key();
    FrameHead head = encode_frame_head(opcode, bits.last, payload.size(), key, bits.compressed);
    std::array<std::byte, 4096> copy;  // filled before it is read
    do {
        const std::size_t size = std::min(payload.size(), copy.size());
        std::copy_n(payload.begin(), size, copy.begin());
        const auto masked = std::span(copy).first(size);
        // The size of a piece is a multiple of the key's, so that each begins with its first byte.
        apply_mask(masked, key);
        handler.write(head.view(), masked);
        head.size = 0;
        payload = payload.subspan(size);
    } while (!payload.empty() && state_ != ReadyState::closed);
}

}  // namespace longwire::protocol
