#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace longwire::fuzz {

/// UTF-8 by its definition (RFC 3629, section 3): decodes each character and judges the number.
/// Slow, and shares nothing with the validator it is compared with.
inline bool is_plain_utf8(std::string_view text) {
    for (std::size_t place = 0; place < text.size();) {
        const auto first = static_cast<std::uint8_t>(text[place]);
        std::size_t more = 0;
        std::uint32_t least = 0;
        std::uint32_t character = first;
        if (first >= 0xF0) {
            more = 3, least = 0x10000, character = first & 0x0FU;
        } else if (first >= 0xE0) {
            more = 2, least = 0x800, character = first & 0x0FU;
        } else if (first >= 0xC0) {
            more = 1, least = 0x80, character = first & 0x1FU;
        } else if (first >= 0x80) {
            return false;
        }
        if (text.size() - place <= more) return false;
        for (std::size_t index = 1; index <= more; ++index) {
            const auto byte = static_cast<std::uint8_t>(text[place + index]);
            if (byte >> 6U != 2) return false;
            character = character << 6U | (byte & 0x3FU);
        }
        const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
        if (character < least || character > 0x10FFFF || surrogate) return false;
        place += more + 1;
    }
    return true;
}

/// Whether some bytes more could make `text` UTF-8: tries one of each kind.
inline bool may_become_plain_utf8(const std::string& text) {
    if (is_plain_utf8(text)) return true;
    for (std::size_t cut = 1; cut <= 3 && cut <= text.size(); ++cut) {
        const std::string_view all = text;
        if (!is_plain_utf8(all.substr(0, text.size() - cut))) continue;
        for (const char* more : {"\x80", "\x90", "\xA0", "\x80\x80", "\x90\x80", "\xA0\x80",
                                 "\x80\x80\x80", "\x90\x80\x80"})
            if (is_plain_utf8(std::string(all.substr(text.size() - cut)) + more)) return true;
    }
    return false;
}

}  // namespace longwire::fuzz
