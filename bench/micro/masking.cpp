// Unmasking (RFC 6455, section 5.3), in place.
#include "protocol/masking.hpp"

#include "sizes.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace longwire::bench {
namespace {

constexpr protocol::MaskingKey key = {std::byte{0x37}, std::byte{0xFA}, std::byte{0x21},
                                      std::byte{0x3D}};

void unmask(benchmark::State& state) {
    std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        protocol::apply_mask(payload, key);
        benchmark::ClobberMemory();
    }
    count_bytes(state, payload.size());
}
BENCHMARK(unmask)->Apply(block_sizes);

/// As it lies behind a header: not aligned.
void unmask_unaligned(benchmark::State& state) {
    std::vector<std::byte> buffer(static_cast<std::size_t>(state.range(0)) + 8);
    const auto payload = std::span(buffer).subspan(6, buffer.size() - 8);
    for (auto _ : state) {
        protocol::apply_mask(payload, key, 1);
        benchmark::ClobberMemory();
    }
    count_bytes(state, payload.size());
}
BENCHMARK(unmask_unaligned)->Apply(block_sizes);

}  // namespace
}  // namespace longwire::bench
