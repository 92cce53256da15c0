#pragma once

#include "http/fault.hpp"

#include <longwire/header_field.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace longwire::http {

/// The parts of a head, as views of its bytes.
struct MessageHead {
    std::string_view method;  ///< Of a request.
    std::string_view target;  ///< Of a request, as it was sent.
    int status = 0;           ///< Of a response.
    int minor_version = 1;    ///< HTTP/1.x
    std::vector<HeaderField> fields;
    /// How the parser understood the framing; message_framing.hpp decides, and both must agree.
    bool chunked = false;
    std::optional<std::uint64_t> content_length;
};

/// Divides one whole head that a HeadScanner let pass, with so many fields. The fault is 501 for a
/// method that the parser does not know, and 400 for all else.
[[nodiscard]] std::expected<MessageHead, Fault> parse_request_head(std::span<const char> head,
                                                                   std::size_t fields);

/// The same for the head of a response.
[[nodiscard]] std::expected<MessageHead, Fault> parse_response_head(std::span<const char> head,
                                                                    std::size_t fields);

}  // namespace longwire::http
