#include "cli/serving_successor.hpp"

#include "cli/serving_signals.hpp"
#include "cli/signals.hpp"
#include "ops/log.hpp"

#include <fmt/core.h>
#include <longwire/longwire.hpp>

#include <csignal>
#include <string>

namespace longwire::cli {

namespace {

Signals& hand_overs() {
    static Signals signals({SIGUSR2}, Signals::Held::for_good);
    return signals;
}

void say_failed(const Error& error) {
    ops::say(LogLevel::error, "SIGUSR2: " + error.message() + "; this process continues to serve");
}

/// Whether another process has taken over.
Task<bool> hand_over_to_another(const ops::ListeningSockets& sockets,
                                const ops::ServiceManager& manager) {
    const auto successor = ops::Successor::start(sockets);
    if (!successor) {
        say_failed(successor.error());
        co_return false;
    }
    co_await readable(successor->descriptor());
    if (const auto outcome = successor->outcome(); !outcome) {
        say_failed(outcome.error());
        co_return false;
    }
    manager.tell(fmt::format("MAINPID={}", successor->process()));
    ops::say(LogLevel::info,
             fmt::format("SIGUSR2: process {} has taken over", successor->process()));
    co_return true;
}

}  // namespace

void hold_hand_overs() {
    (void)hand_overs();
}

Task<> hand_over_on_signal(const ops::ListeningSockets& sockets,
                           const ops::ServiceManager& manager) {
    for (;;) {
        co_await readable(hand_overs().descriptor());
        if (!hand_overs().take()) continue;
        const bool taken_over = co_await hand_over_to_another(sockets, manager);
        if (!taken_over) continue;
        StopOnSignal::hand_over();
        co_return;
    }
}

}  // namespace longwire::cli
