#include "protocol/whole_inflater.hpp"

#include "protocol/deflate_symbols.hpp"

#include <algorithm>

namespace longwire::protocol {

namespace {

constexpr unsigned without_compression = 0;
constexpr unsigned fixed_codes = 1;
constexpr unsigned dynamic_codes = 2;

struct Base {
    std::uint16_t value = 0;  ///< of the extra bits 0
    std::uint8_t extra = 0;
};

constexpr auto bases_of_lengths = [] {
    std::array<Base, last_length_symbol - end_of_block> bases = {};
    unsigned value = shortest_match;
    for (unsigned symbol = end_of_block + 1; symbol <= last_length_symbol; ++symbol) {
        const unsigned extra = extra_of_length(symbol);
        if (symbol == last_length_symbol) value = longest_match;
        bases[symbol - end_of_block - 1] = {.value = static_cast<std::uint16_t>(value),
                                            .extra = static_cast<std::uint8_t>(extra)};
        value += 1U << extra;
    }
    return bases;
}();

constexpr auto bases_of_distances = [] {
    std::array<Base, distance_symbols> bases = {};
    unsigned value = 1;
    for (unsigned symbol = 0; symbol < distance_symbols; ++symbol) {
        const unsigned extra = extra_of_distance(symbol);
        bases[symbol] = {.value = static_cast<std::uint16_t>(value),
                         .extra = static_cast<std::uint8_t>(extra)};
        value += 1U << extra;
    }
    return bases;
}();

/// Copies in steps of `wide` bytes, each of which reads only what is there already.
template <unsigned wide>
void copy_in_steps(std::byte* to, unsigned length, unsigned distance) noexcept {
    const std::byte* from = to - distance;
    std::byte* const end = to + length;
    do {
        std::memcpy(to, from, wide);
        to += wide;
        from += wide;
    } while (to < end);
}

/// Writes up to 15 bytes more.
void copy_match(std::byte* to, unsigned length, unsigned distance) noexcept {
    if (distance >= 16)
        copy_in_steps<16>(to, length, distance);
    else if (distance >= 8)
        copy_in_steps<8>(to, length, distance);
    else
        copy_in_steps<1>(to, length, distance);
}

}  // namespace

std::optional<std::span<const std::byte>> WholeInflater::inflate(std::span<const std::byte> data,
                                                                 std::size_t max_size) noexcept {
    size_ = 0;
    most_ = std::min(max_size, most_output);
    Bits bits(data);
    while (true) {
        bits.fill();
        if (bits.take(1) != 0) return std::nullopt;
        const unsigned type = bits.take(2);
        if (bits.overdrawn()) return std::nullopt;
        if (type == without_compression) {
            const auto rest = bits.rest();
            // The four bytes that were left out would follow.
            if (rest.empty()) return std::span<const std::byte>(output_).first(size_);
            if (rest.size() < 4) return std::nullopt;
            const auto byte = [&](std::size_t place) {
                return std::to_integer<unsigned>(rest[place]);
            };
            const std::size_t size = byte(0) | byte(1) << 8U;
            const bool right = (byte(0) ^ byte(2)) == 0xFF && (byte(1) ^ byte(3)) == 0xFF;
            if (!right || rest.size() - 4 < size || most_ - size_ < size) return std::nullopt;
            std::copy_n(rest.begin() + 4, size,
                        output_.begin() + static_cast<std::ptrdiff_t>(size_));
            size_ += size;
            bits = Bits(rest.subspan(4 + size));
            continue;
        }
        if (type != fixed_codes && type != dynamic_codes) return std::nullopt;
        if (type == dynamic_codes && !read_codes(bits)) return std::nullopt;
        if (!read_block(bits, type == fixed_codes ? fixed_tables() : tables_)) return std::nullopt;
        if (bits.overdrawn()) return std::nullopt;
    }
}

const WholeInflater::Tables& WholeInflater::fixed_tables() noexcept {
    static const Tables tables = [] {
        constexpr auto lengths = fixed_literal_lengths();
        // With the two symbols that stand for nothing: a code is complete.
        std::array<std::uint8_t, distance_symbols + 2> distance_lengths = {};
        distance_lengths.fill(fixed_distance_length);
        Tables made;
        (void)made.literal.assign(lengths, false);
        (void)made.distance.assign(distance_lengths, false);
        return made;
    }();
    return tables;
}

bool WholeInflater::read_codes(Bits& bits) noexcept {
    bits.fill();
    const std::size_t literal_size = 257 + bits.take(5);
    const std::size_t distance_size = 1 + bits.take(5);
    const std::size_t told = 4 + bits.take(4);
    if (literal_size > last_length_symbol + 1 || distance_size > distance_symbols) return false;
    std::array<std::uint8_t, length_code_symbols> told_lengths = {};
    for (std::size_t place = 0; place < told; ++place) {
        bits.fill();
        told_lengths[length_code_order[place]] = static_cast<std::uint8_t>(bits.take(3));
    }
    PrefixTable<longest_of_length_code> length_code;
    if (!length_code.assign(told_lengths, false)) return false;

    std::array<std::uint8_t, literal_symbols + distance_symbols> lengths = {};
    const std::size_t all = literal_size + distance_size;
    for (std::size_t size = 0; size < all;) {
        bits.fill();
        const PrefixEntry entry = length_code.find(bits.peek());
        bits.drop(entry.length);
        if (entry.symbol < repeat_last) {
            lengths[size++] = static_cast<std::uint8_t>(entry.symbol);
            continue;
        }
        const std::size_t least = entry.symbol == repeat_many_zeros ? 11 : 3;
        const std::size_t run = least + bits.take(extra_of_repeat(entry.symbol));
        if (run > all - size || (entry.symbol == repeat_last && size == 0)) return false;
        if (entry.symbol == repeat_last)
            std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(size), run,
                        lengths[size - 1]);
        size += run;
    }
    const std::span<const std::uint8_t> both(lengths);
    return !bits.overdrawn() && lengths[end_of_block] != 0 &&
           tables_.literal.assign(both.first(literal_size), false) &&
           tables_.distance.assign(both.subspan(literal_size, distance_size), true);
}

template <bool sure>
inline WholeInflater::Step WholeInflater::read_some(Bits& bits, const Tables& tables,
                                                    Output& output) noexcept {
    const auto fill = [&] {
        if (sure)
            bits.fill_at_once();
        else
            bits.fill();
    };
    // Enough for two literals; or for one, and a length, a distance and the extra bits of both: 63,
    // less what the table has not of the first.
    fill();
    PrefixEntry entry = tables.literal.find(bits.peek());
    bits.drop(entry.length);
    if (entry.symbol < end_of_block) {
        if (!sure && output.to == output.end) return Step::wrong;
        *output.to++ = static_cast<std::byte>(entry.symbol);
        entry = tables.literal.find(bits.peek());
        bits.drop(entry.length);
        if (entry.symbol < end_of_block) {
            if (!sure && output.to == output.end) return Step::wrong;
            *output.to++ = static_cast<std::byte>(entry.symbol);
            return Step::more;
        }
        fill();
    }
    if (entry.symbol == end_of_block) return Step::block_ended;
    if (entry.symbol > last_length_symbol) return Step::wrong;
    const Base length_base = bases_of_lengths[entry.symbol - end_of_block - 1U];
    const unsigned length = length_base.value + bits.take(length_base.extra);
    const PrefixEntry back = tables.distance.find(bits.peek());
    bits.drop(back.length);
    if (back.length == 0 || back.symbol >= distance_symbols) return Step::wrong;
    const Base distance_base = bases_of_distances[back.symbol];
    const unsigned distance = distance_base.value + bits.take(distance_base.extra);
    if (distance > static_cast<std::size_t>(output.to - output.begin)) return Step::wrong;
    if (!sure && length > static_cast<std::size_t>(output.end - output.to)) return Step::wrong;
    copy_match(output.to, length, distance);
    output.to += length;
    return Step::more;
}

bool WholeInflater::read_block(Bits& shared_bits, const Tables& tables) noexcept {
    constexpr std::ptrdiff_t most_of_step = longest_match + 1;
    // In registers: a byte that is written might else change any of it.
    Bits bits = shared_bits;
    std::byte* const begin = output_.data();
    Output output = {.begin = begin, .to = begin + size_, .end = begin + most_};
    Step step = Step::more;
    while (step == Step::more) {
        const bool sure = bits.lasts(2) && output.end - output.to >= most_of_step;
        step =
            sure ? read_some<true>(bits, tables, output) : read_some<false>(bits, tables, output);
    }
    if (step == Step::wrong) return false;
    size_ = static_cast<std::size_t>(output.to - begin);
    shared_bits = bits;
    return true;
}

}  // namespace longwire::protocol
