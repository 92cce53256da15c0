#pragma once

#include "world.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace longwire::stateful {

/// One kind of trouble, and those who make it.
struct Theme {
    std::string_view name;
    std::string_view what;
    std::size_t crowd = 10;                    // so many are there at a time
    Script (*next)(World&, Chance) = nullptr;  // one more of them
    std::size_t reloads_a_second = 0;
};

[[nodiscard]] std::span<const Theme> themes();

}  // namespace longwire::stateful
