#pragma once

#include <string>
#include <string_view>

namespace longwire::http {

/// `text` with the small letters of ASCII for its capitals, as names are compared whose case says
/// nothing (RFC 9110, section 5.1).
[[nodiscard]] inline std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    for (char& letter : lower)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return lower;
}

}  // namespace longwire::http
