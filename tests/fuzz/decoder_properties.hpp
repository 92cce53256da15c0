#pragma once

#include "fuzz_input.hpp"
#include "plain_frames.hpp"

#include "protocol/close_payload.hpp"
#include "protocol/decoder.hpp"
#include "protocol/encoder.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::fuzz {

/// Writes down what a decoder hands out, one line an event, and may ask it to pause after each.
struct Recorder {
    protocol::Flow note(std::string_view kind, std::string_view payload) {
        log.append(kind).append(payload).append("\n");
        return pauses ? protocol::Flow::pause : protocol::Flow::proceed;
    }
    protocol::Flow note_message(MessageType type, std::span<std::byte> payload, bool compressed) {
        sent.push_back({protocol::opcode_of(type), text_of(payload), compressed});
        const bool text = type == MessageType::text;
        if (text && !compressed)
            require(is_plain_utf8(text_of(payload)), "text that was handed out is UTF-8");
        log += compressed ? "compressed " : "";
        return note(text ? "text " : "binary ", text_of(payload));
    }
    protocol::Flow on_message(MessageType type, std::span<std::byte> payload) {
        return note_message(type, payload, false);
    }
    protocol::Flow on_compressed(MessageType type, std::span<std::byte> payload) {
        return note_message(type, payload, true);
    }
    protocol::Flow on_compressed_part(MessageType type, std::span<std::byte> part, bool last,
                                      std::unique_ptr<protocol::Inflation>&) {
        compressed += text_of(part);
        if (!last) return pauses ? protocol::Flow::pause : protocol::Flow::proceed;
        std::string whole = std::exchange(compressed, {});
        return note_message(type, writable_bytes_of(whole), true);
    }
    protocol::Flow on_ping(std::span<const std::byte> payload) {
        sent.push_back({protocol::Opcode::ping, text_of(payload)});
        return note("ping ", text_of(payload));
    }
    protocol::Flow on_pong(std::span<const std::byte> payload) {
        sent.push_back({protocol::Opcode::pong, text_of(payload)});
        return note("pong ", text_of(payload));
    }
    void on_close(CloseCode code, std::string_view reason) {
        const protocol::ClosePayload payload = protocol::encode_close_payload(code, reason);
        sent.push_back({protocol::Opcode::close, text_of(payload.view())});
        note("close " + std::to_string(to_number(code)) + " ", reason);
    }

    struct Sent {
        protocol::Opcode opcode;
        std::string payload;
        bool compressed = false;
    };

    std::string log;
    std::vector<Sent> sent;
    std::string compressed;
    bool pauses = false;
};

/// The same, of messages that come in parts.
struct PartRecorder : Recorder {
    protocol::Flow on_chunk(MessageType type, std::span<std::byte> chunk, bool last) {
        parts += text_of(chunk);
        if (!last) return pauses ? protocol::Flow::pause : protocol::Flow::proceed;
        std::string whole = std::exchange(parts, {});
        return note_message(type, writable_bytes_of(whole), false);
    }

    std::string parts;
};

/// Takes everything and keeps nothing.
struct Silent {
    static protocol::Flow on_message(MessageType, std::span<std::byte>) {
        return protocol::Flow::proceed;
    }
    static protocol::Flow on_ping(std::span<const std::byte>) { return protocol::Flow::proceed; }
    static protocol::Flow on_pong(std::span<const std::byte>) { return protocol::Flow::proceed; }
    static void on_close(CloseCode, std::string_view) {}
};

struct DecoderSettings {
    protocol::Role role;
    ConnectionLimits limits;
    bool compressible;
};

inline protocol::Decoder decoder_of(const DecoderSettings& settings) {
    protocol::Decoder decoder(settings.role, settings.limits);
    if (settings.compressible) decoder.allow_compressed();
    return decoder;
}

/// Feeds `input` in pieces; null pieces: all at once. Gives the code of the failure, or 0.
template <class Visitor>
int feed_decoder(const DecoderSettings& settings, std::string input, Pieces* pieces,
                 Visitor& visitor) {
    protocol::Decoder decoder = decoder_of(settings);
    std::span<std::byte> rest = writable_bytes_of(input);
    int code = 0;
    while (!rest.empty()) {
        const auto piece = rest.first(pieces != nullptr ? pieces->next(rest.size()) : rest.size());
        const protocol::Decoded decoded = decoder.decode(piece, visitor);
        require(decoded.consumed <= piece.size(), "no more is consumed than there is");
        require(decoded.consumed > 0, "a pause comes behind what caused it");
        require(code == 0 || decoded.failure == nullptr, "a decoder fails once");
        if (decoded.failure != nullptr) code = to_number(decoded.failure->code);
        rest = rest.subspan(decoded.consumed);
    }
    return code;
}

/// A header that is taken is written again in the same bytes.
inline void check_headers(const DecoderSettings& settings, std::string_view input) {
    using Status = protocol::ParsedHeader::Status;
    const auto rsv1 = settings.compressible ? protocol::Rsv1::compressed : protocol::Rsv1::reserved;
    const auto all = bytes_of(input);
    const auto whole = protocol::parse_frame_header(all, settings.role, rsv1);
    for (std::size_t size = 0; size <= std::min<std::size_t>(all.size(), 14); ++size) {
        const auto part = protocol::parse_frame_header(all.first(size), settings.role, rsv1);
        if (part.status == Status::need_more) continue;
        require(part.status == whole.status && part.failure == whole.failure,
                "more bytes do not change what a header was found to be");
        if (part.status == Status::failed) return;
        require(part.header == whole.header && part.size == size,
                "a header is complete with its last byte");
        std::array<std::byte, protocol::max_frame_header_size> written = {};
        require(protocol::write_frame_header(written, part.header) == size &&
                    std::ranges::equal(std::span(written).first(size), all.first(size)),
                "a header that was taken is written again in the same bytes");
        return;
    }
}

/// What was handed out, encoded as the peer does, gives the same again.
inline void check_round_trip(const DecoderSettings& settings, const Recorder& seen) {
    std::optional<protocol::MaskingKey> key;
    if (settings.role == protocol::Role::server)
        key = protocol::MaskingKey{std::byte{0x9C}, std::byte{0}, std::byte{0xFF}, std::byte{7}};
    std::vector<std::byte> frames;
    for (const auto& [opcode, payload, compressed] : seen.sent)
        protocol::append_frame(frames, opcode, bytes_of(payload), key, compressed);
    Recorder again;
    require(feed_decoder(settings, text_of(frames), nullptr, again) == 0,
            "what was encoded is decoded without a failure");
    require_same(seen.log, again.log, "encoding and decoding agree");
}

/// An unfinished message is all that is kept.
inline void check_memory(const DecoderSettings& settings, std::string input, Pieces pieces) {
    const std::size_t most =
        settings.limits.max_message_size + settings.limits.max_message_size / 8 + 1024;
    const HeapGrowth heap;
    protocol::Decoder decoder = decoder_of(settings);
    Silent visitor;
    for (std::span<std::byte> rest = writable_bytes_of(input); !rest.empty();) {
        const auto piece = rest.first(pieces.next(rest.size()));
        rest = rest.subspan(piece.size());
        (void)decoder.decode(piece, visitor);
        require(heap.now() <= 2 * most + 1024, "what a decoder keeps is within its limit");
        require(heap.now() <= decoder.held() + 64, "a decoder says how much it keeps");
    }
}

inline void check_decoder(protocol::Role role, FuzzInput input) {
    Pieces pieces = input.pieces();
    const Pieces other_pieces = input.pieces();
    DecoderSettings settings = {.role = role, .limits = {}, .compressible = input.flag()};
    settings.limits.max_message_size = input.number(0, 70000);
    const std::string bytes = input.rest();

    Recorder whole;
    const int code = feed_decoder(settings, bytes, nullptr, whole);

    Recorder divided;
    divided.pauses = true;
    Pieces parted = pieces;
    require(feed_decoder(settings, bytes, &parted, divided) == code,
            "a failure does not depend on how the input is divided");
    require_same(whole.log, divided.log, "events do not depend on how the input is divided");

    PartRecorder parts;
    parted = other_pieces;
    require(feed_decoder(settings, bytes, &parted, parts) == code,
            "messages in parts fail as whole ones do");
    require_same(whole.log, parts.log, "messages in parts are the same messages");

    const PlainReading plain =
        PlainReader(role, settings.limits.max_message_size, settings.compressible).read(bytes);
    require_same(whole.log, plain.log, "the decoder and the plain reader see the same");
    if (plain.end != PlainReading::End::open)
        require(code == plain.code, "the decoder and the plain reader fail alike");

    check_headers(settings, bytes);
    check_round_trip(settings, whole);
    check_memory(settings, bytes, pieces);
}

}  // namespace longwire::fuzz
