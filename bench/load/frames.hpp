// What the load sends: masked frames of binary data or of JSON, and the opening handshake.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// JSON as feeds send it, of `size` bytes.
std::string json_of(std::size_t size);

/// The payload of a compressed message (RFC 7692), without a context.
std::string deflated(const std::string& text);

/// The header of a frame whose first byte is `first`.
std::string head_of(unsigned first, std::size_t size, bool masked);

std::string masked_frame(unsigned first, std::string_view payload);

std::string opening_request(const std::string& path, bool compressed);

/// Gives up unless `head` agrees to the handshake, and to compression where that is wanted.
void check_opening_answer(std::string head, bool compressed);
