#include "cli/serving_signals.hpp"

#include <atomic>
#include <csignal>

namespace longwire::cli {

namespace {

std::atomic<Server*> serving = nullptr;

std::atomic<ops::Admin*> admitting = nullptr;
std::atomic<std::chrono::milliseconds> drain_within = std::chrono::milliseconds(0);
std::atomic<const ops::ServiceManager*> telling = nullptr;

void stop_serving(int signal) {
    if (ops::Admin* const admin = admitting.load()) admin->set_ready(false);
    if (const ops::ServiceManager* const manager = telling.load()) manager->tell("STOPPING=1");
    Server* const server = serving.load();
    if (server == nullptr) return;
    // The first SIGTERM drains; whatever comes next ends it at once.
    const auto within = drain_within.exchange(std::chrono::milliseconds(0));
    if (signal == SIGTERM && within.count() > 0)
        server->drain(within);
    else
        server->stop();
}

}  // namespace

StopOnSignal::StopOnSignal(Server& server, ops::Admin& admin, const ops::ServiceManager& manager,
                           std::chrono::milliseconds within) {
    serving = &server;
    telling = &manager;
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
    telling = nullptr;
}

void StopOnSignal::hand_over() {
    // (The service manager knows the other one now.)
    telling = nullptr;
    if (ops::Admin* const admin = admitting.load()) {
        admin->set_ready(false);
        admin->hand_over();
    }
    if (Server* const server = serving.load())
        server->hand_over(drain_within.exchange(std::chrono::milliseconds(0)));
}

void StopOnSignal::drain_for(std::chrono::milliseconds within) noexcept {
    drain_within = within;
}

}  // namespace longwire::cli
