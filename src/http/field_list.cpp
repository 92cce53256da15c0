#include "http/field_list.hpp"

#include <algorithm>

namespace longwire::http {

bool contains_token(std::span<const HeaderField> fields, std::string_view name,
                    std::string_view token) noexcept {
    bool found = false;
    for_each_member(fields, name, [&](std::string_view member) {
        found = found || same_field_name(member, token);
    });
    return found;
}

std::optional<std::string_view> first_value(std::span<const HeaderField> fields,
                                            std::string_view name) noexcept {
    for (const HeaderField& field : fields)
        if (same_field_name(field.name, name)) return field.value;
    return std::nullopt;
}

std::size_t count_fields(std::span<const HeaderField> fields, std::string_view name) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(
        fields, [&](const HeaderField& field) { return same_field_name(field.name, name); }));
}

}  // namespace longwire::http
