#pragma once

#include <longwire/slow_reader.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::access {

/// Who may do one thing on a channel.
enum class Who : std::uint8_t {
    nobody,
    everyone,
    user,     ///< whoever shows a good token
    token,    ///< whoever shows a token that grants it for this channel
    webhook,  ///< whom the user's own server lets
};

/// What holds for the channels of a pattern. The first rule whose pattern matches counts.
struct ChannelRule {
    /// A channel's name, or, with '*' in it, each '*' standing for any number of characters.
    std::string pattern = "*";
    Who subscribe = Who::everyone;
    Who publish = Who::nobody;
    Who presence = Who::nobody;  ///< May ask who is there, and is told who comes and goes.
    Who history = Who::nobody;
    /// Messages that are kept, and for how long; 0: none.
    std::size_t history_count = 0;
    std::chrono::milliseconds history_age = std::chrono::minutes(5);
    /// Whether presence is kept: the list of subscribed users.
    bool keeps_presence = false;
    /// A new subscriber gets the last message first.
    bool last_message = false;
    /// Nothing in the configuration: the rule of the server.
    std::optional<SlowReader> slow_reader = std::nullopt;
};

/// Whether `channel` is one of `pattern`'s.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view channel) noexcept;

/// So many in a second on average, and so many at once. 0 a second: no limit.
struct Rate {
    double a_second = 0;
    double burst = 0;
};

/// How fast clients may publish, and come; each is counted apart.
struct Rates {
    Rate publish_per_connection;
    Rate publish_per_user;
    Rate publish_per_address;
    Rate requests_per_address;  ///< handshakes, and requests about channels
};

}  // namespace longwire::access
