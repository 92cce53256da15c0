#include "plan.hpp"

#include "finding.hpp"
#include "tokens.hpp"

#include <string>
#include <utility>

namespace longwire::stateful {

using access::ChannelRule;
using access::Who;
using std::chrono::milliseconds;

namespace {

SocketIoOptions drawn_socketio(simulation::Chance& chance, bool roomy) {
    SocketIoOptions options;
    options.ping_interval = milliseconds(chance.between(300, 2500));
    options.ping_timeout = milliseconds(chance.between(500, 1500));
    options.upgrade_timeout = milliseconds(chance.between(200, 2000));
    options.connect_timeout = milliseconds(chance.between(300, 4000));
    options.max_payload = chance.pick({std::size_t{20'000}, std::size_t{200'000}});
    options.max_event = 4 * options.max_payload;
    options.max_backlog = chance.pick({std::size_t{16} * 1024, std::size_t{256} * 1024});
    options.recovery = milliseconds(chance.percent(95) ? chance.between(2000, 8000) : 0);
    options.recovery_events = static_cast<std::size_t>(chance.pick({1, 5, 100}));
    if (!roomy) options.max_sessions = static_cast<std::size_t>(chance.between(3, 30));
    options.max_requests = 8;
    return options;
}

ChannelRule rule(std::string pattern, Who who) {
    ChannelRule made;
    made.pattern = std::move(pattern);
    made.subscribe = made.publish = made.presence = made.history = who;
    made.history_count = 20;
    made.history_age = std::chrono::seconds(20);
    made.keeps_presence = true;
    return made;
}

}  // namespace

Plan drawn_plan(simulation::Chance& chance, std::size_t threads) {
    Plan plan;
    plan.roomy = chance.percent(75);
    plan.server.threads = chance.percent(20) ? 1 : 2;
    if (threads != 0) plan.server.threads = threads;
    // (One that is patient ends no connection that only waits for its turn on a busy machine; and
    // waits no longer for whoever may have gone than the driver does.)
    plan.server.handshake_timeout = plan.roomy ? milliseconds(chance.between(9'000, 12'000))
                                               : milliseconds(chance.between(1500, 6000));
    if (!plan.roomy) {
        plan.server.max_memory = chance.pick({std::size_t{256} * 1024, std::size_t{4} << 20U});
        plan.server.max_connections = static_cast<std::size_t>(chance.between(30, 200));
    }
    plan.websocket.origins = {"*"};
    plan.websocket.limits.max_message_size = chance.pick({std::size_t{4096}, std::size_t{100'000}});
    plan.websocket.limits.max_backlog =
        chance.pick({std::size_t{8} * 1024, std::size_t{256} * 1024});
    plan.websocket.limits.ping_after = milliseconds(chance.between(300, 3000));
    plan.websocket.limits.idle_timeout = plan.websocket.limits.ping_after + milliseconds(3000);
    plan.websocket.limits.close_timeout = milliseconds(1500);
    plan.channels = drawn_socketio(chance, plan.roomy);
    plan.program = drawn_socketio(chance, plan.roomy);
    plan.program.path = "/program/";
    plan.pusher.grace = milliseconds(300);
    plan.pusher.fallbacks.patience = milliseconds(chance.between(300, 1500));
    plan.pusher.fallbacks.heartbeat = milliseconds(chance.between(300, 2000));
    plan.pusher.fallbacks.confirm_after = milliseconds(200);
    plan.pusher.fallbacks.most_queued = static_cast<std::size_t>(chance.pick({20, 4096}));
    plan.pusher.fallbacks.largest_stream = chance.pick({std::size_t{2048}, std::size_t{262'144}});
    plan.pusher.webhooks.first_pause = milliseconds(100);
    plan.pusher.webhooks.longest_pause = milliseconds(400);
    plan.hook_timeout = milliseconds(chance.between(150, 800));
    plan.apps = static_cast<std::size_t>(chance.between(60, 250));
    plan.gate_seed = chance.number();
    return plan;
}

dialects::RulesGate::Policy policy_of(std::uint64_t version,
                                      std::shared_ptr<dialects::Webhook> webhook) {
    static const auto key = access::SigningKey::secret(token_secret());
    if (!key) found("the test has no key: " + key.error().message());
    dialects::RulesGate::Policy policy;
    policy.keys.add(*key);
    policy.webhook = std::move(webhook);
    // (Something that nobody sees, so that each is another one.)
    policy.rules.push_back(rule("policy-" + std::to_string(version), Who::nobody));
    policy.rules.push_back(rule("token-*", Who::token));
    policy.rules.push_back(rule("user-*", Who::user));
    if (policy.webhook) policy.rules.push_back(rule("hook-*", Who::webhook));
    ChannelRule latest = rule("latest-*", Who::everyone);
    latest.slow_reader = SlowReader::latest;
    latest.last_message = true;
    policy.rules.push_back(latest);
    ChannelRule drops = rule("drops-*", Who::everyone);
    drops.slow_reader = SlowReader::drop_oldest;
    policy.rules.push_back(drops);
    ChannelRule plain = rule("plain-*", Who::everyone);
    plain.keeps_presence = false;
    plain.history_count = 0;
    policy.rules.push_back(plain);
    policy.rules.push_back(rule("*", Who::everyone));
    return policy;
}

std::vector<dialects::pusher::AppSettings> apps_of(std::size_t count, std::uint64_t version) {
    std::vector<dialects::pusher::AppSettings> apps;
    for (std::size_t number = 1; number <= count; ++number) {
        dialects::pusher::AppSettings app;
        app.id = std::to_string(number);
        app.key = "key-" + app.id;
        app.secret = app_secret;
        app.client_events = true;
        app.client_event_rate = {.a_second = 200, .burst = 200};
        app.messages = {.a_second = 1000, .burst = 1000};
        app.subscription_counts = number % 2 == 0;
        app.prefix = "app" + app.id + ":";
        // (Those who are looked through become others.)
        if (number > 3) app.prefix += std::to_string(version % 7) + ':';
        app.recover = number == 1;
        app.recover_for = std::chrono::seconds(2);
        app.activity_timeout = std::chrono::seconds(number == 1 ? 1 : 3);
        app.pong_timeout = std::chrono::seconds(1);
        if (number == 2) app.authorize_within = std::chrono::milliseconds(700);
        if (number == 3) app.most_channels = 5;
        apps.push_back(std::move(app));
    }
    return apps;
}

}  // namespace longwire::stateful
