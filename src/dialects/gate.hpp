#pragma once

#include "access/channel_rule.hpp"

#include <longwire/message.hpp>
#include <longwire/request.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::dialects {

/// Bytes that the name of a user may have.
inline constexpr std::size_t longest_user = 128;

/// Somebody who has come, as far as they have shown who they are.
struct Visitor {
    std::string user;     // empty: nobody in particular
    std::string info;     // JSON that others see beside the user, or nothing
    std::string address;  // without a port
    /// When what they have shown is no good any more, with what clocks may differ: from then on
    /// they are let do nothing, and what was opened ends.
    std::optional<std::chrono::sys_seconds> expires = {};
    /// What the gate knows beyond that. It may replace what it keeps of those of whom it knows
    /// nothing, which all of them have in common, by what is theirs.
    mutable std::shared_ptr<void> credentials = {};
    /// Somebody else has to say who they are (`Gate::introduce`); until then they may do nothing.
    /// It stays for the connection: what was said may expire, and they are introduced again.
    bool to_introduce = false;
};

/// What somebody wants to do on a channel.
enum class Action : std::uint8_t { subscribe, publish, presence, history };

/// What the gate says. 200 lets them; anything else is the status of an HTTP answer.
struct Verdict {
    int status = 200;
    std::string reason;  // a sentence for them, where they are not let
    /// When to ask again. (What they have shown may expire before.)
    std::optional<std::chrono::sys_seconds> expires = {};

    [[nodiscard]] bool allows() const noexcept { return status == 200; }
};

/// Who may do what. Any thread.
class Gate {
public:
    Gate() = default;
    virtual ~Gate() = default;
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    /// Who sends this. A token that is shown and no good is refused here.
    [[nodiscard]] virtual Verdict authenticate(const Request& request, Visitor& visitor) = 0;
    /// Who shows this token, once more or now only; `visitor` is who sent the request. On the loop
    /// of their connection.
    [[nodiscard]] virtual Verdict authenticate(std::string_view token, Visitor& visitor) {
        (void)token;
        (void)visitor;
        return {.status = 401, .reason = "This server does not accept tokens."};
    }
    /// For whoever is to be introduced. `answer` is called once, on any thread, maybe before this
    /// returns, with who they are from then on.
    virtual void introduce(const Visitor& visitor,
                           std::move_only_function<void(Verdict, Visitor)> answer) {
        answer({}, visitor);
    }
    /// Nothing where it has to be asked.
    [[nodiscard]] virtual std::optional<Verdict> judge(const Visitor& visitor, Action action,
                                                       const std::string& channel) = 0;
    /// `answer` is called once, on any thread, maybe before this returns.
    virtual void ask(const Visitor& visitor, Action action, const std::string& channel,
                     std::move_only_function<void(Verdict)> answer) = 0;
    /// The same for publishing `message`, which is valid until this returns.
    virtual void ask_to_publish(const Visitor& visitor, const std::string& channel,
                                Message /*message*/,
                                std::move_only_function<void(Verdict)> answer) {
        ask(visitor, Action::publish, channel, std::move(answer));
    }
    /// What else holds for the channel. Never null.
    [[nodiscard]] virtual std::shared_ptr<const access::ChannelRule> rule_of(
        const std::string& channel) = 0;
    /// Another one whenever the rules may have changed.
    [[nodiscard]] virtual std::uint64_t version() const noexcept = 0;
};

}  // namespace longwire::dialects
