#include "protocol/deflate_block.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace longwire::protocol {

namespace {

// BFINAL is 0, and BTYPE above it.
constexpr unsigned fixed_codes_block = 0b010;
constexpr unsigned dynamic_codes_block = 0b100;
constexpr unsigned block_header_bits = 3;

// Dynamic codes take some 50 bytes to tell; below so many tokens they are not tried.
constexpr std::size_t worth_dynamic_codes = 100;

}  // namespace

/// How a block with dynamic codes tells them.
struct DeflateBlock::CodeHeader {
    struct Step {
        std::uint8_t symbol;
        std::uint8_t extra;
    };

    explicit CodeHeader(const Codes& codes) noexcept {
        while (literal_size > 257 && codes.literal[literal_size - 1].length == 0) --literal_size;
        while (distance_size > 1 && codes.distance[distance_size - 1].length == 0) --distance_size;
        std::array<std::uint8_t, literals + distances> lengths;
        std::size_t size = 0;
        for (std::size_t symbol = 0; symbol < literal_size; ++symbol)
            lengths[size++] = codes.literal[symbol].length;
        for (std::size_t symbol = 0; symbol < distance_size; ++symbol)
            lengths[size++] = codes.distance[symbol].length;
        count_runs(std::span(lengths).first(size));
        bits = make_prefix_code(counts, longest_of_length_code, length_code);
        while (told > 4 && length_code[length_code_order[told - 1]].length == 0) --told;
        bits += static_cast<std::uint32_t>(14 + 3 * told);
        for (unsigned symbol = repeat_last; symbol < length_code_symbols; ++symbol)
            bits += counts[symbol] * extra_of_repeat(symbol);
    }

    void add(unsigned symbol, std::size_t extra = 0) noexcept {
        steps[step_count++] = {.symbol = static_cast<std::uint8_t>(symbol),
                               .extra = static_cast<std::uint8_t>(extra)};
        ++counts[symbol];
    }

    void count_runs(std::span<const std::uint8_t> lengths) noexcept {
        while (!lengths.empty()) {
            const std::uint8_t length = lengths.front();
            std::size_t run = run_of(lengths);
            lengths = lengths.subspan(run);
            if (length != 0) {
                add(length);
                --run;
            }
            while (run >= 3) {
                const std::size_t most = length != 0 ? 6 : run <= 10 ? 10 : 138;
                const std::size_t taken = std::min(run, most);
                if (length != 0)
                    add(repeat_last, taken - 3);
                else if (taken <= 10)
                    add(repeat_zero, taken - 3);
                else
                    add(repeat_many_zeros, taken - 11);
                run -= taken;
            }
            for (; run > 0; --run) add(length);
        }
    }

    /// How many are as the first one is.
    static std::size_t run_of(std::span<const std::uint8_t> lengths) noexcept {
        const std::uint8_t length = lengths.front();
        std::size_t run = 1;
        // Long ones are of zeros.
        if (length == 0) {
            for (; run + 8 <= lengths.size(); run += 8) {
                std::uint64_t eight = 0;
                std::memcpy(&eight, &lengths[run], sizeof eight);
                if (eight != 0) return run + static_cast<std::size_t>(std::countr_zero(eight)) / 8;
            }
        }
        while (run < lengths.size() && lengths[run] == length) ++run;
        return run;
    }

    void write(BitWriter& output) const noexcept {
        output.put(literal_size - 257, 5);
        output.put(distance_size - 1, 5);
        output.put(told - 4, 4);
        output.store();
        for (std::size_t place = 0; place < told; ++place) {
            output.put(length_code[length_code_order[place]].length, 3);
            output.store();
        }
        for (const Step& step : std::span(steps).first(step_count)) {
            output.put(length_code[step.symbol].bits, length_code[step.symbol].length);
            output.put(step.extra, extra_of_repeat(step.symbol));
            output.store();
        }
    }

    std::size_t literal_size = last_length_symbol + 1;
    std::size_t distance_size = distances;
    std::size_t told = length_code_symbols;
    std::uint32_t bits = 0;
    std::array<std::uint32_t, length_code_symbols> counts = {};
    std::array<Codeword, length_code_symbols> length_code = {};
    std::array<Step, literals + distances> steps;
    std::size_t step_count = 0;
};

DeflateBlock::Codes DeflateBlock::make_fixed_codes() noexcept {
    Codes codes;
    constexpr auto lengths = fixed_literal_lengths();
    std::array<std::uint16_t, longest_codeword + 1> counts = {};
    for (const std::uint8_t length : lengths) ++counts[length];
    CodewordCounter next(counts);
    for (std::size_t symbol = 0; symbol < literals; ++symbol) {
        codes.literal[symbol].length = lengths[symbol];
        next.assign(codes.literal[symbol]);
    }
    // All of five bits: the two symbols that are never used would come last.
    CodewordCounter next_distance({});
    for (Codeword& word : codes.distance) {
        word.length = fixed_distance_length;
        next_distance.assign(word);
    }
    return codes;
}

void DeflateBlock::clear() noexcept {
    size_ = 0;
    literal_counts_.fill(0);
    distance_counts_.fill(0);
}

std::uint32_t DeflateBlock::extra_bits() const noexcept {
    std::uint32_t bits = 0;
    for (unsigned symbol = end_of_block + 1; symbol < literals; ++symbol)
        bits += literal_counts_[symbol] * extra_of_length(symbol);
    for (unsigned symbol = 0; symbol < distances; ++symbol)
        bits += distance_counts_[symbol] * extra_of_distance(symbol);
    return bits;
}

std::uint32_t DeflateBlock::bits_with_fixed_codes() const noexcept {
    // All literals take 8 bits, but for those from 144 on, which take 9; and lengths 7, but for the
    // last eight.
    const auto count_of = [&](std::size_t from, std::size_t to) {
        const auto some = std::span(literal_counts_).subspan(from, to - from);
        return std::accumulate(some.begin(), some.end(), std::uint32_t{0});
    };
    const auto all = static_cast<std::uint32_t>(size_) + literal_counts_[end_of_block];
    const auto matches =
        std::accumulate(distance_counts_.begin(), distance_counts_.end(), std::uint32_t{0});
    return 8 * all + count_of(144, 256) - count_of(256, 280) + matches * fixed_distance_length;
}

bool DeflateBlock::write(BitWriter& output, std::uint64_t room) noexcept {
    static const Codes fixed = make_fixed_codes();
    literal_counts_[end_of_block] = 1;
    const std::uint32_t in_any_case = block_header_bits + extra_bits();
    const std::uint32_t fixed_bits = in_any_case + bits_with_fixed_codes();
    if (size_ >= worth_dynamic_codes) {
        Codes dynamic;
        std::uint32_t bits = in_any_case;
        bits += make_prefix_code(std::span(literal_counts_).first(last_length_symbol + 1),
                                 longest_codeword,
                                 std::span(dynamic.literal).first(last_length_symbol + 1));
        bits += make_prefix_code(distance_counts_, longest_codeword, dynamic.distance);
        const CodeHeader header(dynamic);
        bits += header.bits;
        if (bits < fixed_bits) {
            if (bits > room) return false;
            output.put(dynamic_codes_block, block_header_bits);
            header.write(output);
            write_tokens(output, dynamic);
            clear();
            return true;
        }
    }
    if (fixed_bits > room) return false;
    output.put(fixed_codes_block, block_header_bits);
    write_tokens(output, fixed);
    clear();
    return true;
}

void DeflateBlock::write_tokens(BitWriter& shared_output, const Codes& codes) const noexcept {
    // In registers: a byte that is written might else change any of it.
    BitWriter output = shared_output;
    for (const DeflateToken token : std::span(tokens_).first(size_)) {
        if (token.distance_symbol == DeflateToken::no_match) {
            const Codeword word = codes.literal[token.distance];
            output.put(word.bits, word.length);
            output.store();
            continue;
        }
        const ToldLength told = told_lengths[token.length];
        const Codeword length = codes.literal[told.symbol];
        output.put(length.bits | std::uint32_t{told.extra} << length.length,
                   length.length + unsigned{told.extra_bits});
        const Codeword distance = codes.distance[token.distance_symbol];
        const unsigned extra_bits = extra_of_distance(token.distance_symbol);
        const unsigned extra = token.distance & ((1U << extra_bits) - 1);
        output.put(distance.bits | std::uint64_t{extra} << distance.length,
                   distance.length + extra_bits);
        output.store();
    }
    output.put(codes.literal[end_of_block].bits, codes.literal[end_of_block].length);
    output.store();
    shared_output = output;
}

}  // namespace longwire::protocol
