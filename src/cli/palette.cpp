#include "cli/palette.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>

namespace longwire::cli {

namespace {

std::string_view environment(const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any
    return value == nullptr ? std::string_view() : std::string_view(value);
}

bool wanted(Colours colours, int descriptor) {
    if (colours != Colours::automatic) return colours == Colours::always;
    const std::string_view terminal = environment("TERM");
    return isatty(descriptor) != 0 && environment("NO_COLOR").empty() && !terminal.empty() &&
           terminal != "dumb";
}

std::string_view code_of(Tone tone) noexcept {
    switch (tone) {
        case Tone::sent:
            return "1;36";
        case Tone::received:
            return "1;32";
        case Tone::note:
            return "2";
        case Tone::trouble:
            return "31";
        case Tone::key:
            return "34";
        case Tone::string:
            return "32";
        case Tone::number:
            return "33";
        case Tone::literal:
            return "35";
    }
    return "0";
}

}  // namespace

Palette::Palette(Colours colours, int descriptor) : coloured_(wanted(colours, descriptor)) {}

std::string Palette::paint(Tone tone, std::string_view text) const {
    if (!coloured_ || text.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", code_of(tone), text);
}

}  // namespace longwire::cli
