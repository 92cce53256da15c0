#include "protocol/prefix_code.hpp"

namespace longwire::protocol {

namespace {

// A symbol and how often it occurs, in one number that sorts by the latter.
constexpr unsigned symbol_bits = 9;
constexpr std::uint32_t symbol_mask = (1U << symbol_bits) - 1;

using LengthCounts = std::array<std::uint16_t, longest_codeword + 1>;

/// Symbols that occur, each with how often.
class Occurring {
public:
    /// In the order of the symbols.
    explicit Occurring(std::span<const std::uint32_t> counts) noexcept {
        // Most of an alphabet does not occur in one message: four at a time are passed over.
        std::size_t symbol = 0;
        for (; symbol + 4 <= counts.size(); symbol += 4) {
            const std::uint32_t* const four = &counts[symbol];
            if ((four[0] | four[1] | four[2] | four[3]) == 0) continue;
            for (std::size_t one = 0; one < 4; ++one) add(four[one], symbol + one);
        }
        for (; symbol < counts.size(); ++symbol) add(counts[symbol], symbol);
        for (std::uint32_t other = 0; size_ < 2; ++other)
            if (size_ == 0 || (entries_[0] & symbol_mask) != other) add(1, other);
        if (size_ == 2 && (entries_[0] & symbol_mask) > (entries_[1] & symbol_mask))
            std::swap(entries_[0], entries_[1]);
    }

    [[nodiscard]] std::span<const std::uint32_t> all() const noexcept {
        return std::span(entries_).first(size_);
    }

private:
    void add(std::uint32_t count, std::size_t symbol) noexcept {
        entries_[size_] = count << symbol_bits | static_cast<std::uint32_t>(symbol);
        size_ += static_cast<std::size_t>(count != 0);
    }

    // One more: what does not occur is written too, and then written over.
    std::array<std::uint32_t, most_prefix_symbols + 1> entries_;
    std::size_t size_ = 0;
};

/// The rarest first. Most occur a few times, and are counted into place; only the few that occur
/// often are compared.
void sort_by_count(std::span<const std::uint32_t> entries, std::span<std::uint32_t> sorted) {
    constexpr std::uint32_t often = 63;
    const auto bucket = [](std::uint32_t entry) {
        const std::uint32_t count = entry >> symbol_bits;
        return count < often ? count : often;
    };
    std::array<std::uint16_t, often + 2> starts = {};
    for (const std::uint32_t entry : entries) ++starts[bucket(entry) + 1];
    for (std::size_t place = 1; place < starts.size(); ++place)
        starts[place] = static_cast<std::uint16_t>(starts[place] + starts[place - 1]);
    const std::size_t first_often = starts[often];
    for (const std::uint32_t entry : entries) sorted[starts[bucket(entry)]++] = entry;
    std::ranges::sort(sorted.subspan(first_often));
}

/// How many codewords there are of each length, by Huffman's algorithm: inner nodes come out in
/// the order of their counts, so that two queues take the place of a heap.
LengthCounts lengths_of_tree(std::span<const std::uint32_t> sorted, unsigned longest) noexcept {
    const std::size_t leaves = sorted.size();
    // Of the nodes that are not made yet, and of what would follow the last leaf, no count is less.
    constexpr std::uint32_t no_count = 0xFFFFFFFF;
    std::array<std::uint32_t, most_prefix_symbols + 1> inner;
    std::array<std::uint32_t, most_prefix_symbols + 1> count;
    std::array<std::uint16_t, 2 * most_prefix_symbols> parent;
    for (std::size_t leaf = 0; leaf < leaves; ++leaf) count[leaf] = sorted[leaf] >> symbol_bits;
    count[leaves] = no_count;
    std::size_t leaf = 0;
    std::size_t node = 0;
    inner[0] = no_count;
    for (std::size_t made = 0; made + 1 < leaves; ++made) {
        std::uint32_t sum = 0;
        for (int child = 0; child < 2; ++child) {
            const std::uint32_t of_leaf = count[leaf];
            const std::uint32_t of_node = inner[node];
            // Which of them is up to the text: no branch could be foretold.
            const std::size_t takes_leaf = of_leaf <= of_node ? 1 : 0;
            sum += std::min(of_leaf, of_node);
            parent[takes_leaf != 0 ? leaf : leaves + node] = static_cast<std::uint16_t>(made);
            leaf += takes_leaf;
            node += 1 - takes_leaf;
        }
        inner[made] = sum;
        inner[made + 1] = no_count;
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

std::uint32_t make_prefix_code(std::span<const std::uint32_t> counts, unsigned longest,
                               std::span<Codeword> code) noexcept {
    const Occurring occurring(counts);
    const auto entries = occurring.all();
    std::array<std::uint32_t, most_prefix_symbols> space;
    const std::span<std::uint32_t> sorted = std::span(space).first(entries.size());
    sort_by_count(entries, sorted);
    LengthCounts lengths = lengths_of_tree(sorted, longest);
    make_room(lengths, longest);

    std::uint32_t bits = 0;
    std::size_t rarest = 0;
    for (unsigned length = longest; length > 0; --length)
        for (unsigned left = lengths[length]; left > 0; --left) {
            const std::size_t symbol = sorted[rarest++] & symbol_mask;
            code[symbol].length = static_cast<std::uint8_t>(length);
            bits += counts[symbol] * length;
        }
    CodewordCounter next(lengths);
    for (const std::uint32_t entry : entries) next.assign(code[entry & symbol_mask]);
    return bits;
}

}  // namespace longwire::protocol
