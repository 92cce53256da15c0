#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace longwire::dialects::pusher {

/// What an app's own server is told of.
enum class Notice : std::uint8_t {
    channel_occupied,
    channel_vacated,
    member_added,
    member_removed,
    client_event,
    cache_miss,
    subscription_count,
};
inline constexpr std::size_t notices = 7;
[[nodiscard]] std::string_view name_of(Notice notice) noexcept;

// Each as one JSON object.
[[nodiscard]] std::string channel_notice(Notice notice, std::string_view channel);
[[nodiscard]] std::string member_notice(Notice notice, std::string_view channel,
                                        std::string_view user);
[[nodiscard]] std::string client_event_notice(std::string_view channel, std::string_view event,
                                              std::string_view data, std::string_view socket_id,
                                              std::string_view user);
[[nodiscard]] std::string count_notice(std::string_view channel, std::size_t count);

/// The body of a request: some of those, and when it was made.
[[nodiscard]] std::string webhook_body(std::int64_t milliseconds,
                                       std::span<const std::string> notices);

}  // namespace longwire::dialects::pusher
