#include "served.hpp"

#include "finding.hpp"

#include <utility>

namespace longwire::stateful {

namespace {

using dialects::DialectTally;

Task<> tick(hub::Hub& hub) {
    for (;;) {
        co_await sleep_for(std::chrono::milliseconds(100));
        hub.tick();
    }
}

/// As serving_pusher.cpp does it.
void send_webhook(hooks::HttpCaller& caller, dialects::pusher::Webhooks::Call call,
                  dialects::pusher::Webhooks::Sent sent) {
    caller.call({.method = "POST",
                 .url = std::move(call.url),
                 .headers = std::move(call.headers),
                 .body = std::move(call.body)},
                [sent = std::move(sent)](const Result<hooks::HttpCallAnswer>& answer) mutable {
                    sent(answer && answer->status == 200, "it was not taken");
                });
}

std::vector<dialects::pusher::AppSettings> apps_with(const Plan& plan, const Hook& hook,
                                                     std::uint64_t version) {
    auto apps = apps_of(plan.apps, version);
    apps.front().webhooks = {hook.url()};
    return apps;
}

}  // namespace

Served::Served(const Plan& plan)
    : plan_(plan),
      hook_(plan.gate_seed),
      server_(plan.server),
      webhook_(std::make_shared<dialects::Webhook>(
          caller_,
          dialects::Webhook::Options{
              .url = hook_.url(), .connect_url = {}, .timeout = plan.hook_timeout})),
      rules_(policy_of(0, webhook_)),
      gate_(rules_, hub_loops_.loops(), later_, plan.gate_seed),
      raw_(server_, hub_loops_, gate_, plan.websocket),
      pusher_(
          server_, hub_loops_, gate_, apps_with(plan, hook_, 0),
          [this](dialects::pusher::Webhooks::Call call, dialects::pusher::Webhooks::Sent sent) {
              send_webhook(caller_, std::move(call), std::move(sent));
          },
          plan.websocket, plan.pusher),
      channels_(server_, hub_loops_, gate_, plan.channels, plan.websocket),
      program_(server_, plan.program, later_) {
    server_.post([this] { spawn(tick(hub_)); });
    const auto listening = server_.listen({});
    if (!listening) found("the server cannot listen: " + listening.error().message());
    port_ = listening->port;
    thread_ = std::thread([this] {
        if (server_.run() != 0) found("the server could not run");
        ended_ = true;
    });
}

void Served::reload() {
    ++version_;
    rules_.replace(policy_of(version_, webhook_));
    pusher_.replace(apps_with(plan_, hook_, version_));
}

std::string Served::unbalanced() const {
    std::string what;
    for (const DialectTally& tally : hub_loops_.tallies()) {
        const auto opened = tally.sum(DialectTally::opened);
        const auto closed = tally.sum(DialectTally::closed);
        if (opened != closed)
            what += tally.name() + " has opened " + std::to_string(opened) + " and closed " +
                    std::to_string(closed) + "; ";
    }
    const auto counts = hub_.counts();
    if (counts.members != 0 || counts.channels != 0)
        what += "the hub has " + std::to_string(counts.members) + " members on " +
                std::to_string(counts.channels) + " channels; ";
    return what;
}

std::string Served::left(const std::set<std::string>& channels) {
    std::string what = unbalanced();
    for (const std::string& channel : channels)
        hub_.presence(channel, [&](const Result<std::vector<hub::Presence>>& present) {
            if (!present || present->empty()) return;
            what += std::to_string(present->size()) + " are present on " + channel + ", as " +
                    present->front().user + "; ";
        });
    for (const auto& listed : hub_.channels("", "", 20))
        what += listed.name + " has " + std::to_string(listed.members) + "; ";
    if (const auto sessions = channels_.engine().sessions(); sessions != 0)
        what += std::to_string(sessions) + " sessions of Engine.IO; ";
    if (const auto sessions = program_.sessions(); sessions != 0)
        what += std::to_string(sessions) + " sessions of the program's; ";
    if (const auto connections = server_.counts().connections; connections != 0)
        what += std::to_string(connections) + " connections; ";
    return what;
}

void Served::drain(std::chrono::milliseconds within) {
    watchdog_.stop();
    server_.drain(within);
}

void Served::join() {
    thread_.join();
    // What comes later has nobody to come to.
    caller_.end();
    later_.end();
}

}  // namespace longwire::stateful
