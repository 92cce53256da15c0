#include "cli/base64.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace longwire::cli {

std::string base64(std::span<const std::byte> bytes) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(3, bytes.size()))) {
        std::uint32_t group = 0;
        for (std::size_t index = 0; index < 3; ++index)
            group = (group << 8U) |
                    (index < bytes.size() ? std::to_integer<std::uint32_t>(bytes[index]) : 0U);
        for (unsigned index = 0; index < 4; ++index)
            text += index <= bytes.size() ? letters[(group >> (18U - 6U * index)) & 63U] : '=';
    }
    return text;
}

}  // namespace longwire::cli
