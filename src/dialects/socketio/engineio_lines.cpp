// The websocket transport: from the beginning, or as the upgrade of a session that polls.
#include "dialects/socketio/engineio_server.hpp"
#include "dialects/socketio/session_id.hpp"

#include <longwire/request.hpp>

#include <span>
#include <utility>

namespace longwire::dialects::socketio {

namespace {

constexpr std::string_view probe = "probe";

Response refusal(EngineError error) {
    return Response::json(error == EngineError::forbidden ? 403 : 400, error_json(error));
}

}  // namespace

void EngineServer::judge_upgrade(Upgrade& upgrade) {
    const Request& request = upgrade.request();
    if (request.query("transport") != "websocket")
        return upgrade.refuse(refusal(EngineError::unknown_transport));
    if (request.query("EIO") != "4")
        return upgrade.refuse(refusal(EngineError::unsupported_version));
    const auto id = request.query("sid");
    if (!id) {
        if (const auto refused = listener_.judge(request, upgrade.state<Line>().guest))
            return upgrade.refuse(refused->status, refused->reason);
        switch (count_.look(std::string(request.client_address()))) {
            case SessionCount::Room::enough:
                return;
            case SessionCount::Room::too_many:
                return upgrade.refuse(503, "There are too many sessions.");
            case SessionCount::Room::too_many_of_address:
                break;
        }
        return upgrade.refuse(429, "There are too many sessions from your address.");
    }
    const auto home = loop_of(*id);
    if (!home || *home >= on_loops_.size()) {
        note_unknown(*id);
        return upgrade.refuse(refusal(EngineError::unknown_session));
    }
    // Of another loop's session it will be seen there; and one that is there, but cannot be
    // upgraded, closes it.
    if (loops_.current() != *home) return;
    const EngineSession* const session = find(*home, *id);
    if (session == nullptr || session->ended()) {
        note_unknown(*id);
        return upgrade.refuse(refusal(EngineError::unknown_session));
    }
}

void EngineServer::open_line(WebSocket& socket, const Request& request) {
    auto& line = socket.state<Line>();
    const std::size_t loop = loops_.current().value_or(0);
    line.wire = wires_.new_ref(loop);
    wires_.add(line.wire, &socket);
    const auto id = request.query("sid");
    if (id) {
        line.session.loop = loop_of(*id).value_or(0);
        line.id = *id;
        return on_loop(line.session.loop, [this, line] { attach(session_of(line), line.wire); });
    }
    EngineSession* const session = open(loop, request);
    if (session == nullptr)
        return socket.close(CloseCode::try_again_later, "There are too many sessions.");
    line.session = session->ref();
    session->wire_ = line.wire;
    session->socket_ = &socket;
    write(*session, EnginePacketType::open, opening_of(*session));
    listener_.opened(*session, request, std::move(line.guest));
}

void EngineServer::receive(WebSocket& socket, Message message) {
    const auto& line = socket.state<Line>();
    if (line.session.loop != line.wire.loop) return forward(line, message);
    take_frame(session_of(line), line.wire, message);
}

/// On its loop.
EngineSession* EngineServer::session_of(const Line& line) const {
    return line.session ? find(line.session) : find(line.session.loop, line.id);
}

void EngineServer::forward(const Line& line, Message message) {
    loops_.post(line.session.loop, [this, line, type = message.type(),
                                    payload = std::string(message.text())] {
        take_frame(session_of(line), line.wire, {type, std::as_bytes(std::span(payload))});
    });
}

void EngineServer::take_frame(EngineSession* session, LoopRef from, Message message) {
    if (session == nullptr || session->ended())
        return close_wire(from, CloseCode::normal, "The session has ended.");
    if (session->candidate_ == from) return take_probe(*session, message);
    if (session->wire_ != from) return;
    if (!message.is_text()) return listener_.received(*session, message);
    const auto packet = read_engine_packet(message.text());
    if (!packet) return end(*session, How::broken, "parse error");
    handle(*session, *packet);
}

// ---- upgrades -----------------------------------------------------------------------------------

void EngineServer::attach(EngineSession* session, LoopRef candidate) {
    if (session == nullptr || session->ended() || !session->polls() || session->candidate_)
        return close_wire(candidate, CloseCode::policy_violation,
                          "This session does not exist or cannot be upgraded.");
    session->candidate_ = candidate;
    wires_.run(candidate, [ref = session->ref()](WebSocket& socket) {
        auto& line = socket.state<Line>();
        line.session = ref;
        line.id.clear();
    });
    session->giving_up_.set(alarms(session->loop()),
                            Alarms::Clock::now() + options_.upgrade_timeout,
                            [this, session] { drop_candidate(*session); });
}

void EngineServer::drop_candidate(EngineSession& session) {
    if (!session.candidate_) return;
    session.giving_up_.call_off();
    session.probed_ = false;
    close_wire(std::exchange(session.candidate_, {}), CloseCode::normal, {});
}

/// Of a session that ends. A client that has been told that it may change over to it does so, or
/// does nothing for a long time: it is closed when that has happened.
void EngineServer::leave_candidate(EngineSession& session) {
    session.giving_up_.call_off();
    session.probed_ = false;
    alarms(session.loop())
        .set(Alarms::Clock::now() + options_.upgrade_timeout,
             [this, wire = std::exchange(session.candidate_, {})] {
                 close_wire(wire, CloseCode::normal, {});
             });
}

void EngineServer::take_probe(EngineSession& session, Message message) {
    const auto packet =
        message.is_text() ? read_engine_packet(message.text()) : std::optional<EnginePacket>();
    if (packet && packet->type == EnginePacketType::ping && packet->data.text() == probe) {
        session.probed_ = true;
        wires_.run(session.candidate_, [](WebSocket& socket) {
            socket.send(engineio_packet(EnginePacketType::pong, probe));
        });
        if (!session.poll_) return;
        if (session.payload_.empty()) append_packet(session.payload_, EnginePacketType::noop);
        return flush(session);
    }
    if (packet && packet->type == EnginePacketType::upgrade && session.probed_)
        return upgrade(session);
    drop_candidate(session);
}

void EngineServer::upgrade(EngineSession& session) {
    session.giving_up_.call_off();
    session.probed_ = false;
    const std::string waiting = std::exchange(session.payload_, {});
    if (session.poll_) {
        append_packet(session.payload_, EnginePacketType::noop);
        flush(session);
    }
    session.wire_ = std::exchange(session.candidate_, {});
    if (session.wire_.loop == session.loop()) session.socket_ = wires_.find(session.wire_);
    name_wire(session);
    if (!waiting.empty()) {
        PayloadReader packets(waiting);
        while (const auto packet = packets.next()) {
            if (packet->data.is_text())
                write(session, packet->type, packet->data.text());
            else
                session.send(packet->data);
        }
    }
    listener_.upgraded(session);
}

// ---- gone ---------------------------------------------------------------------------------------

void EngineServer::lose_line(WebSocket& socket) {
    const auto& line = socket.state<Line>();
    wires_.remove(line.wire);
    on_loop(line.session.loop, [this, line] { lose_wire(session_of(line), line.wire); });
}

void EngineServer::lose_wire(EngineSession* session, LoopRef wire) {
    if (session == nullptr) return;
    if (session->candidate_ == wire) return drop_candidate(*session);
    if (session->wire_ != wire) return;
    session->socket_ = nullptr;
    end(*session, How::by_peer, "transport close");
}

}  // namespace longwire::dialects::socketio
