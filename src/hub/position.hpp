#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::hub {

/// Where a publication stands on its channel. Offsets count from 1 within an epoch, one by one, and
/// none is given twice; another epoch means that what was known of the channel before is gone.
struct Position {
    std::uint64_t epoch = 0;
    std::uint64_t offset = 0;  // 0: before the first

    friend bool operator==(const Position&, const Position&) = default;
};

/// "EPOCH-OFFSET", the epoch in hexadecimal digits: what clients send back as it is.
[[nodiscard]] std::string to_text(Position position);
/// Nothing where `text` is not one.
[[nodiscard]] std::optional<Position> parse_position(std::string_view text) noexcept;

}  // namespace longwire::hub
