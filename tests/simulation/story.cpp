#include "story.hpp"

#include <cinttypes>
#include <cstdio>

namespace longwire::simulation {

void Story::tell(Time when, std::string_view who, std::string_view what, std::uint64_t number,
                 std::string_view detail) {
    mix(when);
    mix(who);
    mix(what);
    mix(number);
    mix(detail);
    if (shown_ == Shown::no) return;
    std::printf("%10" PRIu64 "  %-8.*s %.*s %" PRIu64 "%s%.*s\n", when,
                static_cast<int>(who.size()), who.data(), static_cast<int>(what.size()),
                what.data(), number, detail.empty() ? "" : "  ", static_cast<int>(detail.size()),
                detail.data());
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
