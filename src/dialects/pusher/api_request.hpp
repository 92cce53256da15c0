#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::pusher {

// The bodies of the HTTP API, and what it may be asked to tell.

/// Attributes of a channel that somebody wants to be told.
struct Attributes {
    bool user_count = false;
    bool subscription_count = false;
    bool cache = false;

    [[nodiscard]] bool any() const noexcept { return user_count || subscription_count || cache; }
};
/// Reads "user_count,subscription_count". The error is the word that is none.
[[nodiscard]] std::expected<Attributes, std::string> read_attributes(std::string_view info);

/// One event for some channels.
struct Triggered {
    std::string event;
    std::vector<std::string> channels;
    std::string data;
    std::string socket_id;  // who is not to get it; empty: all get it
    std::string info;       // as read_attributes reads it
};

/// What one request may hold.
struct ApiLimits {
    std::size_t most_channels = 100;  // of one event
    std::size_t most_events = 10;     // of one batch
    std::size_t largest_data = std::size_t{10} * 1024;
};

/// Why a body is refused: the status of the answer, and a sentence.
struct Refusal {
    int status = 400;
    std::string sentence;
};

/// {"name":…,"channels":[…] or "channel":…,"data":…,"socket_id":…,"info":…}
[[nodiscard]] std::expected<Triggered, Refusal> read_event(std::string_view body,
                                                           const ApiLimits& limits);
/// {"batch":[{"name":…,"channel":…,"data":…},…]}
[[nodiscard]] std::expected<std::vector<Triggered>, Refusal> read_batch(std::string_view body,
                                                                        const ApiLimits& limits);

}  // namespace longwire::dialects::pusher
