// The polling transport: GET takes what there is for a session, POST brings what it sends.
#include "dialects/socketio/engineio_server.hpp"
#include "dialects/socketio/session_id.hpp"
#include "engine/http/cross_origin.hpp"
#include "engine/log.hpp"

#include <longwire/request.hpp>

#include <utility>

namespace longwire::dialects::socketio {

namespace {

constexpr std::string_view json_type = "application/json";

std::string refusal_json(std::string_view reason) {
    std::string json = error_json(EngineError::forbidden);
    if (reason.empty()) return json;
    json = R"({"code":4,"message":")";
    for (const char letter : reason)
        if (letter != '"' && letter != '\\' && static_cast<unsigned char>(letter) >= 0x20)
            json += letter;
    return json + "\"}";
}

int status_of(EngineError error) noexcept {
    return error == EngineError::forbidden ? 403 : 400;
}

}  // namespace

void EngineServer::answer(const Poll& poll, int status, std::string body,
                          std::string_view type) const {
    Response response = {.status = status, .body = std::move(body)};
    response.with("Content-Type", type).with("Cache-Control", "no-store");
    engine::make_readable(response, poll.origin, engine::cookies_allowed(options_.origins));
    poll.reply.send(std::move(response));
}

void EngineServer::refuse(const Poll& poll, EngineError error) const {
    answer(poll, status_of(error), error_json(error), json_type);
}

void EngineServer::refuse_unknown(const Poll& poll, std::string_view id) {
    note_unknown(id);
    refuse(poll, EngineError::unknown_session);
}

/// Where a proxy gives the requests of one session now to this server, now to another, no session
/// comes about; and clients tell nobody why.
void EngineServer::note_unknown(std::string_view id) {
    if (!is_of_another(id) || told_of_another_.exchange(true)) return;
    engine::log(LogLevel::warning,
                "a Socket.IO client sent a session id of another server: a proxy seems to "
                "distribute clients over several servers, which do not share sessions. Use one "
                "server (docs/proxies.md)");
}

void EngineServer::preflight(const Request& request, const Poll& poll) const {
    Response response = {.status = 204};
    response.with("Allow", "GET, POST, OPTIONS").with("Access-Control-Allow-Methods", "GET, POST");
    response.with("Access-Control-Allow-Headers",
                  request.header("Access-Control-Request-Headers").value_or("Content-Type"));
    response.with("Access-Control-Max-Age", "600");
    engine::make_readable(response, poll.origin, engine::cookies_allowed(options_.origins));
    poll.reply.send(std::move(response));
}

void EngineServer::request(const Request& request, HttpReply reply) {
    Poll poll = {.reply = std::move(reply), .origin = {}};
    if (!engine::origin_allowed(request, options_.origins)) {
        answer(
            poll, 403,
            refusal_json(
                "Pages of this origin may not use this server. Its operator can allow the origin."),
            json_type);
        return;
    }
    poll.origin = request.header("Origin").value_or("");
    poll.ref.loop = loops_.current().value_or(0);
    if (request.method() == "OPTIONS") return preflight(request, poll);
    const auto transport = request.query("transport");
    if (transport == "websocket" && options_.websocket)
        return refuse(poll, EngineError::bad_request);  // it is no handshake
    if (transport != "polling" || !options_.polling)
        return refuse(poll, EngineError::unknown_transport);
    const auto id = request.query("sid");
    if (!id && request.method() != "GET") return refuse(poll, EngineError::bad_handshake_method);
    if (request.query("EIO") != "4") return refuse(poll, EngineError::unsupported_version);
    if (!id) return open_by_poll(request, poll);
    const auto home = loop_of(*id);
    if (!home || *home >= on_loops_.size()) return refuse_unknown(poll, *id);
    if (request.method() == "GET") return forward_poll(*home, *id, std::move(poll));
    if (request.method() != "POST") return refuse(poll, EngineError::bad_request);
    if (request.body().size() > options_.max_payload) {
        answer(poll, 413, "The body is larger than maxPayload allows.");
        return;
    }
    if (poll.ref.loop == *home) return take_payload(*home, *id, request.body(), poll);
    loops_.post(*home,
                [this, home = *home, id = *id, poll = std::move(poll),
                 body = std::string(request.body())] { take_payload(home, id, body, poll); });
}

void EngineServer::open_by_poll(const Request& request, const Poll& poll) {
    std::shared_ptr<void> guest;
    if (const auto refusal = listener_.judge(request, guest)) {
        answer(poll, refusal->status, refusal_json(refusal->reason), json_type);
        return;
    }
    EngineSession* const session = open(poll.ref.loop, request);
    if (session == nullptr) {
        const bool crowded = options_.max_sessions > 0 && sessions() >= options_.max_sessions;
        answer(poll, crowded ? 503 : 429,
               refusal_json(crowded ? "There are too many sessions."
                                    : "There are too many sessions from your address."),
               json_type);
        return;
    }
    listener_.opened(*session, request, std::move(guest));
    if (session->ended()) return refuse(poll, EngineError::forbidden);
    answer(poll, 200, engineio_packet(EnginePacketType::open, opening_of(*session)));
}

/// A poll that waits is known to its session, and its end to the loop of its connection.
void EngineServer::forward_poll(std::size_t home, const std::string& id, Poll poll) {
    poll.ref.number = ++on_loops_[poll.ref.loop].latest_poll;
    const auto lost = [this, home, id, ref = poll.ref](bool leaving) {
        on_loop(home, [this, home, id, ref, leaving] { lose_poll(home, id, ref, leaving); });
    };
    poll.reply.on_close([lost] { lost(false); });
    poll.reply.on_leave([lost] { lost(true); });
    on_loop(home, [this, home, id, poll = std::move(poll)]() mutable {
        take_poll(home, id, std::move(poll));
    });
}

void EngineServer::take_poll(std::size_t loop, const std::string& id, Poll poll) {
    EngineSession* const session = find(loop, id);
    if (session == nullptr) return refuse_unknown(poll, id);
    if (session->ended()) {
        const bool last = session->payload_.empty();
        if (last) append_packet(session->payload_, EnginePacketType::close);
        session->poll_ = std::move(poll);
        flush(*session);
        if (last) bury(*session);
        return;
    }
    // (An alarm may be late by a little.)
    if (session->awaiting_pong_ && Alarms::Clock::now() >= session->due_) {
        end(*session, How::broken, "ping timeout");
        return refuse(poll, EngineError::unknown_session);
    }
    if (!session->polls()) return refuse(poll, EngineError::bad_request);
    if (session->poll_) {
        end(*session, How::broken, "transport error");
        return refuse(poll, EngineError::bad_request);
    }
    session->poll_ = std::move(poll);
    name_asker(*session, *session->poll_);
    // Whoever is about to change to a WebSocket waits for its last poll to end.
    if (session->payload_.empty() && session->probed_)
        append_packet(session->payload_, EnginePacketType::noop);
    if (!session->payload_.empty()) flush(*session);
}

void EngineServer::lose_poll(std::size_t loop, const std::string& id, LoopRef poll, bool leaving) {
    EngineSession* const session = find(loop, id);
    if (session == nullptr || !session->poll_ || session->poll_->ref != poll) return;
    if (leaving) return end(*session, How::by_server, "server shutting down");
    session->poll_.reset();
    end(*session, How::broken, "transport close");
}

void EngineServer::take_payload(std::size_t loop, const std::string& id, std::string_view body,
                                const Poll& poll) {
    EngineSession* const session = find(loop, id);
    if (session == nullptr || session->ended()) return refuse_unknown(poll, id);
    if (!session->polls()) return refuse(poll, EngineError::bad_request);
    if (!engine::is_utf8(body)) {
        end(*session, How::broken, "parse error");
        return refuse(poll, EngineError::bad_request);
    }
    PayloadReader packets(body);
    while (const auto packet = packets.next()) {
        handle(*session, *packet);
        if (session->ended()) break;
    }
    if (packets.malformed()) {
        end(*session, How::broken, "parse error");
        return refuse(poll, EngineError::bad_request);
    }
    name_asker(*session, poll);
    answer(poll, 200, "ok", "text/html");
}

}  // namespace longwire::dialects::socketio
