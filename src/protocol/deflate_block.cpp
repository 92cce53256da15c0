#include "protocol/deflate_block.hpp"

#include <algorithm>

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
        make_prefix_code(counts, longest_of_length_code, length_code);
        while (told > 4 && length_code[length_code_order[told - 1]].length == 0) --told;
        bits = 14 + 3 * told;
        for (unsigned symbol = 0; symbol < length_code_symbols; ++symbol)
            bits += counts[symbol] * (length_code[symbol].length + extra_of_repeat(symbol));
    }

    void add(unsigned symbol, std::size_t extra = 0) noexcept {
        steps[step_count++] = {.symbol = static_cast<std::uint8_t>(symbol),
                               .extra = static_cast<std::uint8_t>(extra)};
        ++counts[symbol];
    }

    void count_runs(std::span<const std::uint8_t> lengths) noexcept {
        while (!lengths.empty()) {
            const std::uint8_t length = lengths.front();
            std::size_t run = 1;
            while (run < lengths.size() && lengths[run] == length) ++run;
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
    std::uint64_t bits = 0;
    std::array<std::uint32_t, length_code_symbols> counts = {};
    std::array<Codeword, length_code_symbols> length_code = {};
    std::array<Step, literals + distances> steps;
    std::size_t step_count = 0;
};

DeflateBlock::Codes DeflateBlock::make_fixed_codes() noexcept {
    Codes codes;
    constexpr auto lengths = fixed_literal_lengths();
    for (std::size_t symbol = 0; symbol < literals; ++symbol)
        codes.literal[symbol].length = lengths[symbol];
    assign_codewords(codes.literal);
    // All of five bits: the two symbols that are never used would come last.
    for (Codeword& word : codes.distance) word.length = fixed_distance_length;
    assign_codewords(codes.distance);
    return codes;
}

void DeflateBlock::clear() noexcept {
    size_ = 0;
    literal_counts_.fill(0);
    distance_counts_.fill(0);
}

std::uint64_t DeflateBlock::bits_with(const Codes& codes) const noexcept {
    std::uint64_t bits = block_header_bits;
    for (unsigned symbol = 0; symbol <= end_of_block; ++symbol)
        bits += std::uint64_t{literal_counts_[symbol]} * codes.literal[symbol].length;
    for (unsigned symbol = end_of_block + 1; symbol < literals; ++symbol)
        bits += std::uint64_t{literal_counts_[symbol]} *
                (codes.literal[symbol].length + extra_of_length(symbol));
    for (unsigned symbol = 0; symbol < distances; ++symbol)
        bits += std::uint64_t{distance_counts_[symbol]} *
                (codes.distance[symbol].length + extra_of_distance(symbol));
    return bits;
}

bool DeflateBlock::write(BitWriter& output, std::uint64_t room) noexcept {
    static const Codes fixed = make_fixed_codes();
    literal_counts_[end_of_block] = 1;
    const std::uint64_t fixed_bits = bits_with(fixed);
    if (size_ >= worth_dynamic_codes) {
        Codes dynamic;
        make_prefix_code(std::span(literal_counts_).first(last_length_symbol + 1), longest_codeword,
                         std::span(dynamic.literal).first(last_length_symbol + 1));
        make_prefix_code(distance_counts_, longest_codeword, dynamic.distance);
        const CodeHeader header(dynamic);
        const std::uint64_t dynamic_bits = header.bits + bits_with(dynamic);
        if (dynamic_bits < fixed_bits) {
            if (dynamic_bits > room) return false;
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

void DeflateBlock::write_tokens(BitWriter& output, const Codes& codes) const noexcept {
    for (const DeflateToken token : std::span(tokens_).first(size_)) {
        if (token.length == 0) {
            const Codeword word = codes.literal[token.distance];
            output.put(word.bits, word.length);
            output.store();
            continue;
        }
        const unsigned length = length_symbols[token.length];
        const unsigned distance = distance_symbol(token.distance);
        const unsigned length_extra = extra_of_length(length);
        const unsigned distance_extra = extra_of_distance(distance);
        output.put(codes.literal[length].bits, codes.literal[length].length);
        output.put((token.length - shortest_match) & ((1U << length_extra) - 1), length_extra);
        output.put(codes.distance[distance].bits, codes.distance[distance].length);
        output.put((token.distance - 1U) & ((1U << distance_extra) - 1), distance_extra);
        output.store();
    }
    output.put(codes.literal[end_of_block].bits, codes.literal[end_of_block].length);
    output.store();
}

}  // namespace longwire::protocol
