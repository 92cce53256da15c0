#pragma once

#include <longwire/standard.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace longwire {

/// The two kinds of data message (RFC 6455, section 5.6).
enum class MessageType : std::uint8_t {
    text,    ///< UTF-8. What is received is valid; what is sent must be.
    binary,  ///< Any bytes.
};

/// One whole message: its type and a view of its payload. A Message owns nothing. One that is
/// handed to a handler is valid until the handler returns; one that `co_await receive()` gave is
/// valid until the next `receive()` on the same connection.
class Message {
public:
    Message(MessageType type, std::span<const std::byte> payload) noexcept
        : data_(payload.data()),
          size_(payload.size() & (~std::size_t{0} >> 1U)),
          binary_(type == MessageType::binary ? 1U : 0U) {}

    /// A text message over `text`, which must be valid UTF-8 and outlive this view of it.
    [[nodiscard]] static Message text(std::string_view text) noexcept {
        return {MessageType::text, std::as_bytes(std::span(text.data(), text.size()))};
    }

    /// A binary message over `bytes`, which must outlive this view of it.
    [[nodiscard]] static Message binary(std::span<const std::byte> bytes) noexcept {
        return {MessageType::binary, bytes};
    }

    [[nodiscard]] MessageType type() const noexcept {
        return is_text() ? MessageType::text : MessageType::binary;
    }
    [[nodiscard]] bool is_text() const noexcept { return binary_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// The payload as bytes.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size()}; }

    /// The payload as characters; of a text message that is UTF-8. Never a null pointer.
    [[nodiscard]] std::string_view text() const noexcept {
        if (size() == 0) return "";
        return {reinterpret_cast<const char*>(data_), size()};
    }

private:
    // Two words, so that it travels in registers: as three it was copied on the stack at each call,
    // in other pieces than it was written in, which took a quarter of a short message's time.
    const std::byte* data_;
    std::size_t size_ : std::numeric_limits<std::size_t>::digits - 1;
    std::size_t binary_ : 1;
};

}  // namespace longwire
