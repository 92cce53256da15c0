#include "cli/hex_dump.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

namespace longwire::cli {

namespace {

std::size_t width_of_row(std::size_t bytes) noexcept {
    return std::string_view("  0000 ").size() + 3 * bytes + (bytes > 8 ? 1 : 0) + 2 + bytes;
}

void append_row(std::string& dump, std::size_t offset, std::span<const std::byte> row,
                std::size_t width) {
    dump += fmt::format("  {:04x} ", offset);
    for (std::size_t index = 0; index < width; ++index) {
        if (index == 8) dump += ' ';
        dump += index < row.size() ? fmt::format(" {:02x}", std::to_integer<unsigned>(row[index]))
                                   : "   ";
    }
    dump += "  ";
    for (const std::byte byte : row) {
        const auto letter = std::to_integer<unsigned char>(byte);
        dump += letter >= 0x20 && letter < 0x7F ? static_cast<char>(letter) : '.';
    }
    dump += '\n';
}

}  // namespace

std::string hex_dump(std::span<const std::byte> bytes, std::size_t most, std::size_t columns) {
    std::size_t width = 16;
    while (width > 2 && width_of_row(width) > columns) width /= 2;
    const auto shown = bytes.first(std::min(bytes.size(), most));
    std::string dump;
    for (std::size_t offset = 0; offset < shown.size(); offset += width)
        append_row(dump, offset, shown.subspan(offset, std::min(width, shown.size() - offset)),
                   width);
    if (shown.size() < bytes.size()) {
        const std::size_t more = bytes.size() - shown.size();
        dump += fmt::format("  … {} more byte{}\n", more, more == 1 ? "" : "s");
    }
    return dump;
}

}  // namespace longwire::cli
