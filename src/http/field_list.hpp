#pragma once

#include "http/field_grammar.hpp"

#include <longwire/header_field.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace longwire::http {

/// Calls `visit(std::string_view)` for each member of the comma list in `value`, without the white
/// space around it; empty members are passed over (RFC 9110, section 5.6.1). For lists of tokens:
/// a comma within a quoted string would divide it.
template <class Visit>
void for_each_member(std::string_view value, Visit&& visit) {
    while (!value.empty()) {
        const std::size_t comma = value.find(',');
        const std::string_view member = trimmed(value.substr(0, comma));
        if (!member.empty()) visit(member);
        if (comma == std::string_view::npos) return;
        value.remove_prefix(comma + 1);
    }
}

/// The same for all fields called `name` taken together, in the order they came.
template <class Visit>
void for_each_member(std::span<const HeaderField> fields, std::string_view name, Visit&& visit) {
    for (const HeaderField& field : fields)
        if (same_field_name(field.name, name)) for_each_member(field.value, visit);
}

/// Whether one of the fields called `name` lists `token` (case is ignored).
[[nodiscard]] bool contains_token(std::span<const HeaderField> fields, std::string_view name,
                                  std::string_view token) noexcept;

/// The value of the first field called `name`.
[[nodiscard]] std::optional<std::string_view> first_value(std::span<const HeaderField> fields,
                                                          std::string_view name) noexcept;

/// How many fields are called `name`.
[[nodiscard]] std::size_t count_fields(std::span<const HeaderField> fields,
                                       std::string_view name) noexcept;

}  // namespace longwire::http
