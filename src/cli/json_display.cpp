#include "cli/json_display.hpp"

#include "cli/characters.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace longwire::cli {

namespace {

constexpr std::size_t max_depth = 64;

bool is_nested_too_deeply(std::string_view text) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t place = 0; place < text.size(); ++place) {
        const char letter = text[place];
        if (in_string && letter == '\\') ++place;
        if (letter == '"') in_string = !in_string;
        if (in_string) continue;
        if (letter == '{' || letter == '[') ++depth;
        if (letter == '}' || letter == ']') depth -= std::min<std::size_t>(depth, 1);
        if (depth > max_depth) return true;
    }
    return false;
}

bool is_container_of_json(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
    return !is_nested_too_deeply(text) && nlohmann::json::accept(text);
}

/// What a terminal must not have, as JSON may write it.
std::string without_steering(std::string_view text) {
    std::string shown;
    for (std::size_t place = 0; place < text.size();) {
        const Character character = character_at(text, place);
        shown += steers(character.code)
                     ? fmt::format("\\u{:04x}", static_cast<std::uint32_t>(character.code))
                     : std::string(text.substr(place, character.size));
        place += character.size;
    }
    return shown;
}

/// Walks over text that is known to be JSON, and lays it out anew.
class Layout {
public:
    Layout(std::string_view text, std::string_view indent, const Palette& palette)
        : rest_(text), indent_(indent), palette_(palette) {}

    std::string take() {
        while (skip_space(), !rest_.empty()) step();
        return std::move(shown_);
    }

private:
    void step() {
        const char letter = rest_.front();
        if (letter == '{' || letter == '[') {
            open();
        } else if (letter == '}' || letter == ']') {
            rest_.remove_prefix(1);
            --depth_;
            break_line();
            shown_ += letter;
        } else if (letter == ',') {
            rest_.remove_prefix(1);
            shown_ += letter;
            break_line();
        } else if (letter == ':') {
            rest_.remove_prefix(1);
            shown_ += ": ";
        } else if (letter == '"') {
            string();
        } else {
            word();
        }
    }

    void open() {
        shown_ += rest_.front();
        rest_.remove_prefix(1);
        skip_space();
        if (rest_.starts_with('}') || rest_.starts_with(']')) {
            shown_ += rest_.front();
            rest_.remove_prefix(1);
            return;
        }
        ++depth_;
        break_line();
    }

    void string() {
        std::size_t end = 1;
        while (rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
        const std::string text = without_steering(rest_.substr(0, end + 1));
        rest_.remove_prefix(end + 1);
        skip_space();
        shown_ += palette_.paint(rest_.starts_with(':') ? Tone::key : Tone::string, text);
    }

    void word() {
        const std::size_t end = std::min(rest_.find_first_of(",:]} \t\r\n"), rest_.size());
        const bool literal = rest_.front() >= 'a' && rest_.front() <= 'z';
        shown_ += palette_.paint(literal ? Tone::literal : Tone::number, rest_.substr(0, end));
        rest_.remove_prefix(end);
    }

    void break_line() {
        shown_ += '\n';
        shown_ += indent_;
        shown_.append(2 * depth_, ' ');
    }

    void skip_space() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
    }

    std::string_view rest_;
    std::string_view indent_;
    const Palette& palette_;
    std::string shown_;
    std::size_t depth_ = 0;
};

}  // namespace

std::optional<std::string> json_display(std::string_view text, std::string_view indent,
                                        const Palette& palette) {
    if (!is_container_of_json(text)) return std::nullopt;
    return Layout(text, indent, palette).take();
}

std::string json_string(std::string_view text) {
    std::string quoted = "\"";
    for (std::size_t place = 0; place < text.size();) {
        const Character character = character_at(text, place);
        const std::string_view bytes = text.substr(place, character.size);
        place += character.size;
        if (!character.valid)
            quoted += "\uFFFD";
        else if (character.code == '"' || character.code == '\\')
            (quoted += '\\') += bytes;
        else if (character.code == '\n')
            quoted += "\\n";
        else if (character.code == '\r')
            quoted += "\\r";
        else if (character.code == '\t')
            quoted += "\\t";
        else if (character.code < 0x20 || character.code == 0x7F)
            quoted += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(character.code));
        else
            quoted += bytes;
    }
    return quoted += '"';
}

}  // namespace longwire::cli
