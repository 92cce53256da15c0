#pragma once

#include "engine/text_hash.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace longwire::engine {

/// Things of which no two have the same name, which each keeps itself: `name` is its member that
/// gives it.
template <class Thing, auto name>
class NamedSet {
public:
    /// Null: there is none of that name.
    [[nodiscard]] Thing* find(std::string_view wanted) const noexcept {
        const auto found = things_.find(wanted);
        return found == things_.end() ? nullptr : found->get();
    }
    /// There is none of its name yet.
    Thing& add(std::unique_ptr<Thing> thing) { return **things_.insert(std::move(thing)).first; }
    /// Destroys it.
    void remove(const Thing& thing) noexcept { things_.erase(things_.find(name_of(thing))); }

private:
    [[nodiscard]] static std::string_view name_of(const Thing& thing) noexcept {
        return std::invoke(name, thing);
    }
    [[nodiscard]] static std::string_view name_of(const std::unique_ptr<Thing>& thing) noexcept {
        return name_of(*thing);
    }
    [[nodiscard]] static std::string_view name_of(std::string_view itself) noexcept {
        return itself;
    }

    // (Not noexcept: libstdc++ keeps the hash of each then, and does not work it out again.)
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(const auto& key) const { return TextHash()(name_of(key)); }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const auto& one, const auto& other) const noexcept {
            return name_of(one) == name_of(other);
        }
    };

    std::unordered_set<std::unique_ptr<Thing>, Hash, Equal> things_;
};

}  // namespace longwire::engine
