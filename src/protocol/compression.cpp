#include "protocol/compression.hpp"

#include "protocol/deflate_parameters.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace longwire::protocol {

namespace {

// Places in it are counted in 32 bits.
constexpr std::size_t largest_message = std::size_t{1} << 30;
// What a sync flush ends with, and section 7.2.1 leaves out.
constexpr std::array<std::byte, 4> tail = {std::byte{0}, std::byte{0}, std::byte{0xFF},
                                           std::byte{0xFF}};
// 16 pairs of a length and a distance, of two bits each and 258 bytes long; and one cut before.
constexpr std::size_t most_from_tail = std::size_t{17} * 258;
// Of more, more than WholeInflater takes would come out.
constexpr std::size_t worth_trying = WholeInflater::most_output / 2;
// Buffers above this are not kept by an idle loop.
constexpr std::size_t worth_keeping = std::size_t{256} * 1024;

Bytef* zlib_bytes(std::byte* bytes) noexcept {
    return reinterpret_cast<Bytef*>(bytes);
}
/// zlib takes its input without const, and does not change it.
Bytef* zlib_bytes(const std::byte* bytes) noexcept {
    return reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes));
}

}  // namespace

Compressor::Compressor(int window_bits, bool keep_context) : deflater_(window_bits, keep_context) {}

std::optional<std::span<const std::byte>> Compressor::compress(std::span<const std::byte> message) {
    if (message.size() > largest_message) return std::nullopt;
    const std::size_t room = message.size() + Deflater::slack;
    if (output_.size() > worth_keeping && room <= worth_keeping) output_ = {};
    if (output_.size() < room) output_.resize(room);
    const auto size = deflater_.deflate(message, output_);
    if (!size) return std::nullopt;
    return std::span<const std::byte>(output_).first(*size);
}

struct Decompressor::Stream {
    Stream() {
        if (inflateInit2(&state, -largest_window) != Z_OK) throw std::bad_alloc();
    }
    ~Stream() { inflateEnd(&state); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Begins a new message, without a context.
    void reset() {
        inflateReset(&state);
        between_blocks = true;
    }

    /// Goes on as far as there is input, or room for output; gives zlib's status.
    int advance() {
        const int status = inflate(&state, Z_SYNC_FLUSH);
        constexpr int after_block = 128;  // and no bits of a byte left: data_type in zlib.h
        if (status == Z_OK) between_blocks = state.data_type == after_block;
        if (status == Z_STREAM_END) begin_again();
        return status;
    }

    /// After a block that says it is the last (section 7.2.3.5): goes on, with the same context;
    /// not copied, since such blocks may be two bytes long.
    void begin_again() {
        inflateResetKeep(&state);
        between_blocks = true;
    }

    z_stream state = {};
    bool between_blocks = true;  ///< The data so far ends with a whole block.
};

Decompressor::Decompressor(bool keep_context)
    : stream_(std::make_unique<Stream>()), keep_context_(keep_context) {}

Decompressor::~Decompressor() = default;

const Failure* Decompressor::feed(std::span<const std::byte> data, std::vector<std::byte>& output,
                                  std::size_t max_size) {
    z_stream& state = stream_->state;
    std::size_t size = output.size();
    max_size = std::min(max_size, output.max_size() - 1);
    const auto fail = [&](const Failure& rule) {
        stream_->reset();
        return &rule;
    };
    state.next_in = zlib_bytes(data.data());
    state.avail_in = static_cast<uInt>(data.size());
    std::size_t room = std::max<std::size_t>(1024, 4 * data.size());
    do {
        // Grows with what came out, and to one byte above the limit at the most.
        output.resize(std::min(size + room, max_size + 1));
        room = std::max(room, size);
        state.next_out = zlib_bytes(output.data() + size);
        state.avail_out = static_cast<uInt>(output.size() - size);
        const int status = stream_->advance();
        size = output.size() - state.avail_out;
        if (size > max_size) return fail(broken_rule::too_big);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return fail(broken_rule::not_deflate);
        if (status == Z_BUF_ERROR && state.avail_out > 0)
            break;  // it wants more input than there is
    } while (state.avail_in > 0 || state.avail_out == 0);
    output.resize(size);
    return nullptr;
}

const Failure* Decompressor::feed_some(std::span<const std::byte>& data,
                                       std::vector<std::byte>& output, std::size_t most) {
    z_stream& state = stream_->state;
    std::size_t size = output.size();
    if (size >= most) return nullptr;
    output.resize(most);
    state.next_in = zlib_bytes(data.data());
    state.avail_in = static_cast<uInt>(data.size());
    state.next_out = zlib_bytes(output.data() + size);
    state.avail_out = static_cast<uInt>(most - size);
    int status = Z_OK;
    while (state.avail_out > 0 && (status == Z_OK || status == Z_STREAM_END))
        status = stream_->advance();
    size = most - state.avail_out;
    output.resize(size);
    data = data.last(state.avail_in);
    // Without more input (or room) there is nothing to do; anything else is wrong.
    if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR) return nullptr;
    stream_->reset();
    return &broken_rule::not_deflate;
}

const Failure* Decompressor::finish(std::vector<std::byte>& output, std::size_t max_size) {
    // Data that ends with a whole block lacks no tail: it would be taken for the beginning of the
    // next message. One that ends within a block, tail and all, is no message.
    const Failure* failure = stream_->between_blocks ? nullptr : feed(tail, output, max_size);
    if (failure == nullptr && !stream_->between_blocks) failure = &broken_rule::not_deflate;
    if (!keep_context_) stream_->reset();
    return failure;
}

std::expected<std::vector<std::byte>, const Failure*> Decompressor::decompress(
    std::span<const std::byte> data, std::size_t max_size) {
    std::vector<std::byte> output = std::exchange(spare_, {});
    output.clear();
    if (!keep_context_ && data.size() < worth_trying) {
        if (!whole_) whole_ = std::make_unique_for_overwrite<WholeInflater>();
        if (const auto message = whole_->inflate(data, max_size)) {
            output.assign(message->begin(), message->end());
            return output;
        }
    }
    const Failure* failure = feed(data, output, max_size);
    if (failure == nullptr) failure = finish(output, max_size);
    if (failure != nullptr) return std::unexpected(failure);
    return output;
}

void Decompressor::give_back(std::vector<std::byte> buffer) noexcept {
    if (buffer.capacity() <= worth_keeping && buffer.capacity() > spare_.capacity())
        spare_ = std::move(buffer);
}

Inflation::Inflation(Compression& compression, MessageType type, std::size_t max_size)
    : own_(compression.decompressor.keeps_context()
               ? std::nullopt
               : std::optional<Decompressor>(std::in_place, false)),
      decompressor_(own_ ? *own_ : compression.decompressor),
      left_(max_size),
      type_(type) {}

const Failure* Inflation::feed(std::span<const std::byte> part, bool last) {
    const std::size_t had = output_.size();
    const Failure* failure = decompressor_.feed(part, output_, left_ + had);
    if (failure == nullptr && last) failure = decompressor_.finish(output_, left_ + had);
    if (failure != nullptr) return failure;
    return judge(had, last);
}

const Failure* Inflation::feed_some(std::span<const std::byte>& part, bool last, std::size_t most) {
    const std::size_t had = output_.size();
    const Failure* failure = decompressor_.feed_some(part, output_, most);
    if (failure != nullptr) return failure;
    const bool ends = last && part.empty() && output_.size() < most;
    if (ends) failure = decompressor_.finish(output_, most + most_from_tail);
    if (failure != nullptr) return failure;
    return judge(had, ends);
}

const Failure* Inflation::judge(std::size_t had, bool last) {
    const auto fresh = std::span(output_).subspan(had);
    if (fresh.size() > left_) return &broken_rule::too_big;
    left_ -= fresh.size();
    finished_ = last;
    if (type_ == MessageType::text && (!utf8_.feed(fresh) || (last && !utf8_.complete())))
        return &broken_rule::text_not_utf8;
    return nullptr;
}

std::vector<std::byte> Inflation::take() noexcept {
    return std::exchange(output_, {});
}

}  // namespace longwire::protocol
