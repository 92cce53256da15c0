#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace longwire::protocol {

/// What the payload of a client's frame is masked with (RFC 6455, section 5.3).
using MaskingKey = std::array<std::byte, 4>;

/// From so many bytes on, a call to mask_long is worth it.
inline constexpr std::size_t worth_wide_masking = 256;

/// Masks whole blocks of 8 bytes in place, with the widest instructions that this processor has.
void mask_long(std::byte* place, std::size_t blocks, std::uint64_t with) noexcept;

/// Masks or unmasks `payload` in place. `offset` is where in the frame's payload it begins.
inline void apply_mask(std::span<std::byte> payload, MaskingKey key,
                       std::size_t offset = 0) noexcept {
    const MaskingKey turned = {key[offset % 4], key[(offset + 1) % 4], key[(offset + 2) % 4],
                               key[(offset + 3) % 4]};
    std::uint32_t word = 0;
    std::memcpy(&word, turned.data(), sizeof word);
    const std::uint64_t pair = std::uint64_t{word} << 32 | word;

    // Copies of a fixed size are single loads and stores, which the compiler joins further.
    const auto mask = [](std::byte* place, auto with) {
        auto block = with;
        std::memcpy(&block, place, sizeof block);
        block ^= with;
        std::memcpy(place, &block, sizeof block);
    };
    std::byte* place = payload.data();
    std::size_t size = payload.size();
    if (size >= worth_wide_masking) {
        mask_long(place, size / 8, pair);
        place += size / 8 * 8;
        size %= 8;
    }
    for (std::size_t blocks = size / 32; blocks > 0; --blocks, place += 32) {
        mask(place, pair);
        mask(place + 8, pair);
        mask(place + 16, pair);
        mask(place + 24, pair);
    }
    if ((size & 16) != 0) {
        mask(place, pair);
        mask(place + 8, pair);
        place += 16;
    }
    if ((size & 8) != 0) {
        mask(place, pair);
        place += 8;
    }
    if ((size & 4) != 0) {
        mask(place, word);
        place += 4;
    }
    for (std::size_t index = 0; index < size % 4; ++index) place[index] ^= turned[index];
}

}  // namespace longwire::protocol
