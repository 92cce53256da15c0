#pragma once

#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/socketio/application.hpp"

#include <longwire/server.hpp>
#include <longwire/socketio.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace longwire::dialects::socketio {

/// Channels for clients of Socket.IO that need no program on the server:
///
/// - the namespace /NAME is the channel NAME: who connects to it is a member, what they emit is
///   published, what is published arrives;
/// - on the namespace /, "subscribe", "unsubscribe", "publish" and "presence" are questions about
///   channels by name, each with an acknowledgement; what is published arrives with one argument
///   more, {"channel":NAME}.
class Channels {
public:
    /// All must outlive the server's run.
    Channels(Server& server, HubLoops& hub_loops, Gate& gate, const SocketIoOptions& options,
             const WebSocketOptions& websocket);
    Channels(const Channels&) = delete;
    Channels& operator=(const Channels&) = delete;
    ~Channels() = default;

    [[nodiscard]] const EngineServer& engine() noexcept { return application_.engine(); }

private:
    using Arguments = longwire::socketio::Arguments;
    using Acknowledge = longwire::socketio::Acknowledge;
    using Asked = longwire::socketio::Application;
    using Socket = longwire::socketio::Socket;
    struct Client;
    struct Publishing;

    [[nodiscard]] ApplicationRules rules_of(Gate& gate);
    void let_in(const Asked& asked);
    [[nodiscard]] static Client& client_of(const Member& member);
    void meet(Member& member);
    void welcome(Socket& socket);
    void welcome_to_channel(Socket& socket);
    void part(Socket& socket);
    void close_at(Member& member, std::chrono::sys_seconds when);

    // Questions on the namespace /
    void subscribe(Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge);
    void unsubscribe(Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge);
    void publish(Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge);
    void list_present(Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge);

    /// As whom it is listed there, where that is known.
    [[nodiscard]] std::optional<hub::Presence> who_of(const Member& member,
                                                      const std::string& channel) const;
    [[nodiscard]] Member::Joining joining(const Member& member, const std::string& room,
                                          const std::string& channel,
                                          const hub::HistoryQuery& query) const;
    void join(Member& member, const std::string& room, const std::string& channel,
              const hub::HistoryQuery& query, const Acknowledge& acknowledge);
    void watch_presence(Member& member, const std::string& channel);
    /// After what the client has published on that channel before.
    void publish_on(Member& member, Publishing publishing);
    void consider(Member& member, Publishing publishing);
    void answered(Member& member, const Publishing& publishing, const Verdict& verdict);
    void publish_judged(Member& member, const Publishing& publishing, const Verdict& verdict);
    void send_away(const Member& member, const Acknowledge& acknowledge);
    void announce(std::size_t loop, const hub::PresenceChange& change);

    using Then = std::move_only_function<void(Member&, const Verdict&)>;
    /// Goes on with `then`, on the member's loop, as long as it is there.
    void judge(Member& member, Action action, const std::string& channel, Then then);

    HubLoops& hub_loops_;
    Gate& gate_;
    Application application_;
};

}  // namespace longwire::dialects::socketio
