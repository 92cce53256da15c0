#include "protocol/prefix_code.hpp"

namespace longwire::protocol {

namespace {

// A symbol and how often it occurs, in one number that sorts by the latter.
constexpr unsigned symbol_bits = 9;
constexpr std::uint32_t symbol_mask = (1U << symbol_bits) - 1;

using Sorted = std::array<std::uint32_t, most_prefix_symbols>;
using LengthCounts = std::array<std::uint16_t, longest_codeword + 1>;

/// The symbols that occur, the rarest first. Most occur a few times, and are counted into place;
/// only the few that occur often are compared.
std::size_t sort_by_count(std::span<const std::uint32_t> counts, Sorted& sorted) noexcept {
    constexpr std::uint32_t often = 63;
    std::array<std::uint16_t, often + 2> starts = {};
    for (const std::uint32_t count : counts) ++starts[std::min(count, often) + 1];
    starts[1] = 0;  // those that do not occur
    for (std::size_t place = 1; place < starts.size(); ++place)
        starts[place] = static_cast<std::uint16_t>(starts[place] + starts[place - 1]);
    const std::size_t first_often = starts[often];
    const std::size_t all = starts[often + 1];
    for (std::size_t symbol = 0; symbol < counts.size(); ++symbol) {
        const std::uint32_t count = counts[symbol];
        if (count == 0) continue;
        sorted[starts[std::min(count, often)]++] =
            count << symbol_bits | static_cast<std::uint32_t>(symbol);
    }
    std::sort(sorted.begin() + static_cast<std::ptrdiff_t>(first_often),
              sorted.begin() + static_cast<std::ptrdiff_t>(all));
    return all;
}

/// How many codewords there are of each length, by Huffman's algorithm: inner nodes come out in
/// the order of their counts, so that two queues take the place of a heap.
LengthCounts lengths_of_tree(std::span<const std::uint32_t> sorted, unsigned longest) noexcept {
    const std::size_t leaves = sorted.size();
    std::array<std::uint32_t, most_prefix_symbols> inner = {};
    std::array<std::uint16_t, 2 * most_prefix_symbols> parent = {};
    std::size_t leaf = 0;
    std::size_t node = 0;
    for (std::size_t made = 0; made + 1 < leaves; ++made) {
        std::uint32_t sum = 0;
        for (int child = 0; child < 2; ++child) {
            const bool takes_leaf =
                leaf < leaves && (node == made || sorted[leaf] >> symbol_bits <= inner[node]);
            sum += takes_leaf ? sorted[leaf] >> symbol_bits : inner[node];
            parent[takes_leaf ? leaf++ : leaves + node++] = static_cast<std::uint16_t>(made);
        }
        inner[made] = sum;
    }
    // From the root down, which was made last; `inner` now holds depths.
    LengthCounts lengths = {};
    inner[leaves - 2] = 0;
    for (std::size_t below = leaves - 2; below-- > 0;)
        inner[below] = inner[parent[leaves + below]] + 1;
    for (std::size_t below = 0; below < leaves; ++below)
        ++lengths[std::min(inner[parent[below]] + 1, longest)];
    return lengths;
}

/// Codewords that were cut to `longest` bits take more room than there is: others grow for them.
void make_room(LengthCounts& lengths, unsigned longest) noexcept {
    std::uint32_t taken = 0;
    for (unsigned length = 1; length <= longest; ++length)
        taken += std::uint32_t{lengths[length]} << (longest - length);
    for (; taken > 1U << longest; --taken) {
        unsigned length = longest - 1;
        while (lengths[length] == 0) --length;
        // One leaf becomes a node, with itself and one of the longest below it.
        --lengths[length];
        lengths[length + 1] = static_cast<std::uint16_t>(lengths[length + 1] + 2);
        --lengths[longest];
    }
}

}  // namespace

void make_prefix_code(std::span<const std::uint32_t> counts, unsigned longest,
                      std::span<Codeword> code) noexcept {
    Sorted sorted;
    std::size_t used = sort_by_count(counts, sorted);
    for (std::uint32_t symbol = 0; used < 2; ++symbol) {
        if (used == 1 && (sorted[0] & symbol_mask) == symbol) continue;
        sorted[used++] = 1U << symbol_bits | symbol;
        if (used == 2 && sorted[0] > sorted[1]) std::swap(sorted[0], sorted[1]);
    }
    LengthCounts lengths = lengths_of_tree(std::span(sorted).first(used), longest);
    make_room(lengths, longest);

    std::ranges::fill(code, Codeword());
    std::size_t rarest = 0;
    for (unsigned length = longest; length > 0; --length)
        for (unsigned left = lengths[length]; left > 0; --left)
            code[sorted[rarest++] & symbol_mask].length = static_cast<std::uint8_t>(length);
    assign_codewords(code);
}

}  // namespace longwire::protocol
