#include "http/basic_credentials.hpp"

#include <cstddef>
#include <cstdint>

namespace longwire::http {

namespace {

std::string base64(std::string_view bytes) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string encoded;
    encoded.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t begin = 0; begin < bytes.size(); begin += 3) {
        const std::string_view group = bytes.substr(begin, 3);
        std::uint32_t bits = 0;
        for (std::size_t index = 0; index < 3; ++index)
            bits =
                bits << 8 | (index < group.size() ? static_cast<unsigned char>(group[index]) : 0);
        for (std::size_t index = 0; index < 4; ++index)
            encoded += index > group.size() ? '=' : letters[bits >> (18 - 6 * index) & 63];
    }
    return encoded;
}

}  // namespace

std::string basic_credentials(std::string_view user, std::string_view password) {
    return "Basic " + base64(std::string(user) + ":" + std::string(password));
}

}  // namespace longwire::http
