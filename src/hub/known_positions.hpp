#pragma once

#include "hub/position.hpp"
#include "hub/publication.hpp"
#include "hub/text_hash.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace longwire::hub {

/// Where channels stood that nobody uses now, so that whoever comes back to one goes on there: for
/// some time, and only so many, of which the oldest are forgotten first.
class KnownPositions {
public:
    KnownPositions(std::size_t most, Clock::duration known_for) noexcept
        : most_(most), known_for_(known_for) {}

    /// Replaces what was known of the channel.
    void remember(std::string_view channel, Position position, Clock::time_point now);
    /// Nothing where it is not known (any more).
    [[nodiscard]] std::optional<Position> find(std::string_view channel,
                                               Clock::time_point now) const;
    void forget(std::string_view channel);
    /// Forgets what is too old: `most` at most, from which it takes as many as that were.
    void expire(Clock::time_point now, std::size_t& most);
    [[nodiscard]] std::size_t count() const noexcept { return known_.size(); }

private:
    struct Known {
        Position position;
        Clock::time_point when;
        std::list<std::string_view>::iterator place;
    };
    using All = std::unordered_map<std::string, Known, TextHash, std::equal_to<>>;

    void erase(All::iterator entry);

    std::size_t most_;
    Clock::duration known_for_;
    All known_;
    std::list<std::string_view> oldest_first_;  // the keys of `known_`
};

}  // namespace longwire::hub
