#pragma once

#include "engine/http/router.hpp"
#include "engine/worker.hpp"
#include "protocol/handshake.hpp"

#include <longwire/http_reply.hpp>
#include <longwire/request.hpp>
#include <longwire/response.hpp>
#include <longwire/states.hpp>
#include <longwire/upgrade.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace longwire::engine {

/// A handshake about which the route's `on_upgrade` decides: what an `Upgrade` stands for.
struct PendingUpgrade {
    /// `later` makes the reply by which it is decided, where that is not at once.
    PendingUpgrade(const WebSocketRoute& its_route, Request&& its_request,
                   protocol::HandshakeOffer its_offer, std::function<HttpReply()> its_later)
        : route(its_route),
          request(std::move(its_request)),
          offer(std::move(its_offer)),
          later(std::move(its_later)) {}

    /// Asks `on_upgrade`: a 101, or how to refuse it. Nothing where that comes later, by a reply.
    [[nodiscard]] static std::optional<Response> decide(
        Worker& worker, const std::shared_ptr<PendingUpgrade>& pending);

    const WebSocketRoute& route;
    Request request;
    protocol::HandshakeOffer offer;  // views of what the request owns
    std::function<HttpReply()> later;
    Response response = {.status = 101};
    detail::States states = {};
    net::Ref<WebSocketSession> session = {};  // once it is decided
    bool in_coroutine = false;
    bool deferred = false;
    Upgrade upgrade = Upgrade(*this);

private:
    static Task<> run(std::shared_ptr<PendingUpgrade> pending, HttpReply reply);
    void report_throw() noexcept;
};

}  // namespace longwire::engine
