#pragma once

#include "protocol/decoder.hpp"
#include "protocol/encoder.hpp"

#include <longwire/close_code.hpp>
#include <longwire/message.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::protocol {

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline constexpr MaskingKey test_key = {std::byte{0x37}, std::byte{0xFA}, std::byte{0x21},
                                        std::byte{0x3D}};

/// A frame as the peer of `receiver` sends it.
inline std::string frame_for(Role receiver, Opcode opcode, std::string_view payload,
                             bool fin = true) {
    const auto key = receiver == Role::server ? std::optional(test_key) : std::nullopt;
    const FrameHead head = encode_frame_head(opcode, fin, payload.size(), key);
    std::string frame = text_of(head.view());
    std::vector<std::byte> masked(bytes_of(payload).begin(), bytes_of(payload).end());
    if (key) apply_mask(masked, *key);
    return frame + text_of(masked);
}

inline std::string close_payload(std::uint16_t code, std::string_view reason = "") {
    std::string payload;
    payload += static_cast<char>(code >> 8);
    payload += static_cast<char>(code & 0xFF);
    payload += reason;
    return payload;
}

/// Writes down all that a decoder hands out, one line an event.
struct Recorder {
    Flow on_message(MessageType type, std::span<std::byte> payload) {
        log += (type == MessageType::text ? "text " : "binary ") + text_of(payload) + "\n";
        return next;
    }
    Flow on_ping(std::span<const std::byte> payload) {
        log += "ping " + text_of(payload) + "\n";
        return next;
    }
    Flow on_pong(std::span<const std::byte> payload) {
        log += "pong " + text_of(payload) + "\n";
        return next;
    }
    void on_close(CloseCode code, std::string_view reason) {
        log += "close " + std::to_string(to_number(code)) + " " + std::string(reason) + "\n";
    }

    std::string log;
    Flow next = Flow::proceed;
};

/// Feeds `input` in the given pieces and gives the log; a failure is its last line.
template <class Visitor = Recorder>
std::string decoded(Role role, std::string input, const std::vector<std::size_t>& pieces,
                    const ConnectionLimits& limits = {}) {
    Decoder decoder(role, limits);
    Visitor visitor;
    std::span<std::byte> rest(reinterpret_cast<std::byte*>(input.data()), input.size());
    std::size_t piece = 0;
    while (!rest.empty()) {
        const std::size_t size =
            std::min(rest.size(), piece < pieces.size() ? pieces[piece] : rest.size());
        ++piece;
        const Decoded result = decoder.decode(rest.first(size), visitor);
        if (result.failure) {
            visitor.log += "failed " + std::to_string(to_number(result.failure->code)) + "\n";
            break;
        }
        rest = rest.subspan(size);
    }
    return visitor.log;
}

inline std::string decoded(Role role, const std::string& input,
                           const ConnectionLimits& limits = {}) {
    return decoded(role, input, {}, limits);
}

}  // namespace longwire::protocol
