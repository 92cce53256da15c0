#include "engine/http/upgrade_handshake.hpp"

#include "engine/log.hpp"
#include "protocol/handshake.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

namespace longwire::engine {

namespace {

/// Whether a field is what the handshake itself says, or what would make it something else.
bool is_handshakes_own(std::string_view name) {
    constexpr std::array<std::string_view, 7> own = {
        "Upgrade",           "Connection",     "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Key", "Content-Length", "Transfer-Encoding"};
    return std::ranges::any_of(own,
                               [&](std::string_view one) { return same_field_name(one, name); });
}

std::string words_of_refused_origin(std::string_view origin, std::string_view host) {
    std::string words = "Pages of the origin ";
    words += origin;
    words += " may not connect to ";
    words += host.empty() ? "this server" : host;
    words += ". Its operator can allow the origin.";
    return words;
}

/// The subprotocol that `on_upgrade` has chosen by a field of its own, which the handshake writes;
/// nothing where it has not. A client fails a connection with one that it has not offered.
std::optional<std::string> take_subprotocol(Response& decided,
                                            std::span<const std::string_view> offered) {
    std::optional<std::string> chosen;
    std::erase_if(decided.headers, [&](const auto& field) {
        if (!same_field_name(field.first, "Sec-WebSocket-Protocol")) return false;
        if (std::ranges::find(offered, field.second) != offered.end())
            chosen = field.second;
        else
            log(LogLevel::warning, "on_upgrade chose the subprotocol " + field.second +
                                       ", which the client has not offered; it is left out");
        return true;
    });
    return chosen;
}

}  // namespace

std::expected<protocol::HandshakeOffer, Refusal> judge(const WebSocketRoute& route,
                                                       const Request& request) {
    auto offer =
        protocol::judge_request(request.method(), request.minor_version(), request.headers());
    if (!offer) {
        Response response = Response::text(offer.error().status, offer.error().body);
        for (const auto& [name, value] : offer.error().headers) response.with(name, value);
        constexpr int upgrade_required = 426;
        const auto why = offer.error().status == upgrade_required ? HandshakeFailure::version
                                                                  : HandshakeFailure::malformed;
        return std::unexpected(Refusal{why, std::move(response)});
    }
    const std::string_view host = request.header("Host").value_or("");
    if (protocol::origin_allowed(offer->origin, host, route.options.origins))
        return *std::move(offer);
    log(LogLevel::debug, "refused a handshake: the origin " + std::string(offer->origin) +
                             " is not allowed at " + std::string(host));
    return std::unexpected(
        Refusal{HandshakeFailure::origin,
                Response::text(403, words_of_refused_origin(offer->origin, host))});
}

Accepted accept(const WebSocketRoute& route, const protocol::HandshakeOffer& offer,
                Response decided) {
    Accepted accepted;
    accepted.subprotocol =
        protocol::choose_subprotocol(route.options.subprotocols, offer.subprotocols);
    if (auto decided_too = take_subprotocol(decided, offer.subprotocols)) {
        accepted.decided_subprotocol = std::make_shared<const std::string>(std::move(*decided_too));
        accepted.subprotocol = *accepted.decided_subprotocol;
    }
    std::string extensions;
    if (route.terms.compression != Compression::off) {
        if (auto agreed = protocol::choose_deflate(offer.extensions, wishes_of(route.terms))) {
            accepted.deflate = agreed->parameters;
            extensions = std::move(agreed->response);
        }
    }
    accepted.fields = protocol::response_fields(offer, accepted.subprotocol, extensions);
    for (auto& field : decided.headers)
        if (!is_handshakes_own(field.first)) accepted.fields.push_back(std::move(field));
    return accepted;
}

}  // namespace longwire::engine
