#pragma once

#include "hub/presence.hpp"
#include "hub/publication.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::pusher {

// What clients are told. Nearly everything has a text of JSON as its data, as the protocol wants
// it.

[[nodiscard]] std::string connection_established(std::string_view socket_id,
                                                 std::chrono::seconds activity_timeout);
[[nodiscard]] std::string error_event(int code, std::string_view sentence,
                                      std::string_view channel = {});
[[nodiscard]] std::string ping_event();
[[nodiscard]] std::string pong_event();

[[nodiscard]] std::string subscription_succeeded(std::string_view channel);
/// With all who are on a presence channel.
[[nodiscard]] std::string subscription_succeeded(std::string_view channel,
                                                 std::span<const hub::Presence> present);
[[nodiscard]] std::string subscription_error(std::string_view channel, std::string_view type,
                                             std::string_view sentence, int status);
[[nodiscard]] std::string subscription_count(std::string_view channel, std::size_t count);
[[nodiscard]] std::string member_added(std::string_view channel, const hub::Presence& who);
[[nodiscard]] std::string member_removed(std::string_view channel, std::string_view user);
[[nodiscard]] std::string cache_miss(std::string_view channel);

[[nodiscard]] std::string signin_success(std::string_view user_data);
/// Some of these users have come, or have gone.
[[nodiscard]] std::string watchlist_event(bool online, std::span<const std::string> users);

/// What was published on the channel, from wherever. An event without a name gets `unnamed`.
[[nodiscard]] std::string publication_event(const hub::Publication& publication,
                                            std::string_view channel, std::string_view unnamed);
/// Its data, as the text that clients get: a text as it is, a JSON value as JSON, an event's sole
/// argument like that (several as a JSON array), bytes in base64.
[[nodiscard]] std::string data_of(const hub::Publication& publication);

/// Of a text of data: whether it is JSON, or just a text.
[[nodiscard]] hub::Form form_of(std::string_view data);

}  // namespace longwire::dialects::pusher
