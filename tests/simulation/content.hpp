#pragma once

#include "chance.hpp"

#include <longwire/message.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace longwire::simulation {

using Bytes = std::vector<std::byte>;

/// What a message says: valid UTF-8 of exactly `size` bytes if it is text; some of it can be
/// compressed well, some not at all.
[[nodiscard]] Bytes make_content(Chance& chance, MessageType type, std::size_t size);

/// Text of about `size` bytes with characters of every length.
[[nodiscard]] std::string make_text(Chance& chance, std::size_t size);

}  // namespace longwire::simulation
