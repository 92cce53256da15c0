#include "hub/position.hpp"

#include <array>
#include <charconv>
#include <memory>

namespace longwire::hub {

std::string to_text(Position position) {
    std::array<char, 40> text = {};
    char* const end = text.data() + text.size();
    char* at = std::to_chars(text.data(), end, position.epoch, 16).ptr;
    *at++ = '-';
    at = std::to_chars(at, end, position.offset).ptr;
    return {text.data(), at};
}

std::optional<Position> parse_position(std::string_view text) noexcept {
    Position position;
    const char* const begin = std::to_address(text.begin());
    const char* const end = begin + text.size();
    const auto epoch = std::from_chars(begin, end, position.epoch, 16);
    if (epoch.ec != std::errc() || epoch.ptr == end || *epoch.ptr != '-') return std::nullopt;
    const auto offset = std::from_chars(epoch.ptr + 1, end, position.offset);
    if (offset.ec != std::errc() || offset.ptr != end) return std::nullopt;
    return position;
}

}  // namespace longwire::hub
