#include "protocol/token_list.hpp"

#include <algorithm>

namespace longwire::protocol {

namespace {

bool is_token_character(char letter) noexcept {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z') || others.find(letter) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto is_space = [](char letter) { return letter == ' ' || letter == '\t'; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

/// Calls `visit(std::string_view)` for each member of the lists in all fields of this name.
template <class Visit>
void for_each_member(std::span<const HeaderField> fields, std::string_view name,
                     const Visit& visit) {
    for (const HeaderField& field : fields) {
        if (!same_field_name(field.name, name)) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            const std::string_view member = trimmed(rest.substr(0, comma));
            if (!member.empty()) visit(member);
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
}

}  // namespace

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, is_token_character);
}

std::size_t count_fields(std::span<const HeaderField> fields, std::string_view name) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(
        fields, [&](const HeaderField& field) { return same_field_name(field.name, name); }));
}

std::string_view field_value(std::span<const HeaderField> fields, std::string_view name) noexcept {
    for (const HeaderField& field : fields)
        if (same_field_name(field.name, name)) return field.value;
    return {};
}

std::vector<std::string_view> list_members(std::span<const HeaderField> fields,
                                           std::string_view name) {
    std::vector<std::string_view> members;
    for_each_member(fields, name, [&](std::string_view member) { members.push_back(member); });
    return members;
}

bool list_contains(std::span<const HeaderField> fields, std::string_view name,
                   std::string_view token) noexcept {
    bool found = false;
    for_each_member(fields, name, [&](std::string_view member) {
        found = found || same_field_name(member, token);
    });
    return found;
}

}  // namespace longwire::protocol
