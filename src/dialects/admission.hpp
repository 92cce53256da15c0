#pragma once

#include "dialects/gate.hpp"

#include <longwire/http_reply.hpp>
#include <longwire/message.hpp>
#include <longwire/response.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects {

/// What somebody who has been identified wants to do on a channel: all of it, or nothing.
struct Wish {
    Visitor visitor = {};
    std::vector<Action> actions = {};
    std::string channel = {};
    /// For publishing: what.
    MessageType type = MessageType::text;
    std::string message = {};
};

/// A wish that was granted, as whom they are known by now.
struct Admitted {
    Wish wish = {};
    /// When to ask again (`Verdict::expires`).
    std::optional<std::chrono::sys_seconds> until = {};
};

/// The gate's verdict on it; nothing where somebody has to be asked.
[[nodiscard]] std::optional<Verdict> judge(Gate& gate, const Wish& wish);
[[nodiscard]] std::optional<Verdict> judge(Gate& gate, const Visitor& visitor,
                                           std::span<const Action> actions,
                                           const std::string& channel);

/// Whoever has to be asked is. `answer` is called once, on any thread, maybe before this returns,
/// with the visitor as they are known by then. The verdict expires with the first of what it
/// consists of.
void ask(Gate& gate, Wish wish, std::move_only_function<void(Verdict, Visitor)> answer);

/// The HTTP answer for whoever is not let.
[[nodiscard]] Response refusal_of(const Verdict& verdict);

/// Why nothing is published by a server that is leaving (`HubLoops::takes_publications`).
inline constexpr std::string_view leaving_reason =
    "The server is shutting down. Send the message again.";
/// The HTTP answer for whoever wants to publish then.
[[nodiscard]] Response leaving_refusal();

}  // namespace longwire::dialects
