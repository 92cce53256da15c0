#pragma once

#include "dialects/alarms.hpp"
#include "dialects/loop_table.hpp"
#include "dialects/socketio/engineio_packet.hpp"
#include "dialects/socketio/engineio_session.hpp"
#include "dialects/socketio/session_count.hpp"
#include "engine/server_loops.hpp"

#include <longwire/server.hpp>
#include <longwire/socketio.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace longwire::dialects::socketio {

/// Told of what sessions do, on the loop of each.
class EngineListener {
public:
    EngineListener(const EngineListener&) = delete;
    EngineListener& operator=(const EngineListener&) = delete;

    struct Refusal {
        int status = 403;
        std::string reason;
    };
    /// Before a session is opened. What it finds out may be kept in `guest`, which is given back
    /// when it is.
    [[nodiscard]] virtual std::optional<Refusal> judge(const Request& /*request*/,
                                                       std::shared_ptr<void>& /*guest*/) {
        return {};
    }
    virtual void opened(EngineSession& session, const Request& request,
                        std::shared_ptr<void> guest) = 0;
    virtual void received(EngineSession& session, Message message) = 0;
    /// It has a WebSocket from now on.
    virtual void upgraded(EngineSession& /*session*/) {}
    virtual void closed(EngineSession& session, std::string_view reason) = 0;

protected:
    EngineListener() = default;
    ~EngineListener() = default;
};

/// Engine.IO, protocol 4, at one path of a server: sessions by polling, by WebSocket, and from the
/// one to the other.
class EngineServer {
public:
    /// All must outlive the server's run.
    EngineServer(Server& server, const SocketIoOptions& options, WebSocketOptions websocket,
                 EngineListener& listener);
    EngineServer(const EngineServer&) = delete;
    EngineServer& operator=(const EngineServer&) = delete;
    ~EngineServer() = default;

    [[nodiscard]] const engine::ServerLoops& loops() const noexcept { return loops_; }
    /// On the session's loop. Null where it has ended.
    [[nodiscard]] EngineSession* find(LoopRef ref) const { return sessions_.find(ref); }
    [[nodiscard]] EngineSession* find(std::size_t loop, const std::string& id) const;
    /// Publishes on a topic of the WebSockets of one loop, on whatever loop this is. `packets` is
    /// kept by `owner`.
    void publish(std::size_t loop, const std::string& topic, const SharedPackets& packets,
                 const std::shared_ptr<const void>& owner, LoopRef except) const;
    [[nodiscard]] Alarms& alarms(std::size_t loop) { return on_loops_[loop].alarms; }
    [[nodiscard]] std::size_t sessions() const noexcept { return count_.count(); }

private:
    friend class EngineSession;
    using Poll = EngineSession::Poll;
    struct OnLoop {
        std::unordered_map<std::string, EngineSession*> by_id;
        std::uint64_t latest_poll = 0;
        Alarms alarms;
    };
    /// What belongs to a WebSocket.
    struct Line {
        LoopRef wire = {};
        LoopRef session = {};              // without a number until that is known,
        std::string id = {};               // and until then by its id
        std::shared_ptr<void> guest = {};  // of the listener, until the session is opened
    };
    enum class How : std::uint8_t { by_peer, by_server, broken };

    // Requests
    void request(const Request& request, HttpReply reply);
    void answer(const Poll& poll, int status, std::string body,
                std::string_view type = "text/plain; charset=UTF-8") const;
    void refuse(const Poll& poll, EngineError error) const;
    /// There is no such session.
    void refuse_unknown(const Poll& poll, std::string_view id);
    void note_unknown(std::string_view id);
    void preflight(const Request& request, const Poll& poll) const;
    void open_by_poll(const Request& request, const Poll& poll);
    void forward_poll(std::size_t home, const std::string& id, Poll poll);
    void take_poll(std::size_t loop, const std::string& id, Poll poll);
    void lose_poll(std::size_t loop, const std::string& id, LoopRef poll, bool leaving);
    void take_payload(std::size_t loop, const std::string& id, std::string_view body,
                      const Poll& poll);
    template <class Function>
    void on_loop(std::size_t loop, Function&& function);

    // WebSockets
    void judge_upgrade(Upgrade& upgrade);
    void open_line(WebSocket& socket, const Request& request);
    void receive(WebSocket& socket, Message message);
    [[nodiscard]] EngineSession* session_of(const Line& line) const;
    void forward(const Line& line, Message message);
    void take_frame(EngineSession* session, LoopRef from, Message message);
    void take_probe(EngineSession& session, Message message);
    void lose_line(WebSocket& socket);
    void lose_wire(EngineSession* session, LoopRef wire);
    void attach(EngineSession* session, LoopRef candidate);
    void upgrade(EngineSession& session);
    void drop_candidate(EngineSession& session);
    void leave_candidate(EngineSession& session);
    void name_wire(const EngineSession& session);
    static void name_asker(const EngineSession& session, const Poll& poll);
    void close_wire(LoopRef wire, CloseCode code, std::string_view reason);

    // Sessions
    EngineSession* open(std::size_t loop, const Request& request);
    void handle(EngineSession& session, const EnginePacket& packet);
    void write(EngineSession& session, EnginePacketType type, std::string_view text);
    void flush_later(EngineSession& session);
    void flush(EngineSession& session);
    void set_beat(EngineSession& session);
    void beat(EngineSession& session);
    void miss_pong(EngineSession& session);
    void end(EngineSession& session, How how, std::string_view reason);
    void bury(EngineSession& session);
    [[nodiscard]] std::string opening_of(const EngineSession& session) const;

    const SocketIoOptions options_;
    EngineListener& listener_;
    engine::ServerLoops loops_;
    SessionCount count_;
    std::deque<OnLoop> on_loops_;
    LoopTable<EngineSession> sessions_;
    LoopTable<WebSocket, WebSocket*> wires_;
    std::atomic<bool> told_of_another_ = false;
};

/// Now, if it is this thread's loop; otherwise soon, in order.
template <class Function>
void EngineServer::on_loop(std::size_t loop, Function&& function) {
    if (loops_.current() == loop)
        function();
    else
        loops_.post(loop, std::forward<Function>(function));
}

}  // namespace longwire::dialects::socketio
