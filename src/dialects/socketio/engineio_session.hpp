#pragma once

#include "dialects/alarms.hpp"
#include "dialects/loop_table.hpp"
#include "engine/http/answer_uptake.hpp"

#include <longwire/http_reply.hpp>
#include <longwire/message.hpp>
#include <longwire/prepared_message.hpp>
#include <longwire/websocket.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::socketio {

class EngineServer;

/// What stands above a session, and goes with it.
class EngineState {
public:
    EngineState() = default;
    virtual ~EngineState() = default;
    EngineState(const EngineState&) = delete;
    EngineState& operator=(const EngineState&) = delete;
};

/// Messages encoded for both transports, to be sent to many.
struct SharedPackets {
    std::string payload;                  // for polls
    std::vector<PreparedMessage> frames;  // for WebSockets
};

/// One client of Engine.IO, by whatever transport. It stays on the loop on which it came (its
/// WebSocket may be on another); all of this is for the thread of that loop.
class EngineSession {
public:
    [[nodiscard]] const std::string& id() const noexcept { return id_; }
    [[nodiscard]] std::size_t loop() const noexcept { return ref_.loop; }
    [[nodiscard]] LoopRef ref() const noexcept { return ref_; }
    /// Whether nothing goes in or out any more.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

    /// Whether it has no WebSocket, or not yet.
    [[nodiscard]] bool polls() const noexcept { return !wire_; }
    [[nodiscard]] LoopRef wire() const noexcept { return wire_; }
    /// Whether what is sent now leaves at once, as far as it can be seen from here.
    [[nodiscard]] bool writable() const noexcept;

    void send(Message message);
    void send(const SharedPackets& packets);
    /// Of a WebSocket only; what is published there are frames.
    void subscribe(const std::string& topic);
    void unsubscribe(const std::string& topic);

    /// Says who it is, for the access log.
    void name_user(std::string_view user);

    /// Sends what is left, and ends it.
    void close(std::string_view reason);
    /// Ends it: the peer has broken a rule.
    void fail(std::string_view sentence);

    std::unique_ptr<EngineState> state;

private:
    friend class EngineServer;
    EngineSession(EngineServer& server, std::string id, LoopRef ref)
        : server_(server), id_(std::move(id)), ref_(ref) {}

    struct Poll {
        HttpReply reply;
        std::string origin;  // of the page that may read the answer
        LoopRef ref = {};    // of its connection
    };

    EngineServer& server_;
    std::string id_;
    LoopRef ref_;
    std::string address_;
    std::string user_;
    LoopRef wire_;
    WebSocket* socket_ = nullptr;  // where it is on the same loop
    LoopRef candidate_;            // for an upgrade
    bool probed_ = false;
    std::optional<Poll> poll_;
    engine::AnswerUptake answered_;  // the poll before
    std::string payload_;            // for the next poll
    bool flushing_ = false;
    bool overflows_ = false;
    bool ended_ = false;
    Alarm beat_;
    Alarm giving_up_;  // of the candidate, or of a last poll
    bool awaiting_pong_ = false;
    Alarms::Clock::time_point due_;  // for the next ping, or for the pong
};

}  // namespace longwire::dialects::socketio
