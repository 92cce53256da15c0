#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace longwire::protocol {

/// Writes bits as DEFLATE packs them: the first into the lowest bit of a byte (RFC 1951, 3.1.1).
///
/// Checks nothing: `output` has room for what is written, and for 8 bytes more.
class BitWriter {
public:
    explicit BitWriter(std::span<std::byte> output) noexcept : place_(output.data()) {}

    /// Up to 56 bits between two calls of `store`; above `count`, `bits` is 0.
    void put(std::uint64_t bits, unsigned count) noexcept {
        pending_ |= bits << pending_count_;
        pending_count_ += count;
    }

    /// Moves whole bytes out, so that at most 7 bits are left.
    void store() noexcept {
        static_assert(std::endian::native == std::endian::little);
        std::memcpy(place_, &pending_, sizeof pending_);
        place_ += pending_count_ / 8;
        pending_ >>= pending_count_ & ~7U;
        pending_count_ %= 8;
    }

    /// Fills the last byte up with zeros. Nothing is written after that.
    void finish() noexcept {
        pending_count_ += 7;
        store();
    }

    /// Where the next whole byte goes.
    [[nodiscard]] const std::byte* place() const noexcept { return place_; }

private:
    std::byte* place_;
    std::uint64_t pending_ = 0;
    unsigned pending_count_ = 0;
};

}  // namespace longwire::protocol
