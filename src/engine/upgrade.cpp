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

/// What the engine may do with an Upgrade that handlers may not.
class UpgradeAccess {
public:
    /// Lets the route's handler decide; the response is a 101 if it let the request in.
    static Response decide(const std::function<void(Upgrade&)>& handler, const Request& request) {
        Upgrade upgrade(request);
        try {
            handler(upgrade);
        } catch (...) {
            engine::log(LogLevel::warning, "on_upgrade threw an exception (" +
                                               std::string(engine::current_exception_words()) +
                                               "); the handshake was refused with 500");
            upgrade.refuse(500, "The server could not decide about this connection.");
        }
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

std::expected<Accepted, Refused> judge_upgrade(const WebSocketRoute& route,
                                               const Request& request) {
    const auto offer =
        protocol::judge_request(request.method(), request.minor_version(), request.headers());
    if (!offer) {
        Response response = Response::text(offer.error().status, offer.error().body);
        for (const auto& [name, value] : offer.error().headers) response.with(name, value);
        constexpr int upgrade_required = 426;
        const auto why = offer.error().status == upgrade_required ? HandshakeFailure::version
                                                                  : HandshakeFailure::malformed;
        return std::unexpected(Refused{why, std::move(response)});
    }
    const std::string_view host = request.header("Host").value_or("");
    if (!protocol::origin_allowed(offer->origin, host, route.options.origins)) {
        log(LogLevel::debug, "refused a handshake: the origin " + std::string(offer->origin) +
                                 " is not allowed at " + std::string(host));
        return std::unexpected(
            Refused{HandshakeFailure::origin,
                    Response::text(403, words_of_refused_origin(offer->origin, host))});
    }
    Response decided = {.status = 101};
    if (route.terms.handlers.on_upgrade)
        decided = UpgradeAccess::decide(route.terms.handlers.on_upgrade, request);
    if (decided.status != 101)
        return std::unexpected(Refused{HandshakeFailure::program, std::move(decided)});

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
