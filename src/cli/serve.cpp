#include "cli/serve.hpp"

#include "cli/exit_code.hpp"
#include "cli/web_folder.hpp"
#include "dialects/raw/raw.hpp"
#include "hub/hub.hpp"
#include "ops/log.hpp"

#include <fmt/core.h>
#include <longwire/longwire.hpp>

#include <atomic>
#include <csignal>
#include <cstdio>

namespace longwire::cli {

namespace {

std::atomic<Server*> serving = nullptr;

void stop_serving(int /*signal*/) {
    if (Server* const server = serving.load()) server->stop();
}

/// Ctrl-C and a service manager's SIGTERM end the server cleanly, while this object lives.
class StopOnSignal {
public:
    explicit StopOnSignal(Server& server) {
        serving = &server;
        struct sigaction action = {};
        action.sa_handler = stop_serving;
        sigemptyset(&action.sa_mask);
        sigaction(SIGINT, &action, nullptr);
        sigaction(SIGTERM, &action, nullptr);
    }
    ~StopOnSignal() { serving = nullptr; }
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;
};

void echo(Server& server, const std::string& path, const WebSocketOptions& options) {
    server.websocket(
        path, {.on_message = [](WebSocket& socket, Message message) { socket.send(message); }},
        options);
}

/// The address to write in a URL: a wildcard address is reached at the loopback one.
std::string reachable(const std::string& address, std::uint16_t port) {
    const bool wildcard = address.starts_with("0.0.0.0:") || address.starts_with("[::]:");
    return wildcard ? fmt::format("127.0.0.1:{}", port) : address;
}

void print_where(const Server::Listening& listening, const ServeOptions& options, bool has_page) {
    if (listening.port == 0) {
        fmt::print("Listening on {}\n", listening.address);
        return;
    }
    const std::string at = reachable(listening.address, listening.port);
    fmt::print("Listening on {}\n\n", listening.address);
    if (has_page) fmt::print("  page      http://{}/\n", at);
    fmt::print("  channel   ws://{}/channels/lobby\n", at);
    fmt::print("  echo      ws://{}{}\n\n", at, options.echo);
}

/// Says why the server could not listen, and what to try.
int report(const Error& error, const ListenOptions& asked) {
    std::string remedy;
    if (error.code() == ErrorCode::address_in_use && asked.unix_path.empty())
        remedy = fmt::format(
            "; end it, or choose another port: --listen {}:{}, or port 0 for any",
            asked.host.find(':') == std::string::npos ? asked.host : "[" + asked.host + "]",
            asked.port < 65535 ? asked.port + 1 : 8000);
    if (error.code() == ErrorCode::permission_denied && asked.unix_path.empty())
        remedy = "; ports below 1024 need a privilege, so choose a higher one with --listen";
    fmt::print(stderr, "longwire serve: {}{}\n", error.message(), remedy);
    return error.code() == ErrorCode::invalid_argument ? usage : failed;
}

}  // namespace

int serve(const ServeOptions& options) {
    ops::log_to_standard_error(options.verbose ? LogLevel::debug : LogLevel::info);

    hub::Hub hub;
    Server server(options.limits);
    dialects::raw::serve(server, hub, options.websocket);
    echo(server, options.echo, options.websocket);
    // For the page: its path has been checked to need no escapes.
    server.http("GET", "/endpoints.json", [path = options.echo](const Request&) {
        return Response::json(200, "{\"echo\": \"" + path + "\"}\n");
    });
    const std::string web = options.web.empty() ? web_folder() : options.web;
    if (!web.empty()) server.files("/", web);

    const StopOnSignal signals(server);
    for (const std::string& address : options.listen) {
        const auto where = ListenOptions::parse(address);
        if (!where) {
            fmt::print(stderr, "longwire serve: --listen: {}\n", where.error().message());
            return usage;
        }
        const auto listening = server.listen(*where);
        if (!listening) return report(listening.error(), *where);
        print_where(*listening, options, !web.empty());
    }
    fmt::print("Press Ctrl-C to stop.\n");
    std::fflush(stdout);
    const int status = server.run();
    fmt::print("Stopped.\n");
    return status;
}

}  // namespace longwire::cli
