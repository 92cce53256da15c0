#include "fickle_gate.hpp"

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace longwire::stateful {

using dialects::Action;
using dialects::Verdict;
using dialects::Visitor;

namespace {

constexpr std::string_view mark = "asked-";

/// Empty where nobody is asked. (An app's channels have its prefix before the name, and Pusher's
/// kinds have theirs.)
std::string_view way_of(std::string_view channel) {
    const std::size_t at = channel.find(mark);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = channel.substr(at + mark.size());
    return rest.substr(0, rest.find('-'));
}

Verdict until(std::int64_t seconds_from_now) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    Verdict verdict;
    verdict.expires = now + std::chrono::seconds(seconds_from_now);
    return verdict;
}

/// Whoever has to be introduced is somebody to the rules all the same.
Visitor known(const Visitor& visitor) {
    Visitor its = visitor;
    its.to_introduce = false;
    return its;
}

}  // namespace

std::uint64_t FickleGate::drawn(std::uint64_t least, std::uint64_t most) {
    const std::scoped_lock lock(mutex_);
    return chance_.between(least, most);
}

std::string_view FickleGate::drawn_way() {
    constexpr std::array<std::string_view, 10> ways = {"soon",   "post",  "late", "late", "slow",
                                                       "refuse", "brief", "past", "past", "never"};
    return ways.at(static_cast<std::size_t>(drawn(0, ways.size() - 1)));
}

Verdict FickleGate::authenticate(const Request& request, Visitor& visitor) {
    Verdict verdict = rules_.authenticate(request, visitor);
    if (request.query("introduce") == "1") visitor.to_introduce = true;
    return verdict;
}

void FickleGate::introduce(const Visitor& visitor,
                           std::move_only_function<void(Verdict, Visitor)> answer) {
    answer_in(drawn_way(), [visitor, answer = std::move(answer)](Verdict verdict) mutable {
        answer(std::move(verdict), visitor);
    });
}

std::optional<Verdict> FickleGate::judge(const Visitor& visitor, Action action,
                                         const std::string& channel) {
    auto verdict = rules_.judge(known(visitor), action, channel);
    if (!verdict || !verdict->allows() || way_of(channel).empty()) return verdict;
    return std::nullopt;
}

void FickleGate::ask(const Visitor& visitor, Action action, const std::string& channel,
                     std::move_only_function<void(Verdict)> answer) {
    const std::string_view way = way_of(channel);
    if (way.empty()) return rules_.ask(known(visitor), action, channel, std::move(answer));
    // (Somebody who stays is asked about again by an alarm; about other things by what they say.)
    if (way == "throws" && action == Action::subscribe) {
        // Known again by what a visitor keeps for the connection.
        const std::scoped_lock lock(mutex_);
        if (!asked_.emplace(visitor.credentials, action, channel).second)
            throw std::runtime_error("on purpose");
    }
    answer_in(way == "mixed" ? drawn_way() : way, std::move(answer));
}

void FickleGate::ask_to_publish(const Visitor& visitor, const std::string& channel, Message message,
                                std::move_only_function<void(Verdict)> answer) {
    if (way_of(channel).empty())
        return rules_.ask_to_publish(known(visitor), channel, message, std::move(answer));
    ask(visitor, Action::publish, channel, std::move(answer));
}

void FickleGate::answer_in(std::string_view way, std::move_only_function<void(Verdict)> answer) {
    using std::chrono::milliseconds;
    Verdict verdict;
    if (way == "refuse") verdict = {.status = 403, .reason = "You may not, after all."};
    if (way == "brief" || way == "throws") verdict = until(static_cast<std::int64_t>(drawn(1, 2)));
    // (Not each time: whoever is asked again at once is asked without end.)
    if (way == "past" && drawn(0, 2) > 0)
        verdict = until(-static_cast<std::int64_t>(drawn(0, 8)));
    else if (way == "past")
        verdict = until(static_cast<std::int64_t>(drawn(1, 3)));
    auto told = [answer = std::move(answer), verdict]() mutable { answer(std::move(verdict)); };
    const auto loop = loops_.current();
    const bool at_once = way == "soon" || way == "throws" || (way == "past" && drawn(0, 1) == 0);
    if (at_once) return told();
    if (way == "post" && loop) return loops_.post(*loop, std::move(told));
    if (way == "never") return later_.never(std::move(told));
    if (way == "slow") return later_.after(milliseconds(drawn(500, 2500)), std::move(told));
    later_.after(milliseconds(drawn(0, 120)), std::move(told));
}

}  // namespace longwire::stateful
