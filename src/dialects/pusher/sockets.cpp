#include "dialects/pusher/sockets.hpp"

#include "dialects/pusher/event.hpp"
#include "dialects/pusher/random_name.hpp"

#include <algorithm>
#include <utility>

namespace longwire::dialects::pusher {

namespace {

constexpr int path_unknown = 4005;
constexpr auto going_away = static_cast<CloseCode>(1001);  // a page that is left

// The channels of one client are topics to the engine.
constexpr std::size_t most_topics = 65536;
// Of what a client missed, beside what has to wait for it anyway.
constexpr std::size_t enough_waits = std::size_t{64} * 1024;

}  // namespace

class Sockets::SocketLine final : public Line {
public:
    explicit SocketLine(WebSocket& socket) noexcept : socket_(&socket) {}

    void send(std::string_view json) override {
        if (socket_ != nullptr) socket_->send(json);
    }
    void close(int code, std::string_view reason) override {
        if (socket_ != nullptr) socket_->close(static_cast<CloseCode>(code), reason);
    }
    void name_user(std::string_view user) override {
        if (socket_ != nullptr) socket_->name_user(user);
    }
    [[nodiscard]] WebSocket* socket() noexcept override { return socket_; }
    [[nodiscard]] bool has_all() override {
        return socket_ != nullptr && engine::ServerLoops::unacknowledged(*socket_) == 0;
    }

    void watch() override {
        if (socket_ != nullptr) engine::ServerLoops::watch_uptake(*socket_);
    }
    void look(std::function<void(bool takes)> answer) override {
        answer(socket_ != nullptr && engine::ServerLoops::takes(*socket_));
    }
    [[nodiscard]] bool keeps_up() override {
        return socket_ != nullptr && socket_->buffered_amount() < enough_waits;
    }

    void part() noexcept { socket_ = nullptr; }

    LoopRef client;
    bool greeted = false;

private:
    WebSocket* socket_;
};

Sockets::Sockets(Server& server, HubLoops& hub_loops, Apps& apps, ClientTable& clients,
                 Conversations& conversations, Subscriptions& subscriptions,
                 WebSocketOptions options)
    : hub_loops_(hub_loops),
      apps_(apps),
      clients_(clients),
      conversations_(conversations),
      subscriptions_(subscriptions) {
    // Each app has its own, and a client that is refused has to be told so in the protocol.
    options.origins = {"*"};
    options.max_subscriptions = std::max(options.max_subscriptions, most_topics);
    server.websocket(
        "/app/:app",
        {
            .on_upgrade = [this](Upgrade& upgrade) { set_cookie(upgrade); },
            .on_open = [this](WebSocket& socket, const Request& request) { open(socket, request); },
            .on_message = [this](WebSocket& socket, Message message) { receive(socket, message); },
            .on_drain =
                [this](WebSocket& socket) {
                    if (Client* const client = clients_.find(socket.state<State>().line->client))
                        subscriptions_.catch_up(*client);
                },
            .on_leave =
                [this](WebSocket& socket) {
                    if (Client* const client = clients_.find(socket.state<State>().line->client))
                        conversations_.leave(*client);
                },
            .on_close = [this](WebSocket& socket, CloseCode code,
                               std::string_view /*reason*/) { gone(socket, code); },
        },
        options);
    const auto nowhere = [](WebSocket& socket, const Request& /*request*/) {
        socket.close(static_cast<CloseCode>(path_unknown), "The path is /app/ and an app's key.");
    };
    for (const std::string_view path : {"/app", "/app/*"})
        server.websocket(path, {.on_open = nowhere}, options);
}

/// For apps that know clients again by a cookie.
void Sockets::set_cookie(Upgrade& upgrade) {
    const Request& request = upgrade.request();
    const SharedApp app = apps_.with_key(request.parameter("app"));
    if (!app || !app->settings.recover || request.cookie(recovery_cookie)) return;
    if (std::ranges::find(app->settings.known_by, KnownBy::cookie) == app->settings.known_by.end())
        return;
    std::string cookie = random_name();
    // A page of another site sends a cookie only where it says so, and only over TLS.
    upgrade.header("Set-Cookie", std::string(recovery_cookie) + '=' + cookie +
                                     "; Path=/app; Max-Age=86400; HttpOnly; " +
                                     (request.secure() ? "SameSite=None; Secure" : "SameSite=Lax"));
    upgrade.state<State>().cookie = std::move(cookie);
}

void Sockets::open(WebSocket& socket, const Request& request) {
    auto line = std::make_shared<SocketLine>(socket);
    auto& state = socket.state<State>();
    state.line = line;
    SharedApp app;
    Visitor visitor;
    if (const auto goodbye = conversations_.judge(request, request.parameter("app"), app, visitor))
        return line->close(goodbye->code, goodbye->reason);
    Client* const client = conversations_.come(request, std::move(app), std::move(visitor), *line);
    if (client == nullptr) return;
    if (std::string cookie = std::exchange(state.cookie, {}); !cookie.empty() && client->known_as)
        client->known_as->cookie = std::move(cookie);
    line->client = ref_of(*client);
    line->greeted = true;
}

void Sockets::receive(WebSocket& socket, Message message) {
    SocketLine& line = *socket.state<State>().line;
    Client* const client = line.greeted ? clients_.find(line.client) : nullptr;
    if (client == nullptr) return;
    if (message.is_text())
        conversations_.receive(*client, message.text());
    else
        line.send(error_event(0, "Messages are text."));
}

void Sockets::gone(WebSocket& socket, CloseCode code) {
    const auto line = socket.state<State>().line;
    if (!line) return;
    Client* const client = line->greeted ? clients_.find(line->client) : nullptr;
    if (client == nullptr) return line->part();
    // Now is when it is known what has arrived; but whoever sends may be up the stack.
    subscriptions_.confirm(*client);
    client->closing = true;
    line->part();
    const bool comes_back = code != CloseCode::normal && code != going_away;
    hub_loops_.loops().post(line->client.loop, [this, line, comes_back] {
        if (Client* const there = clients_.find(line->client))
            conversations_.gone(*there, comes_back);
    });
}

}  // namespace longwire::dialects::pusher
