#pragma once

#include "frames.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::stateful {

/// What all tokens are signed with.
[[nodiscard]] const std::string& token_secret();
/// That of all apps.
inline constexpr std::string_view app_secret = "app-secret";
/// How long after its end a token still counts: clocks differ.
inline constexpr std::chrono::seconds leeway{10};

struct Token {
    std::string text;
    std::chrono::sys_seconds ends;
};
/// For everything, and ends so many seconds from now, which may be some ago.
[[nodiscard]] Token token_for(std::string_view user, std::int64_t seconds);

/// From well inside the leeway to a few seconds ahead.
[[nodiscard]] std::int64_t around_now(Chance& chance);
/// Inside the leeway, with some seconds of it left.
[[nodiscard]] std::int64_t just_past(Chance& chance);
/// Beyond it, so clearly that a slow machine does not matter.
[[nodiscard]] std::int64_t long_past(Chance& chance);

/// The `auth` of a Pusher client.
[[nodiscard]] std::string pusher_auth(std::string_view key, std::string_view signed_text);
/// The target of a signed request to Pusher's HTTP API.
[[nodiscard]] std::string signed_target(std::string_view key, std::string_view method,
                                        std::string_view path, std::string_view body);

}  // namespace longwire::stateful
