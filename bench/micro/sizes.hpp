#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::bench {

/// Blocks from a short message to what no cache of the first level holds.
inline void block_sizes(benchmark::internal::Benchmark* benchmark) {
    for (const int size : {16, 64, 256, 1024, 4096, 16384, 65536, 1 << 20}) benchmark->Arg(size);
}

/// Messages as the field has them.
inline void message_sizes(benchmark::internal::Benchmark* benchmark) {
    for (const int size : {20, 125, 1024, 16384}) benchmark->Arg(size);
}

/// Counts bytes, for GB/s.
inline void count_bytes(benchmark::State& state, std::size_t each) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(each));
}

/// Text of at least `size` bytes that repeats `words`, cut between characters.
inline std::vector<std::byte> text_of(std::string_view words, std::size_t size) {
    std::string text;
    while (text.size() < size) text += words;
    text.resize(size);
    // The last character may have been cut: it goes, up to and with its first byte.
    const auto byte = [&] { return static_cast<unsigned char>(text.back()); };
    while (!text.empty() && (byte() & 0xC0U) == 0x80U) text.pop_back();
    if (!text.empty() && byte() >= 0xC0) text.pop_back();
    text.resize(size, '.');
    std::vector<std::byte> bytes(size);
    for (std::size_t place = 0; place < size; ++place)
        bytes[place] = static_cast<std::byte>(text[place]);
    return bytes;
}

}  // namespace longwire::bench
