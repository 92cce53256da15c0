#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace longwire::hub {

/// Of the keys of a map that is searched by views, too. (Not noexcept: libstdc++'s maps then keep
/// each key's hash, and do not work it out again for those that stand in the way.)
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>()(text);
    }
};

}  // namespace longwire::hub
