#include "protocol/deflater.hpp"

#include "protocol/deflate_block.hpp"

#include <algorithm>
#include <memory>

namespace longwire::protocol {

namespace {

constexpr std::uint32_t last_place = 0xFFFFFFFF;
// A match of this length is taken without a look at the next byte.
constexpr unsigned long_enough = 32;
constexpr std::size_t least_bytes = 4;  // to look for
// At how many places it is looked; and how many for a better one than one of such a length.
constexpr unsigned usual_places = 4;
constexpr unsigned fewer_places = 2;
constexpr unsigned good_length = 16;
// Shorter messages hardly ever have codes of their own; to the fixed ones, three bytes are a match.
constexpr std::size_t short_message = 256;

/// Whether `later`, which costs a literal more, is the better one. Shorter distances take fewer
/// bits.
bool is_better(const Match& later, const Match& match) noexcept {
    const auto gained = 4 * (static_cast<int>(later.length) - static_cast<int>(match.length));
    const int nearer = static_cast<int>(std::bit_width(match.distance)) -
                       static_cast<int>(std::bit_width(later.distance));
    return gained + nearer > 2;
}

/// For all compressors of a thread: what it holds, it holds for one call.
DeflateBlock& block_of_thread() noexcept {
    thread_local DeflateBlock block;
    return block;
}

/// Adds the tokens of what begins at `at` to a block, until there is no more, or the block is full;
/// gives how far it came.
template <bool with_threes>
std::size_t fill(DeflateBlock& block, MatchFinder& finder, const MatchFinder::Input& input,
                 std::size_t at) noexcept {
    MatchFinder::Search<with_threes> search(finder, input);
    DeflateBlock::Filling filling(block);
    const std::byte* const text = input.text.data();
    const std::size_t size = input.text.size();
    const std::size_t last = size < least_bytes ? 0 : size - least_bytes + 1;  // to look from
    while (at < last && !filling.nearly_full()) {
        Match match = search.find(at, 0, usual_places);
        if (match.length == 0) {
            filling.add_literal(text[at++]);
            continue;
        }
        // A better one may begin at the next byte.
        std::size_t known = at + 1;
        while (match.length < long_enough && known < last) {
            const unsigned places = match.length < good_length ? usual_places : fewer_places;
            const Match later = search.find(known, match.length - 1, places);
            ++known;
            if (later.length == 0 || !is_better(later, match)) break;
            filling.add_literal(text[at++]);
            match = later;
        }
        filling.add_match(match.length, match.distance);
        at += match.length;
        search.remember(known, std::min(at, last));
    }
    while (at < size && at >= last && !filling.nearly_full()) filling.add_literal(text[at++]);
    return at;
}

/// Writes the message as blocks, the first byte of which is at `at`; nothing where that takes more
/// than `room` bytes.
std::optional<std::size_t> write_blocks(MatchFinder& finder, const MatchFinder::Input& input,
                                        std::size_t at, std::span<std::byte> output,
                                        std::size_t room) noexcept {
    DeflateBlock& block = block_of_thread();
    block.clear();
    BitWriter writer(output);
    const auto written = [&] { return static_cast<std::uint64_t>(writer.place() - output.data()); };
    const bool is_short = input.text.size() - at < short_message;
    while (at < input.text.size()) {
        at =
            is_short ? fill<true>(block, finder, input, at) : fill<false>(block, finder, input, at);
        const std::uint64_t so_far = written() + 1;
        if (so_far >= room || !block.write(writer, 8 * (room - so_far))) return std::nullopt;
    }
    // The head of an empty block without compression; of its length, the peer knows.
    writer.put(0, 3);
    writer.finish();
    return written() <= room ? std::optional(written()) : std::nullopt;
}

}  // namespace

Deflater::Deflater(int window_bits, bool keep_context, std::uint32_t first_place)
    : next_place_(first_place),
      farthest_(std::uint32_t{1} << static_cast<unsigned>(window_bits)),
      keep_context_(keep_context) {}

MatchFinder::Input Deflater::begin(std::span<const std::byte> message) {
    // Before places run out, all of them are forgotten.
    if (last_place - next_place_ < message.size()) {
        finder_.forget();
        window_.clear();
        next_place_ = least_place;
    }
    const std::uint32_t place = next_place_;
    next_place_ += static_cast<std::uint32_t>(message.size());
    if (!keep_context_)
        return {.text = message, .first = place, .oldest = place, .farthest = farthest_};
    // What a large message took is not kept for small ones.
    if (window_.capacity() > 4 * std::size_t{farthest_} && window_.size() > farthest_)
        window_ =
            std::vector(window_.end() - static_cast<std::ptrdiff_t>(farthest_), window_.end());
    // Moved down seldom, since that costs as much as it moves.
    if (window_.size() > farthest_ && window_.size() + message.size() > 2 * std::size_t{farthest_})
        window_.erase(window_.begin(), window_.end() - static_cast<std::ptrdiff_t>(farthest_));
    const auto before = static_cast<std::uint32_t>(window_.size());
    window_.insert(window_.end(), message.begin(), message.end());
    return {
        .text = window_, .first = place - before, .oldest = place - before, .farthest = farthest_};
}

std::optional<std::size_t> Deflater::deflate(std::span<const std::byte> message,
                                             std::span<std::byte> output) {
    if (message.empty()) return std::nullopt;
    const MatchFinder::Input input = begin(message);
    // One byte less than the message is small enough.
    const auto size = write_blocks(finder_, input, input.text.size() - message.size(), output,
                                   message.size() - 1);
    // The peer does not see what went into the window.
    if (!size) window_.clear();
    return size;
}

}  // namespace longwire::protocol
