#pragma once

#include <longwire/message.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace longwire {

/// Whether a part of a message is followed by more of it.
enum class Part : std::uint8_t {
    more,  ///< There is more to come.
    last,  ///< The message ends with it.
};

/// The next part of a message that is taken as it comes: a view of at most 64 KiB, valid until
/// the next `receive` or `receive_part` on the same connection. Where it begins and ends says
/// nothing about the frames of the peer. It may be empty, if it is the last.
class MessagePart {
public:
    MessagePart(Message piece, Part part) noexcept : piece_(piece), part_(part) {}

    static constexpr std::size_t max_size = std::size_t{64} * 1024;

    /// Of the whole message.
    [[nodiscard]] MessageType type() const noexcept { return piece_.type(); }
    [[nodiscard]] bool is_text() const noexcept { return piece_.is_text(); }
    [[nodiscard]] std::size_t size() const noexcept { return piece_.size(); }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return piece_.bytes(); }

    /// The bytes as characters. Of a text message they are valid UTF-8 by themselves: no character
    /// is cut by the end of a part.
    [[nodiscard]] std::string_view text() const noexcept { return piece_.text(); }

    /// Whether the message ends with this part.
    [[nodiscard]] bool last() const noexcept { return part_ == Part::last; }

private:
    Message piece_;
    Part part_;
};

}  // namespace longwire
