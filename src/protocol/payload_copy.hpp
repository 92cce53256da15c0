#pragma once

#include <cstddef>
#include <cstring>

namespace longwire::protocol {

/// As memcpy, for what is mostly a few dozen bytes. Of those a compiler may make a string
/// instruction, which takes as long as all the rest of a short message; and what has just been
/// unmasked is read back soonest in the blocks in which it was written.
inline void copy_payload(std::byte* to, const std::byte* from, std::size_t size) noexcept {
    constexpr std::size_t short_enough = 128;
    if (size >= short_enough) {
        std::memcpy(to, from, size);
        return;
    }
    for (; size >= 16; size -= 16, to += 16, from += 16) {
        std::memcpy(to, from, 8);
        std::memcpy(to + 8, from + 8, 8);
    }
    if ((size & 8) != 0) {
        std::memcpy(to, from, 8);
        to += 8;
        from += 8;
    }
    if ((size & 4) != 0) {
        std::memcpy(to, from, 4);
        to += 4;
        from += 4;
    }
    for (std::size_t index = 0; index < (size & 3); ++index) to[index] = from[index];
}

}  // namespace longwire::protocol
