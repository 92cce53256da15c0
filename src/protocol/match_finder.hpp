#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace longwire::protocol {

/// A repetition of what stands `distance` bytes before.
struct Match {
    unsigned length = 0;  ///< 0 where there is none
    unsigned distance = 0;
};

/// Finds what has stood before, by tables of where each few bytes stood last.
///
/// Places are counted on from message to message, so that the tables need not be cleared between
/// them: what stands in them of an earlier message is older than `oldest`, and passed over.
class MatchFinder {
public:
    /// How many of the last places with the same four bytes are remembered.
    static constexpr std::size_t ways = 4;

    /// `text` begins at place `first`; nothing before `oldest`, which lies in it, is found.
    struct Input {
        std::span<const std::byte> text;
        std::uint32_t first = 0;
        std::uint32_t oldest = 0;
        std::uint32_t farthest = 0;  ///< the largest distance
    };

    MatchFinder() { forget(); }

    void forget() noexcept {
        fours_.fill({});
        threes_.fill(0);
    }

    /// The longest match of the bytes at `at`, an index of the text with at least four bytes from
    /// there on, if it is longer than `least`; and remembers them.
    [[nodiscard]] Match find(const Input& input, std::size_t at, unsigned least) noexcept;
    /// Only remembers them.
    void remember(const Input& input, std::size_t at) noexcept {
        const std::uint32_t bytes = load(input, at);
        const auto place = input.first + static_cast<std::uint32_t>(at);
        push(fours_[hash_of_four(bytes)], place);
        threes_[hash_of_three(bytes)] = place;
    }

private:
    static constexpr unsigned four_bits = 12;
    static constexpr unsigned three_bits = 11;
    // A match of three bytes from far away takes more bits than the bytes.
    static constexpr std::uint32_t farthest_three = 2048;

    using Places = std::array<std::uint32_t, ways>;

    static std::uint32_t load(const Input& input, std::size_t at) noexcept {
        std::uint32_t bytes = 0;
        std::memcpy(&bytes, input.text.data() + at, sizeof bytes);
        return bytes;
    }
    static std::size_t hash_of_four(std::uint32_t bytes) noexcept {
        return bytes * 0x9E3779B1U >> (32 - four_bits);
    }
    static std::size_t hash_of_three(std::uint32_t bytes) noexcept {
        return (bytes << 8U) * 0x9E3779B1U >> (32 - three_bits);
    }
    static void push(Places& places, std::uint32_t place) noexcept {
        places = {place, places[0], places[1], places[2]};
    }
    static unsigned common(const std::byte* left, const std::byte* right, unsigned from,
                           unsigned most) noexcept;

    std::array<Places, std::size_t{1} << four_bits> fours_;
    std::array<std::uint32_t, std::size_t{1} << three_bits> threes_;
};

/// How many bytes are the same, of which `from` are known to be.
inline unsigned MatchFinder::common(const std::byte* left, const std::byte* right, unsigned from,
                                    unsigned most) noexcept {
    unsigned same = from;
    for (; same + 8 <= most; same += 8) {
        std::uint64_t one = 0;
        std::uint64_t other = 0;
        std::memcpy(&one, left + same, sizeof one);
        std::memcpy(&other, right + same, sizeof other);
        if (one != other) return same + static_cast<unsigned>(std::countr_zero(one ^ other)) / 8;
    }
    while (same < most && left[same] == right[same]) ++same;
    return same;
}

inline Match MatchFinder::find(const Input& input, std::size_t at, unsigned least) noexcept {
    constexpr unsigned longest = 258;
    const std::byte* const here = input.text.data() + at;
    const std::uint32_t bytes = load(input, at);
    const auto place = input.first + static_cast<std::uint32_t>(at);
    const std::uint32_t oldest = std::max(input.oldest, place - std::min(place, input.farthest));
    const auto most = static_cast<unsigned>(std::min<std::size_t>(longest, input.text.size() - at));

    Places& places = fours_[hash_of_four(bytes)];
    const Places candidates = places;
    push(places, place);
    std::uint32_t& three = threes_[hash_of_three(bytes)];
    const std::uint32_t last_three = three;
    three = place;

    Match best{.length = std::max(least, 3U)};
    if (best.length >= most) return {};
    for (const std::uint32_t candidate : candidates) {
        if (candidate < oldest) break;
        const std::byte* const there = here - (place - candidate);
        // Where the longer one would have to be the same, most are not.
        std::uint32_t end_here = 0;
        std::uint32_t end_there = 0;
        std::memcpy(&end_here, here + best.length - 3, sizeof end_here);
        std::memcpy(&end_there, there + best.length - 3, sizeof end_there);
        if (end_here != end_there) continue;
        const unsigned length = common(here, there, 0, most);
        if (length <= best.length) continue;
        best = {.length = length, .distance = place - candidate};
        if (length == most) break;
    }
    if (best.distance > 0) return best;
    if (least < 3 && last_three >= oldest && place - last_three <= farthest_three) {
        std::uint32_t there = 0;
        std::memcpy(&there, here - (place - last_three), sizeof there);
        if (((there ^ bytes) & 0xFFFFFFU) == 0)
            return {.length = 3, .distance = place - last_three};
    }
    return {};
}

}  // namespace longwire::protocol
