#include "dialects/socketio/session_id.hpp"

#include "access/base64url.hpp"

#include <sys/random.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <span>

namespace longwire::dialects::socketio {

namespace {

// The random ones, the loop's number, the maker's mark, and the second.
constexpr std::size_t random_bytes = 16;
constexpr std::size_t loop_at = random_bytes;
constexpr std::size_t mark_at = loop_at + 2;
constexpr std::size_t second_at = mark_at + 2;
constexpr std::size_t all_bytes = second_at + 4;
constexpr std::size_t letters = 32;
// For a process whose place this one has taken, and which still serves whom it has.
constexpr std::uint32_t overlap = 60;

void fill(std::span<char> bytes) {
    // So few at once come whole, or not at all.
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        std::abort();
}

std::uint32_t this_second() {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
}

/// This process, among those that make names.
struct Maker {
    Maker() { fill(mark); }

    std::array<char, 2> mark = {};
    std::uint32_t since = this_second();
};

const Maker& maker() {
    static const Maker made;
    return made;
}

void put(std::span<char> bytes, std::uint32_t number) {
    for (std::size_t place = bytes.size(); place-- > 0; number >>= 8U)
        bytes[place] = static_cast<char>(number & 0xFFU);
}

std::uint32_t number_in(std::string_view bytes) {
    std::uint32_t number = 0;
    for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
    return number;
}

std::optional<std::string> bytes_of(std::string_view id) {
    if (id.size() != letters) return std::nullopt;
    auto bytes = access::from_base64url(id);
    if (!bytes || bytes->size() != all_bytes) return std::nullopt;
    return std::string(bytes->begin(), bytes->end());
}

}  // namespace

std::string new_id(std::size_t loop) {
    std::array<char, all_bytes> bytes = {};
    const std::span all(bytes);
    fill(all.first(random_bytes));
    put(all.subspan(loop_at, mark_at - loop_at), static_cast<std::uint32_t>(loop));
    bytes[mark_at] = maker().mark[0];
    bytes[mark_at + 1] = maker().mark[1];
    put(all.subspan(second_at), this_second());
    return access::to_base64url({bytes.data(), bytes.size()});
}

std::optional<std::size_t> loop_of(std::string_view id) {
    const auto bytes = bytes_of(id);
    if (!bytes) return std::nullopt;
    return number_in(std::string_view(*bytes).substr(loop_at, mark_at - loop_at));
}

bool is_of_another(std::string_view id) {
    const auto bytes = bytes_of(id);
    if (!bytes) return false;
    const std::string_view all = *bytes;
    const Maker& own = maker();
    return all.substr(mark_at, second_at - mark_at) !=
               std::string_view(own.mark.data(), own.mark.size()) &&
           number_in(all.substr(second_at)) > own.since + overlap;
}

}  // namespace longwire::dialects::socketio
