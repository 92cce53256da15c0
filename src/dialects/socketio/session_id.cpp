#include "dialects/socketio/session_id.hpp"

#include "access/base64url.hpp"

#include <sys/random.h>

#include <array>
#include <cstdlib>

namespace longwire::dialects::socketio {

namespace {

constexpr std::size_t random_bytes = 16;
constexpr std::size_t all_bytes = random_bytes + 2;
constexpr std::size_t letters = 24;

}  // namespace

std::string new_id(std::size_t loop) {
    std::array<char, all_bytes> bytes = {};
    // So few at once come whole, or not at all.
    if (::getrandom(bytes.data(), random_bytes, 0) != static_cast<ssize_t>(random_bytes))
        std::abort();
    bytes[random_bytes] = static_cast<char>(loop >> 8U);
    bytes[random_bytes + 1] = static_cast<char>(loop & 0xFFU);
    return access::to_base64url({bytes.data(), bytes.size()});
}

std::optional<std::size_t> loop_of(std::string_view id) {
    if (id.size() != letters) return std::nullopt;
    const auto bytes = access::from_base64url(id);
    if (!bytes) return std::nullopt;
    return std::size_t{static_cast<unsigned char>((*bytes)[random_bytes])} << 8U |
           static_cast<unsigned char>((*bytes)[random_bytes + 1]);
}

}  // namespace longwire::dialects::socketio
