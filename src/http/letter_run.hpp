#pragma once

#include "http/field_grammar.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace longwire::http {

/// Which bytes of 0x80 and above a run has in it.
enum class Beyond : bool { none, all };

namespace letter_run {

using Word = std::uint64_t;
constexpr std::size_t word_size = sizeof(Word);
constexpr Word each = 0x0101010101010101;

/// The first byte in the lowest place, from where a borrow only touches bytes that follow.
inline Word load(const std::byte* bytes) noexcept {
    Word word = 0;
    std::memcpy(&word, bytes, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
    return word;
}

/// The highest bit of each byte that ends a run; what is above the first such byte may be wrong.
template <Beyond beyond>
constexpr Word ends(Word word) noexcept {
    const Word controls = (word - each * 0x20) & ~word;
    const Word deleted = word ^ (each * 0x7F);
    const Word deletes = (deleted - each) & ~deleted;
    const Word found = controls | deletes | (beyond == Beyond::none ? word : 0);
    return found & (each * 0x80);
}

}  // namespace letter_run

/// How many of the first bytes are printable: of ASCII, the space among them, or beyond it.
template <Beyond beyond>
[[nodiscard]] std::size_t printable_run(std::span<const std::byte> bytes) noexcept {
    using namespace letter_run;
    std::size_t size = 0;
    for (; bytes.size() - size >= word_size; size += word_size)
        if (const Word found = ends<beyond>(load(bytes.data() + size)); found != 0)
            return size + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    while (size < bytes.size() &&
           letter_run::ends<beyond>(each * static_cast<unsigned char>(bytes[size])) == 0)
        ++size;
    return size;
}

/// How many of the first bytes may stand in a token.
[[nodiscard]] inline std::size_t token_run(std::span<const std::byte> bytes) noexcept {
    return token_run(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace longwire::http
