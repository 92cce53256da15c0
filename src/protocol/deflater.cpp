#include "protocol/deflater.hpp"

#include "protocol/deflate_block.hpp"

#include <algorithm>
#include <memory>

namespace longwire::protocol {

namespace {

constexpr std::uint32_t last_place = 0xFFFFFFFF;
// A match of this length is taken without a look at the next byte.
constexpr unsigned long_enough = 48;
constexpr std::size_t least_bytes = 4;  // to look for

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

/// The way through one message: what is written of it, and how much room there is.
class Pass {
public:
    Pass(MatchFinder& finder, const MatchFinder::Input& input, std::size_t at,
         std::span<std::byte> output, std::size_t room)
        : finder_(finder),
          input_(input),
          at_(at),
          output_(output),
          writer_(output),
          room_(8 * room) {}

    [[nodiscard]] std::optional<std::size_t> run() {
        block.clear();
        const std::size_t end = input_.text.size();
        while (at_ < end) {
            // With room for a match, and for literals before it that a better one has.
            if (block.nearly_full() && !write_block()) return std::nullopt;
            if (at_ + least_bytes > end)
                block.add_literal(input_.text[at_++]);
            else
                take_step();
        }
        if (!write_block()) return std::nullopt;
        // The head of an empty block without compression; of its length, the peer knows.
        writer_.put(0, 3);
        writer_.finish();
        const std::size_t size = written();
        return 8 * size <= room_ ? std::optional(size) : std::nullopt;
    }

private:
    void take_step() {
        Match match = finder_.find(input_, at_, 0);
        if (match.length == 0) {
            block.add_literal(input_.text[at_++]);
            return;
        }
        // A better one may begin at the next byte.
        std::size_t known = at_ + 1;
        while (match.length < long_enough && !block.nearly_full() &&
               known + least_bytes <= input_.text.size()) {
            const Match later = finder_.find(input_, known, match.length - 1);
            ++known;
            if (later.length == 0 || !is_better(later, match)) break;
            block.add_literal(input_.text[at_++]);
            match = later;
        }
        block.add_match(match.length, match.distance);
        at_ += match.length;
        const std::size_t last = std::min(at_, input_.text.size() - least_bytes + 1);
        for (; known < last; ++known) finder_.remember(input_, known);
    }

    [[nodiscard]] std::size_t written() const noexcept {
        return static_cast<std::size_t>(writer_.place() - output_.data());
    }
    [[nodiscard]] bool write_block() {
        const std::uint64_t so_far = 8 * (written() + 1);
        return so_far < room_ && block.write(writer_, room_ - so_far);
    }

    MatchFinder& finder_;
    const MatchFinder::Input& input_;
    std::size_t at_;
    std::span<std::byte> output_;
    BitWriter writer_;
    std::uint64_t room_;  // in bits
    DeflateBlock& block = block_of_thread();
};

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
    Pass pass(finder_, input, input.text.size() - message.size(), output, message.size() - 1);
    const auto size = pass.run();
    // The peer does not see what went into the window.
    if (!size) window_.clear();
    return size;
}

}  // namespace longwire::protocol
