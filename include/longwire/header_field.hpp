#pragma once

#include <longwire/standard.hpp>

#include <cstddef>
#include <string_view>

namespace longwire {

/// One line of an HTTP header (RFC 9110, section 5): a view of its name, in the letters the peer
/// used, and of its value without the white space around it. Names compare without regard to case.
struct HeaderField {
    std::string_view name;
    std::string_view value;
};

/// Whether two header field names are the same (ASCII case is ignored, RFC 9110, section 5.1).
[[nodiscard]] constexpr bool same_field_name(std::string_view left,
                                             std::string_view right) noexcept {
    constexpr auto lower = [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    };
    if (left.size() != right.size()) return false;
    if (!left.empty() && lower(left.front()) != lower(right.front())) return false;
    if (left == right) return true;
    for (std::size_t index = 0; index < left.size(); ++index)
        if (left[index] != right[index] && lower(left[index]) != lower(right[index])) return false;
    return true;
}

}  // namespace longwire
