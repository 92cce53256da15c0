// Compressing and decompressing messages of JSON (RFC 7692).
#include "protocol/compression.hpp"

#include "sizes.hpp"

#include <benchmark/benchmark.h>
#include <zlib.h>

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

/// A kind of text, as messages of a size that are alike and not the same: what a context is for. In
/// all they are more than its window holds.
using Messages = std::vector<std::vector<std::byte>>;

Messages messages_of(std::size_t size) {
    Messages messages;
    for (int number = 0; number < 64; ++number) messages.push_back(json(size, number * 1000));
    return messages;
}

/// Calls `compress` with one message after the other; it gives the compressed size.
void count_compressed(benchmark::State& state, auto&& compress) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const Messages messages = messages_of(size);
    std::size_t compressed = 0;
    std::size_t next = 0;
    for (auto _ : state) {
        compressed += compress(messages[next]);
        next = (next + 1) % messages.size();
    }
    state.SetItemsProcessed(state.iterations());
    count_bytes(state, size);
    state.counters["percent"] =
        100.0 * static_cast<double>(compressed) /
        (static_cast<double>(size) * static_cast<double>(state.iterations()));
}

void deflate(benchmark::State& state, bool keep_context) {
    protocol::Compressor compressor(15, keep_context);
    count_compressed(state, [&](const std::vector<std::byte>& message) {
        const auto data = compressor.compress(message);
        return data ? data->size() : message.size();
    });
}

Bytef* zlib_bytes(const std::byte* bytes) {
    return reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes));
}

/// The same by zlib as a server would call it.
void deflate_by_zlib(benchmark::State& state, int level, bool keep_context) {
    z_stream stream = {};
    deflateInit2(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    std::vector<std::byte> output(2 * static_cast<std::size_t>(state.range(0)) + 64);
    count_compressed(state, [&](const std::vector<std::byte>& message) {
        stream.next_in = zlib_bytes(message.data());
        stream.avail_in = static_cast<uInt>(message.size());
        stream.next_out = zlib_bytes(output.data());
        stream.avail_out = static_cast<uInt>(output.size());
        ::deflate(&stream, Z_SYNC_FLUSH);
        if (!keep_context) deflateReset(&stream);
        return output.size() - stream.avail_out - 4;
    });
    deflateEnd(&stream);
}

void text_sizes(benchmark::internal::Benchmark* benchmark) {
    for (const int size : {128, 1024, 16384}) benchmark->Arg(size);
}
BENCHMARK_CAPTURE(deflate, shared, false)->Name("deflate, no context")->Apply(text_sizes);
BENCHMARK_CAPTURE(deflate, dedicated, true)->Name("deflate, context")->Apply(text_sizes);
BENCHMARK_CAPTURE(deflate_by_zlib, fast, 1, false)
    ->Name("deflate, no context, zlib 1")
    ->Apply(text_sizes);
BENCHMARK_CAPTURE(deflate_by_zlib, usual, 6, false)
    ->Name("deflate, no context, zlib 6")
    ->Apply(text_sizes);
BENCHMARK_CAPTURE(deflate_by_zlib, fast_context, 1, true)
    ->Name("deflate, context, zlib 1")
    ->Apply(text_sizes);
BENCHMARK_CAPTURE(deflate_by_zlib, usual_context, 6, true)
    ->Name("deflate, context, zlib 6")
    ->Apply(text_sizes);

/// The compressed messages, each followed by the bytes of section 7.2.2.
Messages compressed_messages_of(std::size_t size) {
    Messages messages;
    protocol::Compressor compressor(15, false);
    for (const auto& message : messages_of(size)) {
        const auto data = compressor.compress(message);
        messages.emplace_back(data->begin(), data->end());
        for (const unsigned byte : {0x00U, 0x00U, 0xFFU, 0xFFU})
            messages.back().push_back(static_cast<std::byte>(byte));
    }
    return messages;
}

/// Calls `decompress` with one message after the other, tail and all.
void count_inflated(benchmark::State& state, auto&& decompress) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const Messages messages = compressed_messages_of(size);
    std::size_t next = 0;
    for (auto _ : state) {
        decompress(messages[next]);
        next = (next + 1) % messages.size();
    }
    state.SetItemsProcessed(state.iterations());
    count_bytes(state, size);
}

void inflate(benchmark::State& state) {
    protocol::Decompressor decompressor(false);
    count_inflated(state, [&](std::span<const std::byte> data) {
        auto inflated = decompressor.decompress(data.first(data.size() - 4), std::size_t{1} << 20);
        decompressor.give_back(std::move(*inflated));
    });
}
BENCHMARK(inflate)->Apply(text_sizes);

void inflate_by_zlib(benchmark::State& state) {
    std::vector<std::byte> output(static_cast<std::size_t>(state.range(0)) + 64);
    z_stream stream = {};
    inflateInit2(&stream, -15);
    count_inflated(state, [&](std::span<const std::byte> data) {
        stream.next_in = zlib_bytes(data.data());
        stream.avail_in = static_cast<uInt>(data.size());
        stream.next_out = zlib_bytes(output.data());
        stream.avail_out = static_cast<uInt>(output.size());
        ::inflate(&stream, Z_SYNC_FLUSH);
        inflateReset(&stream);
    });
    inflateEnd(&stream);
}
BENCHMARK(inflate_by_zlib)->Name("inflate, zlib")->Apply(text_sizes);

}  // namespace
}  // namespace longwire::bench
