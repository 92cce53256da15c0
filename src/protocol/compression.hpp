#pragma once

#include "protocol/deflater.hpp"
#include "protocol/failure.hpp"
#include "protocol/utf8.hpp"
#include "protocol/whole_inflater.hpp"

#include <longwire/message.hpp>

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace longwire::protocol {

/// Compresses messages (RFC 7692, section 7.2.1).
class Compressor {
public:
    /// `window_bits` of 8 to 15: what is sent reaches back no further than that.
    Compressor(int window_bits, bool keep_context);

    /// The compressed message, valid until the next call; nothing where it would not be smaller.
    [[nodiscard]] std::optional<std::span<const std::byte>> compress(
        std::span<const std::byte> message);

private:
    Deflater deflater_;
    std::vector<std::byte> output_;
};

/// Decompresses messages (RFC 7692, section 7.2.2).
class Decompressor {
public:
    explicit Decompressor(bool keep_context);
    ~Decompressor();
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;

    /// The message, which never becomes larger than `max_size`: 1009 then; 1007 where the data is
    /// not DEFLATE. A failure is one of broken_rule.
    [[nodiscard]] std::expected<std::vector<std::byte>, const Failure*> decompress(
        std::span<const std::byte> data, std::size_t max_size);

    /// The same for a message that comes in parts: appends to `output` what `data` gives, which
    /// never becomes larger than `max_size`. Gives what failed, or null. Nothing else may be
    /// decompressed before `finish`.
    [[nodiscard]] const Failure* feed(std::span<const std::byte> data,
                                      std::vector<std::byte>& output, std::size_t max_size);
    /// The same, but stops once `output` has grown to `most` bytes. Takes from the front of `data`
    /// what it has used; with less than `most` in `output`, that is all of it.
    [[nodiscard]] const Failure* feed_some(std::span<const std::byte>& data,
                                           std::vector<std::byte>& output, std::size_t most);
    /// After the last part.
    [[nodiscard]] const Failure* finish(std::vector<std::byte>& output, std::size_t max_size);

    [[nodiscard]] bool keeps_context() const noexcept { return keep_context_; }

    /// What one takes: its window, and the tables beside it.
    static constexpr std::size_t memory = std::size_t{44} * 1024;

    /// Takes a buffer back that `decompress` gave, for the next message.
    void give_back(std::vector<std::byte> buffer) noexcept;

private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
    std::unique_ptr<WholeInflater> whole_;  ///< without a context, from the first message on
    std::vector<std::byte> spare_;
    bool keep_context_;
};

struct Compression;

/// A compressed message that comes in parts, and is decompressed and validated as they come.
class Inflation {
public:
    /// At most `max_size` bytes come out, over all parts. `compression` must live as long.
    Inflation(Compression& compression, MessageType type, std::size_t max_size);

    /// Takes a part of the message. Gives what failed (one of broken_rule), or null.
    [[nodiscard]] const Failure* feed(std::span<const std::byte> part, bool last);

    /// The same in steps: takes of the front of `part` what gives no more than `most` bytes (and,
    /// at the end, a few thousand). `last`: nothing comes after `part`.
    [[nodiscard]] const Failure* feed_some(std::span<const std::byte>& part, bool last,
                                           std::size_t most);
    /// Whether all has come out, after a last part.
    [[nodiscard]] bool finished() const noexcept { return finished_; }
    /// At most this many bytes come out from now on.
    void limit(std::size_t left) noexcept { left_ = left; }

    /// The bytes of memory it keeps, roughly.
    [[nodiscard]] std::size_t held() const noexcept {
        return output_.capacity() + (own_ ? Decompressor::memory : 0);
    }

    /// What has come out and was not taken yet; all of the message if nothing was taken before.
    [[nodiscard]] std::vector<std::byte> take() noexcept;

private:
    [[nodiscard]] const Failure* judge(std::size_t had, bool last);

    // A context is the connection's own, and in use only here. What others share may not be kept
    // busy until this peer sends on.
    std::optional<Decompressor> own_;
    Decompressor& decompressor_;
    std::vector<std::byte> output_;
    Utf8Validator utf8_;
    std::size_t left_;
    MessageType type_;
    bool finished_ = false;
};

/// Both directions of one connection, or of all connections of a loop that keep no context.
struct Compression {
    /// `window` is that of our own direction, in bits.
    Compression(int window, bool keep_our_context, bool keep_their_context, std::size_t least_size)
        : compressor(window, keep_our_context),
          decompressor(keep_their_context),
          window_bits(window),
          threshold(least_size) {}

    Compressor compressor;
    Decompressor decompressor;
    int window_bits;
    std::size_t threshold;  ///< Messages of fewer bytes are sent as they are.
};

}  // namespace longwire::protocol
