#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace longwire::cli {

enum class Colours : std::uint8_t { automatic, always, never };

/// What a piece of text on the terminal is.
enum class Tone : std::uint8_t { sent, received, note, trouble, key, string, number, literal };

/// Colours, or none.
class Palette {
public:
    /// `automatic`: where `descriptor` is a terminal that has colours, and NO_COLOR is not set.
    Palette(Colours colours, int descriptor);

    [[nodiscard]] std::string paint(Tone tone, std::string_view text) const;
    [[nodiscard]] bool coloured() const noexcept { return coloured_; }

private:
    bool coloured_;
};

}  // namespace longwire::cli
