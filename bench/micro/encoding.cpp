// Encoding messages into one buffer, as a connection does before it writes.
#include "protocol/connection.hpp"
#include "sizes.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace longwire::bench {
namespace {

using protocol::Role;

/// Gathers what is written, as the loop's buffer does.
struct Gatherer {
    std::vector<std::byte> gathered;
    void write(std::span<const std::byte> head, std::span<const std::byte> payload) {
        gathered.insert(gathered.end(), head.begin(), head.end());
        gathered.insert(gathered.end(), payload.begin(), payload.end());
    }
    void on_closed(CloseCode, std::string_view, bool) {}
};

void encode(benchmark::State& state, Role role) {
    const auto payload = text_of("a message ", static_cast<std::size_t>(state.range(0)));
    const ConnectionLimits limits;
    protocol::Connection connection(role, limits);
    Gatherer gatherer;
    gatherer.gathered.reserve(std::size_t{128} * 1024);
    for (auto _ : state) {
        if (gatherer.gathered.size() > std::size_t{64} * 1024) gatherer.gathered.clear();
        connection.send(MessageType::text, payload, gatherer);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations());
    count_bytes(state, payload.size());
}
BENCHMARK_CAPTURE(encode, server, Role::server)->Name("server encodes")->Apply(message_sizes);
BENCHMARK_CAPTURE(encode, client, Role::client)->Name("client encodes")->Apply(message_sizes);

}  // namespace
}  // namespace longwire::bench
