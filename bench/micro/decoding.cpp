// Decoding whole messages out of one read: headers, unmasking and validation together.
#include "protocol/connection.hpp"
#include "protocol/encoder.hpp"
#include "sizes.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace longwire::bench {
namespace {

using protocol::Opcode;
using protocol::Role;

/// Takes messages, and answers nothing.
struct Taker {
    std::size_t messages = 0;
    void write(std::span<const std::byte>, std::span<const std::byte>) {}
    protocol::Flow on_message(MessageType, std::span<std::byte> payload) {
        benchmark::DoNotOptimize(payload.data());
        ++messages;
        return protocol::Flow::proceed;
    }
    void on_ping(std::span<const std::byte>) {}
    void on_pong(std::span<const std::byte>) {}
    void on_closed(CloseCode, std::string_view, bool) {}
    void shutdown_write() {}
};

/// As many messages as one read of 64 KiB brings, as the peer of `role` sends them.
std::vector<std::byte> read_of(Role role, Opcode opcode, std::size_t size) {
    // A key of zeros leaves the payload as it is, however often it is unmasked in place.
    const auto key = role == Role::server ? std::optional(protocol::MaskingKey{}) : std::nullopt;
    const auto payload = text_of("Some text, mostly ASCII, with a few ümlauts. ", size);
    std::vector<std::byte> bytes;
    do {
        const auto head = protocol::encode_frame_head(opcode, true, size, key);
        bytes.insert(bytes.end(), head.view().begin(), head.view().end());
        bytes.insert(bytes.end(), payload.begin(), payload.end());
    } while (bytes.size() + size < std::size_t{64} * 1024);
    return bytes;
}

void decode(benchmark::State& state, Role role, Opcode opcode) {
    const auto size = static_cast<std::size_t>(state.range(0));
    auto bytes = read_of(role, opcode, size);
    const ConnectionLimits limits;
    protocol::Connection connection(role, limits);
    Taker taker;
    for (auto _ : state) connection.receive(bytes, taker);
    state.SetItemsProcessed(static_cast<std::int64_t>(taker.messages));
    count_bytes(state, bytes.size());
}
BENCHMARK_CAPTURE(decode, server_text, Role::server, Opcode::text)
    ->Name("server decodes text")
    ->Apply(message_sizes);
BENCHMARK_CAPTURE(decode, server_binary, Role::server, Opcode::binary)
    ->Name("server decodes binary")
    ->Apply(message_sizes);
BENCHMARK_CAPTURE(decode, client_text, Role::client, Opcode::text)
    ->Name("client decodes text")
    ->Apply(message_sizes);
BENCHMARK_CAPTURE(decode, client_binary, Role::client, Opcode::binary)
    ->Name("client decodes binary")
    ->Apply(message_sizes);

/// A message that takes several reads, of 64 KiB each.
void decode_large(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    auto bytes = read_of(Role::server, Opcode::binary, size);
    const ConnectionLimits limits = {.max_message_size = size};
    protocol::Connection connection(Role::server, limits);
    Taker taker;
    for (auto _ : state)
        for (std::span<std::byte> rest(bytes); !rest.empty();) {
            const auto read = rest.first(std::min<std::size_t>(rest.size(), 65536));
            connection.receive(read, taker);
            rest = rest.subspan(read.size());
        }
    state.SetItemsProcessed(static_cast<std::int64_t>(taker.messages));
    count_bytes(state, bytes.size());
}
BENCHMARK(decode_large)->Name("server decodes in reads")->Arg(1 << 17)->Arg(1 << 20)->Arg(1 << 23);

}  // namespace
}  // namespace longwire::bench
