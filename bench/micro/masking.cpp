// Unmasking (RFC 6455, section 5.3), in place.
#include "protocol/masking.hpp"

#include "sizes.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

namespace longwire::bench {
namespace {

constexpr protocol::MaskingKey key = {std::byte{0x37}, std::byte{0xFA}, std::byte{0x21},
                                      std::byte{0x3D}};

/// Each message is another one, as on a connection: what was just written to is not read again at
/// once, while it is on its way to the cache.
void unmask_at(benchmark::State& state, std::size_t place, std::size_t offset) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const std::size_t messages = std::max<std::size_t>(1, 16384 / size);
    const std::size_t step = size + 64;
    std::vector<std::byte> buffer(messages * step);
    std::size_t next = 0;
    for (auto _ : state) {
        protocol::apply_mask(std::span(buffer).subspan(next * step + place, size), key, offset);
        benchmark::ClobberMemory();
        next = next + 1 == messages ? 0 : next + 1;
    }
    count_bytes(state, size);
}
BENCHMARK_CAPTURE(unmask_at, aligned, 0, 0)->Name("unmask")->Apply(block_sizes);
/// As it lies behind a header.
BENCHMARK_CAPTURE(unmask_at, unaligned, 6, 1)->Name("unmask_unaligned")->Apply(block_sizes);

}  // namespace
}  // namespace longwire::bench
