#pragma once

#include <cstddef>
#include <cstdint>
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
        : payload_(payload), type_(type) {}

    /// A text message over `text`, which must be valid UTF-8 and outlive this view of it.
    [[nodiscard]] static Message text(std::string_view text) noexcept {
        return {MessageType::text, std::as_bytes(std::span(text.data(), text.size()))};
    }

    /// A binary message over `bytes`, which must outlive this view of it.
    [[nodiscard]] static Message binary(std::span<const std::byte> bytes) noexcept {
        return {MessageType::binary, bytes};
    }

    [[nodiscard]] MessageType type() const noexcept { return type_; }
    [[nodiscard]] bool is_text() const noexcept { return type_ == MessageType::text; }
    [[nodiscard]] std::size_t size() const noexcept { return payload_.size(); }

    /// The payload as bytes.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return payload_; }

    /// The payload as characters; of a text message that is UTF-8. Never a null pointer.
    [[nodiscard]] std::string_view text() const noexcept {
        if (payload_.empty()) return "";
        return {reinterpret_cast<const char*>(payload_.data()), payload_.size()};
    }

private:
    std::span<const std::byte> payload_;
    MessageType type_;
};

}  // namespace longwire
