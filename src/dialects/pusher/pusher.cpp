#include "dialects/pusher/pusher.hpp"

#include "dialects/every.hpp"
#include "dialects/pusher/channel_kind.hpp"
#include "dialects/pusher/event.hpp"

#include <longwire/run.hpp>

#include <string>
#include <utility>

namespace longwire::dialects::pusher {

namespace {

constexpr std::chrono::milliseconds tick_every{200};

}  // namespace

Pusher::Pusher(Server& server, HubLoops& hub_loops, Gate& gate, std::vector<AppSettings> apps,
               Webhooks::Send send, const WebSocketOptions& websocket, const Options& options)
    : tally_(hub_loops.tally("pusher")),
      apps_(std::move(apps)),
      webhooks_(std::make_shared<Webhooks>(std::move(send), options.webhooks)),
      clients_(hub_loops),
      users_(options.grace),
      subscriptions_(hub_loops, tally_, gate, clients_, recovery_, webhooks_),
      conversations_(hub_loops, tally_, gate, apps_, clients_, subscriptions_, users_, webhooks_),
      occupancy_(apps_, webhooks_, options.grace,
                 [this](const SharedApp& app, const std::string& hub_name, std::size_t count) {
                     const auto name =
                         std::string_view(hub_name).substr(app->settings.prefix.size());
                     subscriptions_.tell(hub_name, subscription_count(name, count));
                 }),
      sockets_(server, hub_loops, apps_, clients_, conversations_, subscriptions_, websocket),
      fallbacks_(server, hub_loops, tally_, apps_, clients_, conversations_, subscriptions_,
                 options.fallbacks),
      api_(server, hub_loops, tally_, apps_, conversations_, subscriptions_) {
    hub_loops.add(*this);
    hub_loops.hub().add(occupancy_);
    server.post([this] {
        spawn(every(tick_every, [this] {
            tick();
            return true;
        }));
    });
}

void Pusher::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    subscriptions_.deliver(loop, publication);
}

void Pusher::interrupt(std::size_t loop, const std::string& channel, hub::Position /*position*/) {
    subscriptions_.interrupt(loop, channel);
}

void Pusher::announce(std::size_t loop, const hub::PresenceChange& change) {
    subscriptions_.announce(loop, change);
}

void Pusher::tick() {
    const auto now = std::chrono::steady_clock::now();
    occupancy_.tick(now);
    webhooks_->tick(now);
    recovery_.tick(now);
    conversations_.tell(users_.tick(now));
}

}  // namespace longwire::dialects::pusher
