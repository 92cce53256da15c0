#pragma once

#include <longwire/header_field.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace longwire::protocol {

/// Whether `text` is a token (RFC 9110, section 5.6.2).
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// How many fields of this name there are.
[[nodiscard]] std::size_t count_fields(std::span<const HeaderField> fields,
                                       std::string_view name) noexcept;

/// The value of the first field of this name, empty where there is none.
[[nodiscard]] std::string_view field_value(std::span<const HeaderField> fields,
                                           std::string_view name) noexcept;

/// The members of a comma-separated list that may be spread over several fields (RFC 9110, section
/// 5.6.1); empty members are left out.
[[nodiscard]] std::vector<std::string_view> list_members(std::span<const HeaderField> fields,
                                                         std::string_view name);

/// Whether such a list has `token` among its members (case ignored).
[[nodiscard]] bool list_contains(std::span<const HeaderField> fields, std::string_view name,
                                 std::string_view token) noexcept;

}  // namespace longwire::protocol
