#include "dialects/raw/raw.hpp"

#include "dialects/raw/channel_name.hpp"

#include <longwire/longwire.hpp>

#include <string>
#include <utility>

namespace longwire::dialects::raw {

namespace {

// A channel's members are subscribed to a topic of its name; other dialects have other topics.
constexpr std::string_view topic_prefix = "raw:";

/// One WebSocket on one channel: the state of that connection.
struct Membership final : hub::Member {
    std::string topic;
    WebSocket* socket = nullptr;
    bool echo = false;

    [[nodiscard]] std::string_view channel() const noexcept {
        return std::string_view(topic).substr(topic_prefix.size());
    }
};

}  // namespace

Raw::Raw(Server& server, hub::Hub& hub, const WebSocketOptions& options) : server_(server) {
    hub.add(*this);
    server.websocket("/channels/:name",
                     {
                         .on_upgrade =
                             [](Upgrade& upgrade) {
                                 if (!is_channel_name(upgrade.request().parameter("name")))
                                     upgrade.refuse(
                                         400,
                                         "A channel's name has 1 to 200 bytes and no control "
                                         "characters.");
                             },
                         .on_open =
                             [](WebSocket& socket, const Request& request) {
                                 auto& membership = socket.state<Membership>();
                                 membership.topic = topic_prefix;
                                 membership.topic += request.parameter("name");
                                 membership.socket = &socket;
                                 membership.echo = request.query("echo") == "1";
                                 socket.subscribe(membership.topic);
                             },
                         .on_message =
                             [this, &hub](WebSocket& socket, Message message) {
                                 auto& membership = socket.state<Membership>();
                                 const bool echo = membership.echo;
                                 hub.publish({.channel = membership.channel(),
                                              .message = message,
                                              .dialect = echo ? nullptr : this,
                                              .publisher = echo ? nullptr : &membership});
                             },
                     },
                     options);
}

void Raw::deliver(const hub::Publication& publication) {
    if (publication.dialect == this) {
        const auto& publisher = static_cast<const Membership&>(*publication.publisher);
        publisher.socket->publish(publisher.topic, publication.message);
        return;
    }
    std::string topic(topic_prefix);
    topic += publication.channel;
    server_.publish(topic, publication.message);
}

}  // namespace longwire::dialects::raw
