#include "cli/serving_signals.hpp"

#include <sys/eventfd.h>
#include <unistd.h>
#include <longwire/run.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace longwire::cli {

namespace {

using std::chrono::milliseconds;

std::atomic<Server*> serving = nullptr;

std::atomic<ops::Admin*> admitting = nullptr;
std::atomic<milliseconds> leave_delay = milliseconds(0);
std::atomic<milliseconds> drain_within = milliseconds(0);
std::atomic<const ops::ServiceManager*> telling = nullptr;
// A SIGTERM has come, and its delay is not over.
std::atomic<bool> delaying = false;

/// Can be read once the delay has begun.
int delay_begun() noexcept {
    static const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor;
}

void begin_delay() noexcept {
    const int before = errno;
    const std::uint64_t one = 1;
    delaying = true;
    [[maybe_unused]] const auto written = ::write(delay_begun(), &one, sizeof one);
    errno = before;
}

void stop_serving(int signal) {
    if (ops::Admin* const admin = admitting.load()) admin->set_ready(false);
    if (const ops::ServiceManager* const manager = telling.load()) manager->tell("STOPPING=1");
    Server* const server = serving.load();
    if (server == nullptr) return;
    // The first SIGTERM drains; whatever comes next ends it at once.
    const bool was_delaying = delaying.exchange(false);
    const auto delay = leave_delay.exchange(milliseconds(0));
    if (signal == SIGTERM && delay.count() > 0 && !was_delaying) {
        leave_delay = delay;
        return begin_delay();
    }
    const auto within = drain_within.exchange(milliseconds(0));
    if (signal == SIGTERM && within.count() > 0 && !was_delaying) return server->drain(within);
    server->stop();
    if (was_delaying) server->stop();
}

}  // namespace

StopOnSignal::StopOnSignal(Server& server, ops::Admin& admin, const ops::ServiceManager& manager,
                           const Leaving& leaving) {
    serving = &server;
    telling = &manager;
    admitting = &admin;
    leave_by(leaving);
    // (Not within the handler.)
    (void)delay_begun();
    struct sigaction action = {};
    action.sa_handler = stop_serving;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

StopOnSignal::~StopOnSignal() {
    serving = nullptr;
    admitting = nullptr;
    telling = nullptr;
}

void StopOnSignal::leave_by(const Leaving& leaving) noexcept {
    leave_delay = leaving.delay;
    drain_within = leaving.within;
}

Task<> StopOnSignal::leave_after_delay() {
    co_await readable(delay_begun());
    co_await sleep_for(leave_delay.exchange(milliseconds(0)));
    Server* const server = serving.load();
    if (!delaying.exchange(false) || server == nullptr) co_return;
    const auto within = drain_within.exchange(milliseconds(0));
    if (within.count() > 0)
        server->drain(within);
    else
        server->stop();
}

void StopOnSignal::hand_over() {
    // (The service manager knows the other one now.)
    telling = nullptr;
    delaying = false;
    leave_delay = milliseconds(0);
    if (ops::Admin* const admin = admitting.load()) {
        admin->set_ready(false);
        admin->hand_over();
    }
    if (Server* const server = serving.load())
        server->hand_over(drain_within.exchange(milliseconds(0)));
}

}  // namespace longwire::cli
