#pragma once

#include "dialects/gate.hpp"

#include <longwire/message.hpp>
#include <longwire/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects {

/// What a user's own server is asked. All of it is valid while it is asked.
struct WebhookQuestion {
    std::string_view what;     // "connect", "subscribe", "publish", "presence", "history"
    std::string_view channel;  // empty: of none
    std::string_view user;
    std::string_view info;  // JSON, or empty
    std::string_view address;
    std::string_view claims;   // of the token that was shown, JSON, or empty
    std::string_view headers;  // a JSON object, or empty
    std::optional<Message> message = std::nullopt;
};

/// What it answers.
struct WebhookAnswer {
    bool allow = false;
    std::string reason;  // for whoever is refused
    /// How long that holds.
    std::optional<std::chrono::seconds> expires_in;
    // Of a connection.
    std::optional<std::string> user;
    std::optional<std::string> info;  // JSON
    std::optional<std::vector<std::string>> channels;
    std::optional<std::vector<std::string>> publish;
};

/// A larger message is not shown: its type and size are.
inline constexpr std::size_t largest_shown_message = std::size_t{64} * 1024;

/// The question as JSON.
[[nodiscard]] std::string to_json(const WebhookQuestion& question);
/// Reads an answer. Errors: invalid_argument, with what is wrong with it.
[[nodiscard]] Result<WebhookAnswer> read_webhook_answer(std::string_view json);

}  // namespace longwire::dialects
