#pragma once

#include "http/fault.hpp"
#include "http/message_head.hpp"

#include <cstdint>
#include <expected>

namespace longwire::http {

/// Where the content of a message ends (RFC 9112, section 6.3).
struct Framing {
    enum class Kind : std::uint8_t { length, chunked, until_close };
    Kind kind = Kind::length;
    std::uint64_t length = 0;  ///< Of Kind::length.
};

/// The framing of a request; a fault (400, or 501 for an unknown transfer coding) wherever two
/// readers of the same head could come to different ends.
[[nodiscard]] std::expected<Framing, Fault> request_framing(const MessageHead& head);

/// The framing of a response to a GET.
[[nodiscard]] std::expected<Framing, Fault> response_framing(const MessageHead& head);

}  // namespace longwire::http
