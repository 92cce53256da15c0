// How a connection of HTTP becomes a WebSocket, or is refused to.
#include "engine/http/http_session.hpp"
#include "engine/http/upgrade_handshake.hpp"
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
    upgrading_ = std::make_shared<PendingUpgrade>(route, std::move(request), [this] {
        replying_ =
            new_replying({.minor_version = upgrading_->request.minor_version(), .upgrading = true});
        return replying_->reply(worker_.entry().held());
    });
    handling_ = true;
    // (What follows the request is held until it is answered.)
    auto decided = PendingUpgrade::decide(worker_, upgrading_);
    handling_ = false;
    if (decided) {
        if (decided->status == 101) return switch_protocols(std::move(*decided), rest);
        upgrading_.reset();
        return refuse_upgrade(HandshakeFailure::program, *decided, how);
    }
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

/// With all that has come since, if it was let in later.
void HttpSession::switch_protocols(Response decided, std::span<std::byte> rest) {
    const auto pending = std::exchange(upgrading_, {});
    std::vector<std::byte> held = std::exchange(held_, {});
    if (!held.empty()) {
        stream_->resume_reading();
        rest = held;
    }
    Accepted accepted = accept(pending->route, pending->request, std::move(decided));
    done_ = true;
    const std::string head = http::write_switching_protocols(accepted.fields);
    stream_->write(std::as_bytes(std::span(head)));
    const net::Ref<WebSocketSession> session(
        new WebSocketSession(worker_, protocol::Role::server, *pending->route.latest,
                             accepted.subprotocol, std::move(accepted.decided_subprotocol)));
    if (const auto& agreed = accepted.deflate) session->compress(*agreed);
    if (!pending->states.empty()) session->states() = std::move(pending->states);
    if (access_) {
        access_->add_sent(head.size());
        access_->open(accepted.subprotocol);
        session->keep(std::move(access_));
    }
    net::Stream& stream = *std::exchange(stream_, nullptr);
    answered_ = {};
    stream.exchange_session(session);
    session->attach(stream);
    session->open(std::move(pending->request));
    if (leaving_) session->on_leaving();
    if (!rest.empty()) session->on_receive(rest);
    count_held();
}

}  // namespace longwire::engine
