#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace longwire::simulation {

/// RFC 3629, section 4, character by character: slow, and nothing in common with the validator that
/// is tested. `cut`: the text may end inside a character.
inline bool is_plain_utf8(std::span<const std::byte> text, bool cut = false) noexcept {
    std::size_t place = 0;
    while (place < text.size()) {
        const auto lead = std::to_integer<std::uint32_t>(text[place]);
        std::size_t length = 1;
        std::uint32_t point = lead;
        if (lead >= 0x80) {
            if (lead < 0xC2 || lead > 0xF4) return false;
            length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
            point = lead & (0x7FU >> length);
        }
        for (std::size_t index = 1; index < length; ++index) {
            if (place + index >= text.size()) return cut;
            const auto more = std::to_integer<std::uint32_t>(text[place + index]);
            if ((more & 0xC0U) != 0x80) return false;
            point = point << 6U | (more & 0x3FU);
        }
        constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < least[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return false;
        place += length;
    }
    return true;
}

}  // namespace longwire::simulation
