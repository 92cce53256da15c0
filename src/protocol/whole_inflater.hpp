#pragma once

#include "protocol/prefix_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace longwire::protocol {

/// Decompresses messages as nearly all are: whole, of a moderate size, without a context, without a
/// block that says it is the last, and right. Whatever is not so is left to others.
class WholeInflater {
public:
    /// What comes out is at most so large.
    static constexpr std::size_t most_output = std::size_t{64} * 1024;

    /// The message (RFC 7692, section 7.2.2), valid until the next call, if it is of such a kind,
    /// and of at most `max_size` bytes.
    [[nodiscard]] std::optional<std::span<const std::byte>> inflate(std::span<const std::byte> data,
                                                                    std::size_t max_size) noexcept;

private:
    struct Tables {
        PrefixTable<10> literal;
        PrefixTable<8> distance;
    };

    /// Takes bits from the data, and zeros after its end.
    class Bits {
    public:
        explicit Bits(std::span<const std::byte> data) noexcept
            : place_(data.data()), end_(data.data() + data.size()) {}

        /// There are at least 56 bits to take after it.
        void fill() noexcept {
            if (lasts(1)) return fill_at_once();
            for (; count_ <= 56; count_ += 8) {
                if (place_ == end_)
                    ++missing_;
                else
                    bits_ |= std::to_integer<std::uint64_t>(*place_++) << count_;
            }
        }
        /// The same where the data lasts.
        void fill_at_once() noexcept {
            std::uint64_t next = 0;
            std::memcpy(&next, place_, sizeof next);
            bits_ |= next << count_;
            place_ += (63 - count_) / 8;
            count_ |= 56U;
        }
        /// Whether there is data for so many times to fill.
        [[nodiscard]] bool lasts(std::ptrdiff_t fills) const noexcept {
            return end_ - place_ >= 8 * fills;
        }
        [[nodiscard]] std::uint64_t peek() const noexcept { return bits_; }
        void drop(unsigned count) noexcept {
            bits_ >>= count;
            count_ -= count;
        }
        [[nodiscard]] unsigned take(unsigned count) noexcept {
            const auto taken = static_cast<unsigned>(bits_ & ((std::uint64_t{1} << count) - 1));
            drop(count);
            return taken;
        }
        /// More was taken than there is.
        [[nodiscard]] bool overdrawn() const noexcept { return count_ < 8 * missing_; }
        /// Drops what is left of a byte, and gives the bytes that follow.
        [[nodiscard]] std::span<const std::byte> rest() noexcept {
            return {place_ - (count_ / 8 - missing_), end_};
        }

    private:
        const std::byte* place_;
        const std::byte* end_;
        std::uint64_t bits_ = 0;
        unsigned count_ = 0;
        unsigned missing_ = 0;  ///< bytes of zeros among them
    };

    [[nodiscard]] static const Tables& fixed_tables() noexcept;
    [[nodiscard]] bool read_codes(Bits& bits) noexcept;
    [[nodiscard]] bool read_block(Bits& bits, const Tables& tables) noexcept;

    // What comes out of a block: where it begins, where the next byte goes, and where it must end.
    struct Output {
        std::byte* begin;
        std::byte* to;
        std::byte* end;
    };
    enum class Step : std::uint8_t { more, block_ended, wrong };
    /// Up to two literals, or one, and a match. `sure`: there is enough of both for any of it.
    template <bool sure>
    [[gnu::always_inline]] static Step read_some(Bits& bits, const Tables& tables,
                                                 Output& output) noexcept;

    // A match is copied in steps of 16 bytes.
    std::array<std::byte, most_output + 16> output_;
    std::size_t size_ = 0;
    std::size_t most_ = 0;
    Tables tables_;
};

}  // namespace longwire::protocol
