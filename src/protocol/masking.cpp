#include "protocol/masking.hpp"

namespace longwire::protocol {

namespace {

/// The compiler makes of this what the caller's instructions allow.
[[gnu::always_inline]] inline void mask_blocks(std::byte* place, std::size_t blocks,
                                               std::uint64_t with) noexcept {
    for (std::size_t block = 0; block < blocks; ++block) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, place + 8 * block, sizeof bytes);
        bytes ^= with;
        std::memcpy(place + 8 * block, &bytes, sizeof bytes);
    }
}

void mask_everywhere(std::byte* place, std::size_t blocks, std::uint64_t with) noexcept {
    mask_blocks(place, blocks, with);
}

using Mask = void (*)(std::byte*, std::size_t, std::uint64_t) noexcept;

#ifdef __x86_64__
[[gnu::target("avx2")]] void mask_with_avx2(std::byte* place, std::size_t blocks,
                                            std::uint64_t with) noexcept {
    mask_blocks(place, blocks, with);
}

// clang takes no width to prefer, and would use half of it.
#ifndef __clang__
[[gnu::target("avx512f,prefer-vector-width=512")]] void mask_with_avx512(
    std::byte* place, std::size_t blocks, std::uint64_t with) noexcept {
    mask_blocks(place, blocks, with);
}
#endif

Mask widest() noexcept {
#ifndef __clang__
    if (__builtin_cpu_supports("avx512f") != 0) return mask_with_avx512;
#endif
    return __builtin_cpu_supports("avx2") != 0 ? mask_with_avx2 : mask_everywhere;
}
#else
Mask widest() noexcept {
    return mask_everywhere;
}
#endif

}  // namespace

void mask_long(std::byte* place, std::size_t blocks, std::uint64_t with) noexcept {
    static const Mask mask = widest();
    mask(place, blocks, with);
}

}  // namespace longwire::protocol
