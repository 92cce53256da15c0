// How a connection of HTTP becomes a WebSocket, or is refused to.
#include "engine/http/http_session.hpp"
#include "engine/http/upgrade.hpp"
#include "http/field_list.hpp"
#include "http/response_writer.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace longwire::engine {

namespace {

/// It asks for another protocol (h2c, say), and is no handshake that went wrong. One without the
/// field may have lost it at a proxy.
bool asks_for_another(const Request& request) {
    return request.header("Upgrade") &&
           !http::contains_token(request.headers(), "Upgrade", "websocket");
}

}  // namespace

void HttpSession::upgrade(const WebSocketRoute& route, Request request, std::span<std::byte> rest,
                          const Answering& how) {
    // Who has ended their side can take no part in what follows.
    if (half_closed_) return finish();
    if (const auto refusal = refusal_of(route, request)) {
        if (asks_for_another(request)) return respond(refusal->response, how);
        return refuse_upgrade(refusal->why, refusal->response, how);
    }
    handling_ = true;
    auto decided = decide(route, request, [&] {
        replying_ = new_replying({.minor_version = request.minor_version(), .upgrading = true});
        return replying_->reply(worker_.entry().held());
    });
    handling_ = false;
    if (decided) {
        if (decided->status != 101) return refuse_upgrade(HandshakeFailure::program, *decided, how);
        return switch_protocols(route, std::move(request), std::move(*decided), rest);
    }
    // (What follows the request is held until it is answered.)
    upgrading_ = std::make_unique<PendingUpgrade>(route, std::move(request));
    if (const auto outcome = std::exchange(outcome_, {})) return replied(*outcome, rest);
    arm();
    if (leaving_) replying_->leave();
}

void HttpSession::refuse_upgrade(HandshakeFailure why, const Response& refusal,
                                 const Answering& how) {
    worker_.tally().add(Tally::handshakes_refused);
    worker_.tally().add(why);
    if (access_) access_->refuse(why);
    respond(refusal, how);
}

/// After it was let in later: with all that has come since.
void HttpSession::switch_protocols(Response decided, std::span<std::byte> rest) {
    const auto pending = std::move(upgrading_);
    std::vector<std::byte> held = std::exchange(held_, {});
    stream_->resume_reading();
    switch_protocols(pending->route, std::move(pending->request), std::move(decided),
                     held.empty() ? rest : std::span(held));
    count_held();
}

void HttpSession::switch_protocols(const WebSocketRoute& route, Request request, Response decided,
                                   std::span<std::byte> rest) {
    Accepted accepted = accept(route, request, std::move(decided));
    done_ = true;
    const std::string head = http::write_switching_protocols(accepted.fields);
    stream_->write(std::as_bytes(std::span(head)));
    const net::Ref<WebSocketSession> session(
        new WebSocketSession(worker_, protocol::Role::server, *route.latest, accepted.subprotocol,
                             std::move(accepted.decided_subprotocol)));
    if (const auto& agreed = accepted.deflate) session->compress(*agreed);
    if (access_) {
        access_->add_sent(head.size());
        access_->open(accepted.subprotocol);
        session->keep(std::move(access_));
    }
    net::Stream& stream = *std::exchange(stream_, nullptr);
    answered_ = {};
    stream.exchange_session(session);
    session->attach(stream);
    session->open(std::move(request));
    if (leaving_) session->on_leaving();
    if (!rest.empty()) session->on_receive(rest);
}

}  // namespace longwire::engine
