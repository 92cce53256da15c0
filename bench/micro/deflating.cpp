// Compressing and decompressing messages of JSON (RFC 7692).
#include "protocol/compression.hpp"

#include "sizes.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace longwire::bench {
namespace {

std::vector<std::byte> json(std::size_t size, int first_row = 0) {
    std::string text;
    for (int row = first_row; text.size() < size; ++row)
        text += R"({"id": )" + std::to_string(row * 7919 % 10007) + R"(, "name": "user )" +
                std::to_string(row % 97) + R"(", "online": true, "price": )" +
                std::to_string(row * 31 % 1000) + ".25}, ";
    return text_of(text, size);
}

void deflate(benchmark::State& state, bool keep_context) {
    const auto size = static_cast<std::size_t>(state.range(0));
    // Many, alike and not the same: what a context is for. In all more than its window holds.
    std::vector<std::vector<std::byte>> messages;
    for (int number = 0; number < 64; ++number) messages.push_back(json(size, number * 1000));
    protocol::Compressor compressor(15, keep_context);
    std::size_t compressed = 0;
    std::size_t next = 0;
    for (auto _ : state) {
        const auto data = compressor.compress(messages[next]);
        compressed += data ? data->size() : size;
        next = (next + 1) % messages.size();
    }
    state.SetItemsProcessed(state.iterations());
    count_bytes(state, size);
    state.counters["percent"] =
        100.0 * static_cast<double>(compressed) /
        (static_cast<double>(size) * static_cast<double>(state.iterations()));
}
BENCHMARK_CAPTURE(deflate, shared, false)->Name("deflate, no context")->Arg(1024)->Arg(16384);
BENCHMARK_CAPTURE(deflate, dedicated, true)->Name("deflate, context")->Arg(1024)->Arg(16384);

void inflate(benchmark::State& state) {
    const auto message = json(static_cast<std::size_t>(state.range(0)));
    protocol::Compressor compressor(15, false);
    const auto data = compressor.compress(message);
    const std::vector<std::byte> compressed(data->begin(), data->end());
    protocol::Decompressor decompressor(false);
    for (auto _ : state) {
        auto inflated = decompressor.decompress(compressed, std::size_t{1} << 20);
        decompressor.give_back(std::move(*inflated));
    }
    state.SetItemsProcessed(state.iterations());
    count_bytes(state, message.size());
}
BENCHMARK(inflate)->Arg(1024)->Arg(16384);

}  // namespace
}  // namespace longwire::bench
