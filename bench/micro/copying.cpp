// The limit: what the machine can copy.
#include "sizes.hpp"

#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

namespace longwire::bench {
namespace {

void copy(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const std::vector<std::byte> from(size, std::byte{'x'});
    std::vector<std::byte> to(size);
    for (auto _ : state) {
        std::memcpy(to.data(), from.data(), size);
        benchmark::ClobberMemory();
    }
    count_bytes(state, size);
}
BENCHMARK(copy)->Name("memcpy")->Apply(block_sizes);

}  // namespace
}  // namespace longwire::bench
