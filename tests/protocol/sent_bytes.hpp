#pragma once

#include "frames.hpp"

#include <span>
#include <string>
#include <string_view>

namespace longwire::protocol {

/// Keeps what a connection writes.
struct SentBytes {
    void write(std::span<const std::byte> head, std::span<const std::byte> payload) {
        bytes += text_of(head) + text_of(payload);
    }
    Flow on_message(MessageType, std::span<std::byte>) { return Flow::proceed; }
    void on_ping(std::span<const std::byte>) {}
    void on_pong(std::span<const std::byte>) {}
    void on_closed(CloseCode, std::string_view, bool) {}
    void shutdown_write() {}

    std::string bytes;
};

}  // namespace longwire::protocol
