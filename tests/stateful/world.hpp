#pragma once

#include "chance.hpp"
#include "finding.hpp"
#include "plan.hpp"
#include "script.hpp"
#include "tokens.hpp"
#include "wire.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace longwire::stateful {

class Served;

/// Where clients live.
struct World {
    Wires wires;
    Served& served;
    const Plan& plan;
    bool leaving = false;                 // the server is: nobody has to be answered any more
    std::set<std::string> channels = {};  // of the hub that anybody was on

    /// Whether whoever asks has to be answered.
    [[nodiscard]] bool patient() const noexcept { return plan.roomy && !leaving; }
    std::string note(std::string channel) { return *channels.insert(std::move(channel)).first; }
};

/// How somebody stays on a channel.
struct Stay {
    std::string channel;
    std::uint64_t ms = 1000;
    std::optional<std::int64_t> token = {};  // that ends so many seconds from now
    bool slow = false;                       // does not read for much of the time
    bool introduces = false;                 // somebody else says who they are
    bool to_the_end = false;                 // of what the token allows: then it must be over
};

/// How long somebody has to stay to see that they may not stay.
inline constexpr std::uint64_t past_the_leeway = 6'000;  // milliseconds, for a busy machine
[[nodiscard]] inline milliseconds until_it_is_over(const Token& token) {
    const auto left = token.ends + leeway - std::chrono::system_clock::now();
    return std::chrono::duration_cast<milliseconds>(left) + milliseconds(past_the_leeway);
}
/// Somebody was let go of since their token ended.
inline void check_not_early(const Token& token, std::string_view whose) {
    // (Of the two clocks that the server goes by, one may be made to go slower for a while.)
    if (std::chrono::system_clock::now() + milliseconds(100) < token.ends)
        found(std::string(whose) + " was ended before its token");
}

/// The ways in which clients go.
inline void part(Chance& chance, Wire& wire) {
    if (chance.percent(40)) return wire.reset();
    if (chance.percent(50)) return wire.close();
    wire.finish();
}

/// The token of a stay, if it has one.
[[nodiscard]] inline std::optional<Token> token_of(const Stay& stay, Chance& chance) {
    if (!stay.token) return std::nullopt;
    constexpr std::array<std::string_view, 4> users = {"ann", "ben", "cleo", "dora"};
    return token_for(users.at(static_cast<std::size_t>(chance.between(0, 3))), *stay.token);
}

}  // namespace longwire::stateful
