#include "cli/serving_signals.hpp"

#include "cli/serve_command.hpp"
#include "cli/serving_policy.hpp"

#include <fmt/core.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <longwire/longwire.hpp>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <string_view>
#include <utility>

namespace longwire::cli {

namespace {

std::atomic<Server*> serving = nullptr;

std::atomic<ops::Admin*> admitting = nullptr;
std::atomic<std::chrono::milliseconds> drain_within = std::chrono::milliseconds(0);

void stop_serving(int signal) {
    if (ops::Admin* const admin = admitting.load()) admin->set_ready(false);
    Server* const server = serving.load();
    if (server == nullptr) return;
    // The first SIGTERM drains; whatever comes next ends it at once.
    const auto within = drain_within.exchange(std::chrono::milliseconds(0));
    if (signal == SIGTERM && within.count() > 0)
        server->drain(within);
    else
        server->stop();
}

/// SIGHUP from here on is something to be read from this descriptor.
int hangup_descriptor() {
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &hangup, nullptr);
    return signalfd(-1, &hangup, SFD_CLOEXEC | SFD_NONBLOCK);
}

void say_reloaded(const Result<void>& result, std::string_view what) {
    if (result)
        fmt::print("SIGHUP: the {} were read again.\n", what);
    else
        fmt::print(stderr, "longwire serve: SIGHUP: {}; the old {} stay in use\n",
                   result.error().message(), what);
}

/// Reads rules and keys again. What else has changed needs another start.
Result<void> reload_policy(const ServeOptions& running, dialects::RulesGate& gate) {
    const auto fresh = reread(running);
    if (!fresh)
        return failure(ErrorCode::invalid_argument, "the configuration is not right (see above)");
    auto policy = policy_of(*fresh);
    if (!policy) return std::unexpected(std::move(policy.error()));
    if (fresh->channels.empty() != running.channels.empty())
        return failure(ErrorCode::invalid_argument,
                       "a server without rules for channels cannot get some, or lose all, without "
                       "a restart");
    gate.replace(std::move(*policy));
    return {};
}

/// The apps once more; who is connected stays with what was.
Result<void> reload_apps(const ServeOptions& running, dialects::pusher::Pusher& pusher) {
    auto fresh = reread(running);
    if (!fresh)
        return failure(ErrorCode::invalid_argument, "the configuration is not right (see above)");
    pusher.replace(std::move(fresh->apps));
    return {};
}

}  // namespace

StopOnSignal::StopOnSignal(Server& server, ops::Admin& admin, std::chrono::milliseconds within) {
    serving = &server;
    admitting = &admin;
    drain_within = within;
    struct sigaction action = {};
    action.sa_handler = stop_serving;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

StopOnSignal::~StopOnSignal() {
    serving = nullptr;
    admitting = nullptr;
}

Task<> reload_on_hangup(Server& server, const ServeOptions& options, dialects::RulesGate& gate,
                        dialects::pusher::Pusher* pusher) {
    const int descriptor = hangup_descriptor();
    // A terminal that is closed sends the same signal, and means the end.
    const bool from_terminal = isatty(STDIN_FILENO) != 0;
    for (;;) {
        co_await readable(descriptor);
        signalfd_siginfo signal = {};
        if (::read(descriptor, &signal, sizeof signal) != sizeof signal) continue;
        if (from_terminal && tcgetpgrp(STDIN_FILENO) < 0) {
            server.stop();
            co_return;
        }
        if (!options.tls_certificates.empty())
            say_reloaded(server.reload_certificates(), "certificates");
        if (!options.channels.empty()) say_reloaded(reload_policy(options, gate), "rules and keys");
        if (pusher != nullptr) say_reloaded(reload_apps(options, *pusher), "apps");
        std::fflush(stdout);
    }
}

}  // namespace longwire::cli
