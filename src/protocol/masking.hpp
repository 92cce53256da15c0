#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace longwire::protocol {

/// What the payload of a client's frame is masked with (RFC 6455, section 5.3).
using MaskingKey = std::array<std::byte, 4>;

/// Masks or unmasks `payload` in place. `offset` is where in the frame's payload it begins.
inline void apply_mask(std::span<std::byte> payload, MaskingKey key,
                       std::size_t offset = 0) noexcept {
    const MaskingKey turned = {key[offset % 4], key[(offset + 1) % 4], key[(offset + 2) % 4],
                               key[(offset + 3) % 4]};
    std::uint32_t word = 0;
    std::memcpy(&word, turned.data(), sizeof word);
    const std::uint64_t wide = std::uint64_t{word} << 32 | word;

    std::byte* place = payload.data();
    std::size_t left = payload.size();
    for (; left >= sizeof wide; left -= sizeof wide, place += sizeof wide) {
        std::uint64_t block = 0;
        std::memcpy(&block, place, sizeof block);
        block ^= wide;
        std::memcpy(place, &block, sizeof block);
    }
    for (std::size_t index = 0; index < left; ++index) place[index] ^= turned[index % 4];
}

}  // namespace longwire::protocol
