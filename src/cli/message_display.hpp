#pragma once

#include "cli/json_event.hpp"
#include "cli/palette.hpp"

#include <longwire/message.hpp>

#include <cstddef>
#include <string>

namespace longwire::cli {

/// How messages are shown on a terminal.
struct MessageDisplay {
    static constexpr std::size_t most_text = 65536;
    static constexpr std::size_t most_bytes = 512;

    Palette palette;
    bool with_time = false;
    bool pretty = false;

    /// The lines of `message`, the last with its line break: "> hello", "< hello", JSON laid out
    /// if so asked, bytes as a hex dump. What is very long is cut, and says so.
    [[nodiscard]] std::string lines_of(Direction direction, Message message,
                                       std::size_t columns) const;
};

/// The beginning of `text` in at most `most` bytes, cut before a character.
[[nodiscard]] std::string_view beginning_of(std::string_view text, std::size_t most) noexcept;

}  // namespace longwire::cli
