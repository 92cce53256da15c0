#include "dialects/raw/raw.hpp"

#include "dialects/raw/channel_name.hpp"

#include <longwire/longwire.hpp>

#include <memory>
#include <string>
#include <utility>

namespace longwire::dialects::raw {

namespace {

/// A publication as a WebSocket frame.
class Frame final : public hub::Encoding {
public:
    explicit Frame(Message message) : message_(message) {}
    [[nodiscard]] const PreparedMessage& message() const noexcept { return message_; }

private:
    PreparedMessage message_;
};

class Raw final : public hub::Dialect {
public:
    [[nodiscard]] std::unique_ptr<const hub::Encoding> encode(
        const hub::Publication& publication) const override {
        return std::make_unique<Frame>(publication.message);
    }
};

const Raw& dialect() {
    static const Raw instance;
    return instance;
}

/// One WebSocket on one channel.
class Membership final : public hub::Member {
public:
    Membership() = default;
    ~Membership() override { leave(); }

    void join(hub::Hub& hub, std::string channel, WebSocket& socket, bool echo) {
        hub_ = &hub;
        channel_ = std::move(channel);
        socket_ = &socket;
        echo_ = echo;
        hub.subscribe(channel_, *this);
    }

    void leave() {
        if (hub_ != nullptr) std::exchange(hub_, nullptr)->unsubscribe(channel_, *this);
        socket_ = nullptr;
    }

    void publish(Message message) {
        if (hub_ != nullptr) hub_->publish(channel_, message, echo_ ? nullptr : this);
    }

    [[nodiscard]] const hub::Dialect& dialect() const noexcept override { return raw::dialect(); }

    void deliver(const hub::Encoding& encoding) override {
        if (socket_ != nullptr) socket_->send(static_cast<const Frame&>(encoding).message());
    }

private:
    hub::Hub* hub_ = nullptr;
    WebSocket* socket_ = nullptr;  // the connection this is the state of
    std::string channel_;
    bool echo_ = false;
};

}  // namespace

void serve(Server& server, hub::Hub& hub, const WebSocketOptions& options) {
    server.websocket(
        "/channels/:name",
        {
            .on_upgrade =
                [](Upgrade& upgrade) {
                    if (!is_channel_name(upgrade.request().parameter("name")))
                        upgrade.refuse(400,
                                       "A channel's name has 1 to 200 bytes and no control "
                                       "characters.");
                },
            .on_open =
                [&hub](WebSocket& socket, const Request& request) {
                    const auto echo = request.query("echo");
                    socket.state<Membership>().join(hub, std::string(request.parameter("name")),
                                                    socket, echo == "1");
                },
            .on_message = [](WebSocket& socket,
                             Message message) { socket.state<Membership>().publish(message); },
            .on_close = [](WebSocket& socket, CloseCode,
                           std::string_view) { socket.state<Membership>().leave(); },
        },
        options);
}

}  // namespace longwire::dialects::raw
