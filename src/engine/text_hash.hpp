#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace longwire::engine {

/// Of the keys of a map that is searched by views, too.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>()(text);
    }
};

}  // namespace longwire::engine
