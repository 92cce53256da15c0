#include "cli/serving_echo.hpp"

#include "dialects/gate.hpp"

#include <string_view>
#include <utility>

namespace longwire::cli {

namespace {

/// Whoever talks to the echo.
struct Talker {
    dialects::Visitor visitor;
};

void close_for(WebSocket& socket, std::string_view reason) {
    socket.close(CloseCode::policy_violation, reason);
}

void open(dialects::RulesGate& gate, WebSocket& socket, const Request& request) {
    dialects::Visitor visitor;
    // (A token that is no good makes nobody of them, and the echo is for everybody.)
    const dialects::Verdict known = gate.authenticate(request, visitor);
    if (known.status == 429) return close_for(socket, known.reason);
    if (gate.limits_publishing()) socket.state<Talker>().visitor = std::move(visitor);
}

/// Where rates bound what is published, they bound the echo: of whoever has come since they do. (A
/// call of its own, so that an echo without them costs no more than its way back.)
[[gnu::noinline]] void send_back_within_rates(dialects::RulesGate& gate, WebSocket& socket,
                                              Message message) {
    const auto& its = socket.state<Talker>();
    if (its.visitor.credentials)
        if (const auto verdict = gate.judge_rate(its.visitor); !verdict.allows())
            return close_for(socket, verdict.reason);
    socket.send(message);
}

}  // namespace

void serve_echo(const Serving& serving, dialects::RulesGate& gate) {
    const std::string& path = serving.options.echo;
    const bool off = path == "off";
    // For the page: its path has been checked to need no escapes.
    serving.server.http(
        "GET", "/endpoints.json",
        [json = off ? std::string("{\"echo\": null}\n") : "{\"echo\": \"" + path + "\"}\n"](
            const Request&) { return Response::json(200, json); });
    if (off) return;
    serving.server.websocket(
        path,
        {.on_open = [&gate](WebSocket& socket,
                            const Request& request) { open(gate, socket, request); },
         .on_message =
             [&gate](WebSocket& socket, Message message) {
                 if (gate.limits_publishing()) return send_back_within_rates(gate, socket, message);
                 socket.send(message);
             }},
        serving.options.websocket);
}

}  // namespace longwire::cli
