#include "cli/message_display.hpp"

#include "cli/clock_text.hpp"
#include "cli/harmless.hpp"
#include "cli/hex_dump.hpp"
#include "cli/json_display.hpp"

#include <fmt/core.h>

namespace longwire::cli {

std::string_view beginning_of(std::string_view text, std::size_t most) noexcept {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
    return text.substr(0, most);
}

std::string MessageDisplay::lines_of(Direction direction, Message message,
                                     std::size_t columns) const {
    const bool out = direction == Direction::out;
    std::string lines = with_time ? palette.paint(Tone::note, time_of_day()) + " " : "";
    lines += palette.paint(out ? Tone::sent : Tone::received, out ? ">" : "<");
    lines += ' ';
    if (!message.is_text()) {
        lines += palette.paint(Tone::note, fmt::format("binary, {} byte{}", message.size(),
                                                       message.size() == 1 ? "" : "s"));
        return lines + "\n" + hex_dump(message.bytes(), most_bytes, columns);
    }
    const std::string_view text = beginning_of(message.text(), most_text);
    if (text.size() < message.size())
        return lines + harmless_lines(text, "  ") +
               palette.paint(Tone::note,
                             fmt::format("\n  … {} more bytes", message.size() - text.size())) +
               "\n";
    if (pretty)
        if (const auto laid_out = json_display(text, "  ", palette))
            return lines + *laid_out + "\n";
    return lines + harmless_lines(text, "  ") + "\n";
}

}  // namespace longwire::cli
