// Compressed messages (RFC 7692, section 7.2), and what our own compressor makes of any data.
#include "fuzz_input.hpp"
#include "plain_utf8.hpp"

#include "protocol/compression.hpp"

#include <zlib.h>

#include <expected>
#include <optional>
#include <vector>

namespace longwire::fuzz {
namespace {

using protocol::Failure;
using Inflated = std::expected<std::vector<std::byte>, const Failure*>;

std::string account(const Inflated& result) {
    if (result) return "message " + text_of(*result);
    return std::string(result.error()->reason);
}

/// Cuts `data` into messages at each "\n--\n", which DEFLATE seldom holds.
std::vector<std::string> messages_in(std::string_view data) {
    constexpr std::string_view mark = "\n--\n";
    std::vector<std::string> messages;
    while (true) {
        const std::size_t end = data.find(mark);
        messages.emplace_back(data.substr(0, end));
        if (end == std::string_view::npos || messages.size() == 8) return messages;
        data.remove_prefix(end + mark.size());
    }
}

Inflated inflate_in_pieces(protocol::Decompressor& decompressor, std::string_view message,
                           std::size_t limit, Pieces& pieces) {
    std::vector<std::byte> output;
    const HeapGrowth heap;
    for (auto rest = bytes_of(message); !rest.empty();) {
        const auto piece = rest.first(pieces.next(rest.size()));
        rest = rest.subspan(piece.size());
        if (const Failure* failure = decompressor.feed(piece, output, limit))
            return std::unexpected(failure);
        require(output.size() <= limit, "what comes out is within the limit");
        // The vector doubles; the window of zlib is made with the first byte.
        require(heap.now() <= 2 * (limit + 1) + 72 * 1024, "inflating takes bounded memory");
    }
    if (const Failure* failure = decompressor.finish(output, limit))
        return std::unexpected(failure);
    require(output.size() <= limit, "what comes out at last is within the limit");
    return output;
}

/// zlib's own idea of one message, where no block says that it is the last.
std::optional<std::string> plainly_inflated(std::string_view message, std::size_t limit) {
    std::string input(message);
    input += std::string_view("\0\0\xFF\xFF", 4);
    std::string output(limit + 1, '\0');
    z_stream stream = {};
    require(inflateInit2(&stream, -15) == Z_OK, "zlib begins");
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    const int status = inflate(&stream, Z_SYNC_FLUSH);
    constexpr int between_blocks = 128;
    const bool whole = status == Z_OK && stream.avail_in == 0 && stream.avail_out > 0 &&
                       stream.data_type == between_blocks;
    output.resize(stream.total_out);
    inflateEnd(&stream);
    return whole ? std::optional(output) : std::nullopt;
}

/// A message that was taken leaves nothing behind that would spoil the next.
void check_next(protocol::Decompressor& decompressor) {
    constexpr std::string_view next("\x00\x01\x00\xFE\xFFx\x00", 7);
    const Inflated result = decompressor.decompress(bytes_of(next), 1);
    require(result && text_of(*result) == "x", "the next message is taken as it is");
}

/// Messages fed whole and in pieces come out the same, with and without a context.
void check_decompressor(const std::vector<std::string>& messages, std::size_t limit,
                        bool keep_context, Pieces pieces) {
    protocol::Decompressor whole(keep_context);
    protocol::Decompressor divided(keep_context);
    bool first = true;
    for (const std::string& message : messages) {
        auto result = whole.decompress(bytes_of(message), limit);
        const Inflated parts = inflate_in_pieces(divided, message, limit, pieces);
        require_same(account(result), account(parts), "pieces inflate to the same message");
        const auto plain = first || !keep_context ? plainly_inflated(message, limit) : std::nullopt;
        if (plain) require_same(account(result), "message " + *plain, "zlib inflates the same");
        first = false;
        if (!result) return;
        whole.give_back(*std::move(result));
    }
    check_next(whole);
    check_next(divided);
}

/// One message on its way through Inflation: validated, bounded, and taken at any time.
void check_inflation(const std::string& message, std::size_t limit, bool shared, bool takes,
                     Pieces pieces) {
    protocol::Compression compression(15, !shared, !shared, 0);
    protocol::Inflation inflation(compression, MessageType::text, limit);
    std::string text;
    const Failure* failure = nullptr;
    for (auto rest = bytes_of(message); failure == nullptr && !rest.empty();) {
        const auto piece = rest.first(pieces.next(rest.size()));
        rest = rest.subspan(piece.size());
        failure = inflation.feed(piece, rest.empty());
        if (failure == nullptr && (takes || rest.empty())) text += text_of(inflation.take());
        require(text.size() <= limit, "a message in parts is within the limit");
        require(may_become_plain_utf8(text), "text in parts is UTF-8 so far");
    }
    if (message.empty()) return;
    protocol::Decompressor plain(false);
    const Inflated whole = plain.decompress(bytes_of(message), limit);
    const bool right = whole && is_plain_utf8(text_of(*whole));
    require(right == (failure == nullptr), "a message in parts is taken as a whole one is");
    if (right) require_same(text, text_of(*whole), "a message in parts is the same message");
}

/// What is compressed is smaller, and comes out again.
void check_compressor(const std::vector<std::string>& messages, int window, bool keep_context) {
    protocol::Compressor compressor(window, keep_context);
    protocol::Decompressor decompressor(keep_context);
    for (const std::string& message : messages) {
        const auto compressed = compressor.compress(bytes_of(message));
        if (!compressed) continue;
        require(compressed->size() < message.size(), "what is compressed is smaller");
        const auto again = decompressor.decompress(*compressed, message.size());
        require(again && text_of(*again) == message, "what was compressed comes out again");
    }
}

void check_compression(FuzzInput input) {
    const Pieces pieces = input.pieces();
    const bool keep_context = input.flag();
    const bool takes = input.flag();
    const std::size_t limit = input.number(0, 100000);
    const int window = static_cast<int>(input.number(8, 15));
    const std::vector<std::string> messages = messages_in(input.rest());
    check_decompressor(messages, limit, keep_context, pieces);
    check_inflation(messages.front(), limit, keep_context, takes, pieces);
    check_compressor(messages, window, keep_context);
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_compression({data, size});
    return 0;
}
