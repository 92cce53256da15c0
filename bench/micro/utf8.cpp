// Validating UTF-8 (RFC 3629).
#include "protocol/utf8.hpp"

#include "sizes.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string_view>

namespace longwire::bench {
namespace {

constexpr std::string_view ascii = "The quick brown fox jumps over the lazy dog. ";
constexpr std::string_view mixed = "Grüße aus Köln, naïve café — 🚀 and some ASCII. ";
constexpr std::string_view chinese = "敏捷的棕色狐狸跳过了懒狗。";

void validate(benchmark::State& state, std::string_view words) {
    const auto text = text_of(words, static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(protocol::is_valid_utf8(text));
    count_bytes(state, text.size());
}
BENCHMARK_CAPTURE(validate, ascii, ascii)->Name("validate ASCII")->Apply(block_sizes);
BENCHMARK_CAPTURE(validate, mixed, mixed)->Name("validate mixed")->Apply(block_sizes);
BENCHMARK_CAPTURE(validate, chinese, chinese)->Name("validate Chinese")->Apply(block_sizes);

/// As it arrives: in segments, which cut characters.
void validate_in_parts(benchmark::State& state) {
    const auto text = text_of(mixed, static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        protocol::Utf8Validator validator;
        for (std::span<const std::byte> rest(text); !rest.empty();) {
            const auto part = rest.first(std::min<std::size_t>(rest.size(), 1447));
            benchmark::DoNotOptimize(validator.feed(part));
            rest = rest.subspan(part.size());
        }
        benchmark::DoNotOptimize(validator.complete());
    }
    count_bytes(state, text.size());
}
BENCHMARK(validate_in_parts)->Name("validate mixed in parts")->Apply(block_sizes);

}  // namespace
}  // namespace longwire::bench
