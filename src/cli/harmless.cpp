#include "cli/harmless.hpp"

#include "cli/characters.hpp"

#include <cstddef>

namespace longwire::cli {

std::string harmless(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    for (std::size_t place = 0; place < text.size();) {
        const Character character = character_at(text, place);
        if (character.code == '\t' || (character.valid && !steers(character.code)))
            shown += text.substr(place, character.size);
        else
            shown += spelled_out(character.code);
        place += character.size;
    }
    return shown;
}

std::string harmless_lines(std::string_view text, std::string_view indent) {
    std::string shown;
    for (;;) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
        shown += harmless(line);
        if (end == std::string_view::npos) return shown;
        shown += '\n';
        shown += indent;
        text.remove_prefix(end + 1);
    }
}

}  // namespace longwire::cli
