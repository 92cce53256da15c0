#include "dialects/socketio/engineio_server.hpp"

#include "dialects/socketio/session_id.hpp"
#include "engine/http/cross_origin.hpp"
#include "http/ip_address.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace longwire::dialects::socketio {

namespace {

// For a client to ask once more, and be told that it was the last time.
constexpr std::chrono::seconds last_poll_time{5};

}  // namespace

EngineServer::EngineServer(Server& server, const SocketIoOptions& options,
                           WebSocketOptions websocket, EngineListener& listener)
    : options_(options),
      listener_(listener),
      loops_(server),
      count_(options.max_sessions, options.max_sessions_per_address),
      on_loops_(loops_.count()),
      sessions_(loops_),
      wires_(loops_) {
    // (Since when it makes names is known from here on.)
    (void)new_id(0);
    std::string path = options_.path;
    while (path.ends_with('/')) path.pop_back();
    websocket.origins = options_.origins;
    websocket.limits.max_message_size = options_.max_payload;
    websocket.limits.max_backlog = options_.max_backlog;
    websocket.slow_reader = SlowReader::close;
    websocket.max_subscriptions = options_.max_namespaces * (options_.max_rooms + 1);
    // Engine.IO has pings of its own.
    websocket.limits.ping_after = websocket.limits.ping_every = websocket.limits.idle_timeout =
        std::chrono::milliseconds(0);
    auto allowed = std::make_shared<const std::vector<std::string>>(options_.origins);
    if (!path.empty())
        engine::CrossOrigin::share(
            server, path, [allowed = std::move(allowed)](std::string_view) { return allowed; });
    for (const std::string& each : {path + "/", path}) {
        if (each.empty()) continue;
        for (const std::string_view method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
            server.http(method, each, [this](const Request& request, HttpReply reply) {
                this->request(request, std::move(reply));
            });
        if (!options_.websocket) continue;
        server.websocket(
            each,
            {
                .on_upgrade = [this](Upgrade& upgrade) { judge_upgrade(upgrade); },
                .on_open = [this](WebSocket& socket,
                                  const Request& request) { open_line(socket, request); },
                .on_message = [this](WebSocket& socket,
                                     Message message) { receive(socket, message); },
                .on_close = [this](WebSocket& socket, CloseCode /*code*/,
                                   std::string_view /*reason*/) { lose_line(socket); },
            },
            websocket);
    }
}

EngineSession* EngineServer::find(std::size_t loop, const std::string& id) const {
    const auto found = on_loops_[loop].by_id.find(id);
    return found == on_loops_[loop].by_id.end() ? nullptr : found->second;
}

// ---- from the beginning to the end --------------------------------------------------------------

/// Null where there are too many.
EngineSession* EngineServer::open(std::size_t loop, const Request& request) {
    std::string address = http::counted_address(request.client_address());
    if (count_.take(address) != SessionCount::Room::enough) return nullptr;
    const LoopRef ref = sessions_.new_ref(loop);
    // (Only this class may make one.)
    EngineSession& session = sessions_.add(
        ref, std::unique_ptr<EngineSession>(new EngineSession(*this, new_id(loop), ref)));
    session.address_ = std::move(address);
    on_loops_[loop].by_id.emplace(session.id(), &session);
    session.due_ = Alarms::Clock::now() + options_.ping_interval;
    set_beat(session);
    return &session;
}

std::string EngineServer::opening_of(const EngineSession& session) const {
    return opening_json({.session = session.id(),
                         .may_upgrade = session.polls() && options_.websocket,
                         .ping_interval = options_.ping_interval,
                         .ping_timeout = options_.ping_timeout,
                         .max_payload = options_.max_payload});
}

void EngineServer::handle(EngineSession& session, const EnginePacket& packet) {
    switch (packet.type) {
        case EnginePacketType::message:
            return listener_.received(session, packet.data);
        case EnginePacketType::pong:
            session.awaiting_pong_ = false;
            session.due_ = Alarms::Clock::now() + options_.ping_interval;
            return set_beat(session);
        case EnginePacketType::close:
            return end(session, How::by_peer, "transport close");
        case EnginePacketType::ping:
            return end(session, How::broken, "invalid heartbeat direction");
        case EnginePacketType::open:
        case EnginePacketType::upgrade:
        case EnginePacketType::noop:
            break;
    }
}

void EngineServer::end(EngineSession& session, How how, std::string_view reason) {
    if (session.ended_) return;
    session.ended_ = true;
    session.beat_.call_off();
    if (session.probed_)
        leave_candidate(session);
    else
        drop_candidate(session);
    count_.give_back(session.address_);
    bool lingers = false;
    if (!session.polls()) {
        close_wire(session.wire_,
                   how == How::broken ? CloseCode::policy_violation : CloseCode::normal, reason);
    } else {
        if (how == How::by_peer) {
            session.payload_.clear();
            append_packet(session.payload_, EnginePacketType::noop);
        } else if (how == How::broken) {
            append_packet(session.payload_, EnginePacketType::close);
        } else {
            // Clients look at a close before they look at what came with it: it comes later.
            lingers = !session.poll_ || !session.payload_.empty();
            if (session.payload_.empty() && session.poll_)
                append_packet(session.payload_, EnginePacketType::close);
        }
        if (session.poll_) flush(session);
    }
    listener_.closed(session, reason);
    if (!lingers) return bury(session);
    session.giving_up_.set(alarms(session.loop()), Alarms::Clock::now() + last_poll_time,
                           [this, &session] { bury(session); });
}

/// Nobody finds it any more; it goes when whoever is handling it has done so.
void EngineServer::bury(EngineSession& session) {
    session.giving_up_.call_off();
    on_loops_[session.loop()].by_id.erase(session.id());
    sessions_.retire(session.ref());
}

void EngineSession::close(std::string_view reason) {
    server_.end(*this, EngineServer::How::by_server, reason);
}

void EngineSession::fail(std::string_view sentence) {
    server_.end(*this, EngineServer::How::broken, sentence);
}

// ---- heartbeats ---------------------------------------------------------------------------------

void EngineServer::set_beat(EngineSession& session) {
    session.beat_.set(alarms(session.loop()), session.due_, [this, &session] { beat(session); });
}

void EngineServer::beat(EngineSession& session) {
    if (session.awaiting_pong_) return miss_pong(session);
    session.awaiting_pong_ = true;
    // From when it was due, not from when an alarm went off.
    session.due_ += options_.ping_timeout;
    set_beat(session);
    if (!session.polls())
        wires_.run(session.wire_,
                   [](WebSocket& socket) { engine::ServerLoops::watch_uptake(socket); });
    write(session, EnginePacketType::ping, {});
}

/// A client that has yet to get the ping, and takes what comes before it, is waited for.
void EngineServer::miss_pong(EngineSession& session) {
    session.due_ = Alarms::Clock::now() + options_.ping_timeout;
    set_beat(session);
    const auto judge = [this, ref = session.ref()](bool takes) {
        if (takes) return;
        sessions_.run(ref, [this](EngineSession& there) {
            if (there.awaiting_pong_) end(there, How::broken, "ping timeout");
        });
    };
    // (One that was answered and does not ask again has no answer on its way.)
    if (session.polls()) return session.answered_.look(judge);
    wires_.run(session.wire_,
               [judge](WebSocket& socket) { judge(engine::ServerLoops::takes(socket)); });
}

// ---- sending ------------------------------------------------------------------------------------

bool EngineSession::writable() const noexcept {
    if (ended_) return false;
    if (polls()) return poll_.has_value() && payload_.empty();
    return socket_ == nullptr || socket_->buffered_amount() == 0;
}

void EngineServer::write(EngineSession& session, EnginePacketType type, std::string_view text) {
    if (session.ended_) return;
    if (session.polls()) {
        append_packet(session.payload_, type, text);
        return flush_later(session);
    }
    if (session.socket_ != nullptr) {
        session.socket_->send(engineio_packet(type, text));
        return;
    }
    wires_.run(session.wire_,
               [packet = engineio_packet(type, text)](WebSocket& socket) { socket.send(packet); });
}

void EngineSession::send(Message message) {
    if (message.is_text()) return server_.write(*this, EnginePacketType::message, message.text());
    if (ended_) return;
    if (polls()) {
        append_message(payload_, message);
        return server_.flush_later(*this);
    }
    if (socket_ != nullptr) {
        socket_->send(message);
        return;
    }
    server_.wires_.run(wire_, [bytes = std::string(message.text())](WebSocket& socket) {
        socket.send(std::as_bytes(std::span(bytes)));
    });
}

void EngineSession::send(const SharedPackets& packets) {
    if (ended_) return;
    if (polls()) {
        append_payload(payload_, packets.payload);
        return server_.flush_later(*this);
    }
    server_.wires_.run(wire_, [frames = packets.frames](WebSocket& socket) {
        for (const PreparedMessage& frame : frames) socket.send(frame);
    });
}

void EngineSession::name_user(std::string_view user) {
    user_ = user;
    if (poll_) EngineServer::name_asker(*this, *poll_);
    server_.name_wire(*this);
}

void EngineServer::name_asker(const EngineSession& session, const Poll& poll) {
    if (!session.user_.empty()) poll.reply.name_user(session.user_);
}

void EngineServer::name_wire(const EngineSession& session) {
    if (!session.user_.empty() && !session.polls())
        wires_.run(session.wire_,
                   [user = session.user_](WebSocket& socket) { socket.name_user(user); });
}

void EngineSession::subscribe(const std::string& topic) {
    server_.wires_.run(wire_, [topic](WebSocket& socket) { socket.subscribe(topic); });
}

void EngineSession::unsubscribe(const std::string& topic) {
    server_.wires_.run(wire_, [topic](WebSocket& socket) { socket.unsubscribe(topic); });
}

void EngineServer::publish(std::size_t loop, const std::string& topic, const SharedPackets& packets,
                           const std::shared_ptr<const void>& owner, LoopRef except) const {
    const auto publish_here = [this, loop, &packets, except, owner](const std::string& to) {
        WebSocket* const leave_out = except && except.loop == loop ? wires_.find(except) : nullptr;
        for (const PreparedMessage& frame : packets.frames)
            loops_.publish_here(to, frame, leave_out);
    };
    if (loops_.current() == loop) return publish_here(topic);
    loops_.post(loop, [publish_here, topic] { publish_here(topic); });
}

// ---- polls --------------------------------------------------------------------------------------

/// At the end of the turn, so that what belongs together leaves together.
void EngineServer::flush_later(EngineSession& session) {
    session.overflows_ = session.overflows_ || session.payload_.size() > options_.max_backlog;
    if (session.overflows_) session.payload_.clear();
    if (session.flushing_ || (!session.poll_ && !session.overflows_)) return;
    session.flushing_ = true;
    sessions_.with(session.ref(), [this](EngineSession& there) {
        there.flushing_ = false;
        if (there.overflows_) return end(there, How::broken, "the client did not poll in time");
        if (there.poll_ && !there.payload_.empty()) flush(there);
    });
}

void EngineServer::flush(EngineSession& session) {
    if (!session.poll_) return;
    const Poll poll = std::move(*session.poll_);
    session.poll_.reset();
    session.answered_ = engine::AnswerUptake(poll.reply);
    answer(poll, 200, std::exchange(session.payload_, {}));
    session.answered_.mark();
}

void EngineServer::close_wire(LoopRef wire, CloseCode code, std::string_view reason) {
    wires_.run(wire, [code, reason = std::string(reason)](WebSocket& socket) {
        socket.close(code, reason);
    });
}

}  // namespace longwire::dialects::socketio
