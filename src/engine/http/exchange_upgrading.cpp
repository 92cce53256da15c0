// How the connection of an exchange becomes a WebSocket, or is refused to.
#include "engine/http/exchange.hpp"
#include "engine/http/upgrade_handshake.hpp"
#include "http/field_list.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace longwire::engine {

namespace {

/// It asks for another protocol (h2c, say), and is no handshake that went wrong. One without the
/// field may have lost it at a proxy.
bool asks_for_another(const Request& request) {
    return request.header("Upgrade") &&
           !http::contains_token(request.headers(), "Upgrade", "websocket");
}

}  // namespace

std::optional<Exchange::End> Exchange::upgrade(const WebSocketRoute& route, Request&& request,
                                               bool half_closed) {
    // Who has ended their side can take no part in what follows.
    if (half_closed) return End::one_way_only;
    auto offer = judge(route, request);
    if (!offer) {
        const Refusal& refusal = offer.error();
        if (asks_for_another(request)) return respond(refusal.response);
        return refuse_upgrade(refusal.why, refusal.response);
    }
    upgrading_ =
        std::make_shared<PendingUpgrade>(route, std::move(request), *std::move(offer), [this] {
            replying_ = new_replying({.upgrading = true});
            return replying_->reply(connection_.worker.shared_entry());
        });
    handling_ = true;
    auto decided = PendingUpgrade::decide(connection_.worker, upgrading_);
    if (!decided) return end_of_handler();
    handling_ = false;
    if (decided->status == 101) return switch_protocols(std::move(*decided));
    upgrading_.reset();
    return refuse_upgrade(HandshakeFailure::program, *decided);
}

Exchange::End Exchange::refuse_upgrade(HandshakeFailure why, const Response& refusal) {
    connection_.worker.tally().add(Tally::handshakes_refused);
    connection_.worker.tally().add(why);
    if (access_) access_->refuse(why);
    return respond(refusal);
}

Exchange::End Exchange::switch_protocols(Response decided) {
    const auto pending = upgrading_;
    Accepted accepted = accept(pending->route, pending->offer, std::move(decided));
    const std::size_t bytes = connection_.sink.switch_protocols(accepted.fields);
    const net::Ref<WebSocketSession> session(
        new WebSocketSession(connection_.worker, protocol::Role::server, *pending->route.latest,
                             accepted.subprotocol, std::move(accepted.decided_subprotocol)));
    if (const auto& agreed = accepted.deflate) session->compress(*agreed);
    if (!pending->states.empty()) session->states() = std::move(pending->states);
    if (access_) {
        access_->add_sent(bytes);
        access_->open(accepted.subprotocol);
        session->keep(std::move(access_));
    }
    answered_ = {};
    pending->session = session;
    return End::switched;
}

Exchange::Switched Exchange::take_websocket() {
    const auto taken = std::exchange(upgrading_, {});
    return {.session = std::exchange(taken->session, {}), .request = std::move(taken->request)};
}

}  // namespace longwire::engine
