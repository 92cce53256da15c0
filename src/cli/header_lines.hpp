#pragma once

#include <longwire/header_field.hpp>

#include <string>
#include <vector>

namespace longwire::cli {

/// The header fields that lines such as "NAME: VALUE" tell of; views into them.
[[nodiscard]] std::vector<HeaderField> fields_of(const std::vector<std::string>& lines);

}  // namespace longwire::cli
