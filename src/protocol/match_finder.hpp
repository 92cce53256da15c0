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

/// Finds what has stood before: a table of where each few bytes stood last, and of each place,
/// where they stood before that.
///
/// Places are counted on from message to message, so that the tables need not be cleared between
/// them: what stands in them of an earlier message is older than `oldest`, and passed over.
class MatchFinder {
public:
    /// `text` begins at place `first`; nothing before `oldest`, which lies in it, is found.
    struct Input {
        std::span<const std::byte> text;
        std::uint32_t first = 0;
        std::uint32_t oldest = 0;
        std::uint32_t farthest = 0;  ///< the largest distance; at most 32768
    };

    MatchFinder() { forget(); }

    void forget() noexcept {
        fours_.fill(0);
        threes_.fill(0);
    }

    template <bool with_threes>
    class Search;

private:
    static constexpr unsigned four_bits = 12;
    static constexpr unsigned three_bits = 11;
    static constexpr std::size_t window = 32768;

    std::array<std::uint32_t, std::size_t{1} << four_bits> fours_;
    std::array<std::uint32_t, std::size_t{1} << three_bits> threes_;
    // By the lowest bits of a place, those of the place where the same stood before: less than
    // 65536 before it. What is older, or was never written, only looks like another place; whether
    // the same stands there is looked at in any case.
    std::array<std::uint16_t, window> before_ = {};
};

/// A walk through one text; `with_threes`: matches of three bytes are found too. They pay only in
/// short messages, which have no code of their own.
template <bool with_threes>
class MatchFinder::Search {
public:
    Search(MatchFinder& finder, const Input& input) noexcept
        : finder_(finder),
          begin_(input.text.data()),
          end_(begin_ + input.text.size()),
          first_(input.first),
          oldest_(input.oldest),
          farthest_(input.farthest) {}

    /// The longest match of the bytes at `at`, an index of the text with at least four bytes from
    /// there on, if it is longer than `least`, among the last `places` at which the same four have
    /// stood; and remembers them. Not before the last one.
    [[gnu::always_inline]] Match find(std::size_t at, unsigned least, unsigned places) noexcept;
    /// Only remembers them, up to `end`.
    void remember(std::size_t at, std::size_t end) noexcept {
        for (; at < end; ++at) (void)remembered(begin_ + at, place_of(at));
    }

private:
    // A match of three bytes from far away takes more bits than the bytes.
    static constexpr std::uint32_t farthest_three = 2048;
    static constexpr unsigned longest = 258;

    [[nodiscard]] std::uint32_t place_of(std::size_t at) const noexcept {
        return first_ + static_cast<std::uint32_t>(at);
    }
    static std::uint32_t load(const std::byte* at) noexcept {
        std::uint32_t bytes = 0;
        std::memcpy(&bytes, at, sizeof bytes);
        return bytes;
    }
    static std::size_t hash_of_four(std::uint32_t bytes) noexcept {
        return bytes * 0x9E3779B1U >> (32 - four_bits);
    }
    static std::size_t hash_of_three(std::uint32_t bytes) noexcept {
        return (bytes << 8U) * 0x9E3779B1U >> (32 - three_bits);
    }
    /// Gives where they stood last.
    [[nodiscard]] std::uint32_t remembered(const std::byte* here, std::uint32_t place) noexcept {
        const std::uint32_t bytes = load(here);
        std::uint32_t& last = finder_.fours_[hash_of_four(bytes)];
        const std::uint32_t before = last;
        last = place;
        finder_.before_[place % window] = static_cast<std::uint16_t>(before);
        if (with_threes) finder_.threes_[hash_of_three(bytes)] = place;
        return before;
    }
    /// How far before this place the same stood, as far as is known.
    [[nodiscard]] std::uint32_t way_back(std::uint32_t place) const noexcept {
        return static_cast<std::uint16_t>(place - finder_.before_[place % window]);
    }
    [[nodiscard]] static unsigned common(const std::byte* left, const std::byte* right,
                                         unsigned most) noexcept;

    MatchFinder& finder_;
    const std::byte* begin_;
    const std::byte* end_;
    std::uint32_t first_;
    std::uint32_t oldest_;
    std::uint32_t farthest_;
};

/// How many bytes are the same.
template <bool with_threes>
unsigned MatchFinder::Search<with_threes>::common(const std::byte* left, const std::byte* right,
                                                  unsigned most) noexcept {
    unsigned same = 0;
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

template <bool with_threes>
inline Match MatchFinder::Search<with_threes>::find(std::size_t at, unsigned least,
                                                    unsigned places) noexcept {
    const std::byte* const here = begin_ + at;
    const std::uint32_t place = place_of(at);
    std::uint32_t three = 0;
    if (with_threes) three = finder_.threes_[hash_of_three(load(here))];
    std::uint32_t candidate = remembered(here, place);
    if (place - oldest_ > farthest_) oldest_ = place - farthest_;

    unsigned distance = 0;
    if (candidate >= oldest_) {
        const auto most = static_cast<unsigned>(std::min<std::ptrdiff_t>(longest, end_ - here));
        unsigned length = std::max(least, 3U);
        if (length >= most) return {};
        // Where a longer one would have to be the same, most are not.
        std::uint32_t its_end = load(here + length - 3);
        do {
            const std::byte* const there = here - (place - candidate);
            if (load(there + length - 3) == its_end) {
                const unsigned same = common(here, there, most);
                if (same > length) {
                    length = same;
                    distance = place - candidate;
                    if (length == most) break;
                    its_end = load(here + length - 3);
                }
            }
            // (What is not known any more may lead to before the first place of all.)
            const std::uint32_t back = way_back(candidate);
            if (back > candidate - oldest_) break;
            candidate -= back;
        } while (--places > 0);
        if (distance > 0) return {.length = length, .distance = distance};
    }
    if (with_threes && least < 3 && three >= oldest_ && place - three <= farthest_three &&
        ((load(here - (place - three)) ^ load(here)) & 0xFFFFFFU) == 0)
        return {.length = 3, .distance = place - three};
    return {};
}

}  // namespace longwire::protocol
