#include "story.hpp"

#include <cinttypes>
#include <cstdio>
#include <string>

namespace longwire::simulation {

namespace {

/// Reasons of close frames hold whatever a peer likes.
std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string shown;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte >= 0x20 && byte < 0x7F)
            shown += letter;
        else
            shown += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
    }
    return shown;
}

}  // namespace

void Story::tell(Time when, std::string_view who, std::string_view what, std::uint64_t number,
                 std::string_view detail) {
    mix(when);
    mix(who);
    mix(what);
    mix(number);
    mix(detail);
    if (shown_ == Shown::no) return;
    const std::string shown = printable(detail);
    std::printf("%10" PRIu64 "  %-8.*s %.*s %" PRIu64 "%s%s\n", when, static_cast<int>(who.size()),
                who.data(), static_cast<int>(what.size()), what.data(), number,
                shown.empty() ? "" : "  ", shown.c_str());
}

void Story::mix(std::uint64_t number) noexcept {
    constexpr std::uint64_t prime = 0x100000001B3U;  // of FNV-1a
    digest_ = (digest_ ^ number) * prime;
    digest_ ^= digest_ >> 29U;
}

void Story::mix(std::string_view text) noexcept {
    for (const char letter : text) mix(static_cast<unsigned char>(letter));
    mix(text.size());
}

}  // namespace longwire::simulation
