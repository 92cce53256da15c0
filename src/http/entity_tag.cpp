#include "http/entity_tag.hpp"

#include "http/field_grammar.hpp"

#include <cstddef>

namespace longwire::http {

namespace {

std::string_view without_weakness(std::string_view tag) noexcept {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag;
}

}  // namespace

bool if_none_match(std::string_view if_none_match, std::string_view tag) noexcept {
    std::string_view rest = trimmed(if_none_match);
    if (rest == "*") return true;
    const std::string_view wanted = without_weakness(tag);
    while (!rest.empty()) {
        if (rest.front() == ',' || is_white_space(rest.front())) {
            rest.remove_prefix(1);
            continue;
        }
        rest = without_weakness(rest);
        if (!rest.starts_with('"')) return false;
        const std::size_t end = rest.find('"', 1);
        if (end == std::string_view::npos) return false;
        if (rest.substr(0, end + 1) == wanted) return true;
        rest = trimmed(rest.substr(end + 1));
        if (!rest.empty() && rest.front() != ',') return false;
    }
    return false;
}

}  // namespace longwire::http
