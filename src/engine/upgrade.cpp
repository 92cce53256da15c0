#include "engine/upgrade.hpp"

#include "engine/log.hpp"
#include "protocol/handshake.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace longwire {

void Upgrade::refuse(Response response) {
    // A refusal that claims to be the 101 would leave the client in a protocol nobody speaks.
    if (response.status < 200 || response.status > 599) response.status = 500;
    response_ = std::move(response);
}

HttpReply Upgrade::answer_later() {
    deferred_ = true;
    return later_();
}

/// What the engine may do with an Upgrade that handlers may not.
class UpgradeAccess {
public:
    /// Lets the route's handler decide; the response is a 101 if it let the request in. Nothing
    /// where it answers later.
    static std::optional<Response> decide(const std::function<void(Upgrade&)>& handler,
                                          const Request& request,
                                          const std::function<HttpReply()>& later) {
        Upgrade upgrade(request, later);
        try {
            handler(upgrade);
        } catch (...) {
            engine::log(LogLevel::warning, "on_upgrade threw an exception (" +
                                               std::string(engine::current_exception_words()) +
                                               "); the handshake was refused with 500");
            upgrade.refuse(500, "The server could not decide about this connection.");
        }
        if (upgrade.deferred_) return std::nullopt;
        return std::move(upgrade.response_);
    }
};

namespace engine {

namespace {

std::string words_of_refused_origin(std::string_view origin, std::string_view host) {
    std::string words = "Pages of the origin ";
    words += origin;
    words += " may not connect to ";
    words += host.empty() ? "this server" : host;
    words += ". The server lists the origins it allows.";
    return words;
}

}  // namespace

std::optional<Response> refusal_of(const WebSocketRoute& route, const Request& request) {
    const auto offer =
        protocol::judge_request(request.method(), request.minor_version(), request.headers());
    if (!offer) {
        Response response = Response::text(offer.error().status, offer.error().body);
        for (const auto& [name, value] : offer.error().headers) response.with(name, value);
        return response;
    }
    const std::string_view host = request.header("Host").value_or("");
    if (protocol::origin_allowed(offer->origin, host, route.options.origins)) return std::nullopt;
    log(LogLevel::debug, "refused a handshake: the origin " + std::string(offer->origin) +
                             " is not allowed at " + std::string(host));
    return Response::text(403, words_of_refused_origin(offer->origin, host));
}

std::optional<Response> decide(const WebSocketRoute& route, const Request& request,
                               const std::function<HttpReply()>& later) {
    if (!route.terms.handlers.on_upgrade) return Response{.status = 101};
    return UpgradeAccess::decide(route.terms.handlers.on_upgrade, request, later);
}

Accepted accept(const WebSocketRoute& route, const Request& request, Response decided) {
    // It has been judged before: what it offers is views into the request.
    const auto offer =
        protocol::judge_request(request.method(), request.minor_version(), request.headers());
    Accepted accepted;
    accepted.subprotocol =
        protocol::choose_subprotocol(route.options.subprotocols, offer->subprotocols);
    std::string extensions;
    if (route.terms.compression != Compression::off) {
        if (auto agreed = protocol::choose_deflate(offer->extensions, wishes_of(route.terms))) {
            accepted.deflate = agreed->parameters;
            extensions = std::move(agreed->response);
        }
    }
    accepted.fields = protocol::response_fields(*offer, accepted.subprotocol, extensions);
    for (auto& field : decided.headers) accepted.fields.push_back(std::move(field));
    return accepted;
}

}  // namespace engine

}  // namespace longwire
