#include "cli/serving_reload.hpp"

#include "cli/serve_command.hpp"
#include "cli/serving_memory.hpp"
#include "cli/serving_policy.hpp"
#include "cli/serving_signals.hpp"
#include "cli/signals.hpp"
#include "ops/log.hpp"
#include "ops/memory_limit.hpp"

#include <fmt/core.h>
#include <time.h>
#include <unistd.h>
#include <longwire/longwire.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::cli {

namespace {

Signals& hangups() {
    static Signals signals({SIGHUP}, Signals::Held::for_good);
    return signals;
}

/// Gives whether it went well.
bool say_reloaded(const Result<void>& result, std::string_view what) {
    if (result)
        ops::say(LogLevel::info, fmt::format("SIGHUP: reloaded the {}", what));
    else
        ops::say(LogLevel::error,
                 fmt::format("SIGHUP: {}; the old {} stay in use", result.error().message(), what));
    return result.has_value();
}

bool say_reopened(const Result<void>& result) {
    if (result)
        ops::say(LogLevel::info, "SIGHUP: reopened the access log");
    else
        ops::say(LogLevel::error, fmt::format("SIGHUP: {}; the old access log stays in use",
                                              result.error().message()));
    return result.has_value();
}

Result<void> reload_policy(const Reloading& its, const ServeOptions& fresh) {
    if (fresh.channels.empty() != its.options.channels.empty())
        return failure(ErrorCode::invalid_argument,
                       "the first rule for channels cannot be added, nor the last one removed, "
                       "without a restart");
    auto policy = policy_of(fresh, its.caller);
    if (!policy) return Failure(std::move(policy.error()));
    its.gate.replace(std::move(*policy));
    return {};
}

Result<void> reload_limits(const Reloading& its, const ServeOptions& fresh) {
    const auto memory = divide_memory(fresh, ops::memory_limit());
    if (!memory) return Failure(memory.error());
    its.broker.limit_history(memory->histories);
    its.server.change(limits_with(fresh, *memory));
    its.server.change_websockets([&](std::string_view /*path*/, WebSocketOptions& options) {
        fresh.reloaded.follow(options.limits, its.options.websocket.limits, fresh.websocket.limits);
    });
    StopOnSignal::leave_by({.delay = fresh.drain_delay, .within = fresh.drain});
    return {};
}

/// Tells of what has changed and needs another start.
void say_what_stays(const ServeOptions& running, const ServeOptions& fresh) {
    const std::set<std::string> before(running.settled.begin(), running.settled.end());
    const std::set<std::string> now(fresh.settled.begin(), fresh.settled.end());
    std::vector<std::string> changed;
    std::ranges::set_symmetric_difference(before, now, std::back_inserter(changed));
    std::set<std::string> options;
    for (const std::string& word : changed) options.insert(word.substr(0, word.find('=')));
    for (const std::string& option : options) {
        if (fresh.reloaded.holds(option)) continue;
        std::string key = option.substr(std::min<std::size_t>(2, option.size()));
        std::ranges::replace(key, '-', '_');
        ops::say(LogLevel::warning,
                 fmt::format("SIGHUP: {} has changed, and needs a restart", key));
    }
}

std::string reloading_state() {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const auto microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
    return fmt::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds);
}

/// Who is connected stays with what was.
Result<void> reload_apps(const Reloading& its, const ServeOptions& fresh) {
    if (its.pusher == nullptr)
        return failure(ErrorCode::invalid_argument,
                       "the first app cannot be added without a restart");
    its.pusher->replace(fresh.apps);
    return {};
}

/// What the configuration says. Gives whether all of it is in use now.
bool reload_configuration(const Reloading& its) {
    const auto fresh = reread(its.options);
    if (!fresh) {
        for (const std::string& problem : fresh.error())
            ops::say(LogLevel::error, "SIGHUP: " + problem);
        return say_reloaded(
            failure(ErrorCode::invalid_argument, "the configuration has errors (see above)"),
            "rules, keys and limits");
    }
    bool good = say_reloaded(reload_policy(its, *fresh), "rules and keys");
    good = say_reloaded(reload_limits(its, *fresh), "limits") && good;
    if (its.pusher != nullptr || !fresh->apps.empty())
        good = say_reloaded(reload_apps(its, *fresh), "apps") && good;
    say_what_stays(its.options, *fresh);
    return good;
}

void reload(const Reloading& its) {
    its.manager.tell(reloading_state());
    bool good = true;
    if (its.access_log != nullptr) good = say_reopened(its.access_log->reopen());
    if (!its.options.tls_certificates.empty())
        good = say_reloaded(its.server.reload_certificates(), "certificates") && good;
    good = reload_configuration(its) && good;
    its.counts.add(good);
    its.manager.tell("READY=1");
}

}  // namespace

void ReloadCounts::add(bool good) noexcept {
    ++(good ? good_ : failed_);
    latest_ = good;
}

void ReloadCounts::describe(ops::Exposition& exposition) const {
    exposition.counter("reloads_total", "Reloads of the configuration, by outcome.");
    exposition.sample(good_.load(), "outcome=\"good\"");
    exposition.sample(failed_.load(), "outcome=\"failed\"");
    exposition.gauge("last_reload_successful",
                     "1 if the last reload used all of the configuration, otherwise 0.");
    exposition.sample(std::uint64_t{latest_ ? 1U : 0U});
}

void hold_hangups() {
    (void)hangups();
}

Task<> reload_on_hangup(Reloading reloading) {
    // A terminal that is closed sends the same signal, and means the end.
    const bool from_terminal = isatty(STDIN_FILENO) != 0;
    for (;;) {
        co_await readable(hangups().descriptor());
        if (!hangups().take()) continue;
        if (from_terminal && tcgetpgrp(STDIN_FILENO) < 0) {
            reloading.server.stop();
            co_return;
        }
        reload(reloading);
    }
}

}  // namespace longwire::cli
