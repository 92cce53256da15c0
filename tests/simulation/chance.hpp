#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>

namespace longwire::simulation {

/// Everything that is left to chance, from one seed. Not of <random>, whose distributions differ
/// between standard libraries: a seed means the same everywhere.
class Chance {
public:
    explicit Chance(std::uint64_t seed) noexcept : state_(seed) {}

    /// Any number (splitmix64).
    std::uint64_t number() noexcept {
        std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15U;
        mixed = (mixed ^ mixed >> 30U) * 0xBF58476D1CE4E5B9U;
        mixed = (mixed ^ mixed >> 27U) * 0x94D049BB133111EBU;
        return mixed ^ mixed >> 31U;
    }
    std::uint64_t between(std::uint64_t least, std::uint64_t most) noexcept {
        return least + number() % (most - least + 1);
    }
    bool one_in(std::uint64_t count) noexcept { return count > 0 && number() % count == 0; }
    bool percent(std::uint64_t share) noexcept { return number() % 100 < share; }
    std::byte byte() noexcept { return static_cast<std::byte>(number() & 0xFF); }

    /// At most `most`; small numbers are as likely as large ones.
    std::uint64_t small_or_large(std::uint64_t most) noexcept {
        const auto bits = static_cast<std::uint64_t>(std::bit_width(most));
        const std::uint64_t size = between(0, bits);
        const std::uint64_t drawn = size == 0 ? 0 : number() >> (64U - size);
        return drawn > most ? most : drawn;
    }

    template <class Value>
    Value pick(std::initializer_list<Value> values) noexcept {
        return *std::next(values.begin(), static_cast<std::ptrdiff_t>(number() % values.size()));
    }

    /// Another source, so that what one part draws does not change what another one does.
    Chance branch() noexcept { return Chance(number()); }

private:
    std::uint64_t state_;
};

}  // namespace longwire::simulation
