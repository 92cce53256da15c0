#include "cli/serve.hpp"

#include "cli/exit_code.hpp"
#include "cli/serve_command.hpp"
#include "cli/serving_policy.hpp"
#include "cli/serving_socketio.hpp"
#include "cli/web_folder.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/raw/raw.hpp"
#include "dialects/rules_gate.hpp"
#include "hub/hub.hpp"
#include "hub/memory_broker.hpp"
#include "ops/admin.hpp"
#include "ops/log.hpp"

#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <longwire/longwire.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::cli {

namespace {

std::atomic<Server*> serving = nullptr;

std::atomic<ops::Admin*> admitting = nullptr;
std::atomic<std::chrono::milliseconds> drain_within = std::chrono::milliseconds(0);

void stop_serving(int signal) {
    if (ops::Admin* const admin = admitting.load()) admin->set_ready(false);
    Server* const server = serving.load();
    if (server == nullptr) return;
    // The first SIGTERM drains; whatever comes next ends it at once.
    const auto within = drain_within.exchange(std::chrono::milliseconds(0));
    if (signal == SIGTERM && within.count() > 0)
        server->drain(within);
    else
        server->stop();
}

/// Ctrl-C and a service manager's SIGTERM end the server cleanly, while this object lives.
class StopOnSignal {
public:
    StopOnSignal(Server& server, ops::Admin& admin, std::chrono::milliseconds within) {
        serving = &server;
        admitting = &admin;
        drain_within = within;
        struct sigaction action = {};
        action.sa_handler = stop_serving;
        sigemptyset(&action.sa_mask);
        sigaction(SIGINT, &action, nullptr);
        sigaction(SIGTERM, &action, nullptr);
    }
    ~StopOnSignal() {
        serving = nullptr;
        admitting = nullptr;
    }
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;
};

/// SIGHUP from here on is something to be read from this descriptor.
int hangup_descriptor() {
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &hangup, nullptr);
    return signalfd(-1, &hangup, SFD_CLOEXEC | SFD_NONBLOCK);
}

void say_reloaded(const Result<void>& result, std::string_view what) {
    if (result)
        fmt::print("SIGHUP: the {} were read again.\n", what);
    else
        fmt::print(stderr, "longwire serve: SIGHUP: {}; the old {} stay in use\n",
                   result.error().message(), what);
}

/// Reads rules and keys again. What else has changed needs another start.
Result<void> reload_policy(const ServeOptions& running, dialects::RulesGate& gate) {
    const auto fresh = reread(running);
    if (!fresh)
        return failure(ErrorCode::invalid_argument, "the configuration is not right (see above)");
    auto policy = policy_of(*fresh);
    if (!policy) return std::unexpected(std::move(policy.error()));
    if (fresh->channels.empty() != running.channels.empty())
        return failure(ErrorCode::invalid_argument,
                       "a server without rules for channels cannot get some, or lose all, without "
                       "a restart");
    gate.replace(std::move(*policy));
    return {};
}

/// Reads certificates, rules and keys again at each SIGHUP, as a renewal's hook sends it.
Task<> reload_on_hangup(Server& server, const ServeOptions& options, dialects::RulesGate& gate) {
    const int descriptor = hangup_descriptor();
    // A terminal that is closed sends the same signal, and means the end.
    const bool from_terminal = isatty(STDIN_FILENO) != 0;
    for (;;) {
        co_await readable(descriptor);
        signalfd_siginfo signal = {};
        if (::read(descriptor, &signal, sizeof signal) != sizeof signal) continue;
        if (from_terminal && tcgetpgrp(STDIN_FILENO) < 0) {
            server.stop();
            co_return;
        }
        if (!options.tls_certificates.empty())
            say_reloaded(server.reload_certificates(), "certificates");
        if (!options.channels.empty()) say_reloaded(reload_policy(options, gate), "rules and keys");
        std::fflush(stdout);
    }
}

Task<> tick(hub::Hub& hub) {
    for (;;) {
        co_await sleep_for(std::chrono::milliseconds(500));
        hub.tick();
    }
}

/// As many descriptors as this process may have: each connection is one.
void raise_descriptor_limit() {
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

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
    const std::string_view s = listening.fingerprint.empty() ? "" : "s";
    fmt::print("Listening on {}\n\n", listening.address);
    if (has_page) fmt::print("  page      http{}://{}/\n", s, at);
    fmt::print("  channel   ws{}://{}/channels/lobby\n", s, at);
    fmt::print("  echo      ws{}://{}{}\n", s, at, options.echo);
    if (options.socketio.path != "off")
        fmt::print("  socket.io http{}://{}{}\n", s, at, options.socketio.path);
    if (options.tls_self_signed)
        fmt::print("\n  self-signed certificate, SHA-256:\n  {}\n", listening.fingerprint);
    fmt::print("\n");
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

/// Whoever can reach it could publish, and read, everything.
int refuse_to_be_open(const std::string& address) {
    fmt::print(stderr,
               "longwire serve: {} can be reached from other machines, and no rule says who may "
               "publish. Put rules into a file, as\n\n"
               "  [[channels]]\n  pattern = \"*\"\n  subscribe = \"everyone\"\n"
               "  publish = \"user\"\n\n"
               "and name it with --config (longwire config default prints one with all keys).\n",
               address);
    return usage;
}

std::optional<ServerTls> tls_of(const ServeOptions& options) {
    if (options.tls_certificates.empty() && !options.tls_self_signed) return std::nullopt;
    ServerTls tls;
    tls.self_signed = options.tls_self_signed;
    for (std::size_t index = 0; index < options.tls_certificates.size(); ++index)
        tls.certificates.push_back({.certificate_file = options.tls_certificates[index],
                                    .key_file = options.tls_keys[index]});
    tls.client_roots_file = options.tls_client_roots;
    if (!tls.client_roots_file.empty()) tls.client_certificates = ClientCertificates::needed;
    return tls;
}

/// Where asked. Otherwise gives the exit code: why not has been told.
std::optional<int> listen(Server& server, const ServeOptions& options, bool has_page) {
    for (const std::string& address : options.listen) {
        auto where = ListenOptions::parse(address);
        if (!where) {
            fmt::print(stderr, "longwire serve: --listen: {}\n", where.error().message());
            return usage;
        }
        if (options.channels.empty() && !is_private(*where)) return refuse_to_be_open(address);
        where->tls = tls_of(options);
        const auto listening = server.listen(*where);
        if (!listening) return report(listening.error(), *where);
        print_where(*listening, options, has_page);
    }
    return std::nullopt;
}

/// The same for the operator's address, which may be none.
std::optional<int> start(ops::Admin& admin, const std::string& address) {
    if (address.empty()) return std::nullopt;
    const auto where = ListenOptions::parse(address);
    if (!where) {
        fmt::print(stderr, "longwire serve: --admin: {}\n", where.error().message());
        return usage;
    }
    const auto listening = admin.start(*where);
    if (!listening) return report(listening.error(), *where);
    fmt::print("Admin on {}\n", listening->address);
    return std::nullopt;
}

/// Empty where the options about TLS fit each other.
std::string_view wrong_with_tls(const ServeOptions& options) {
    if (options.tls_keys.size() != options.tls_certificates.size())
        return "each --tls-cert needs its own --tls-key, in the same order";
    if (!options.tls_client_roots.empty() && !tls_of(options))
        return "--tls-client-ca needs --tls-cert and --tls-key";
    return {};
}

void describe_deliveries(const dialects::HubLoops& hub_loops, ops::Exposition& exposition) {
    const auto delays = hub_loops.delays();
    exposition.histogram("delivery_seconds",
                         "From publishing a message to its being handed to the members of one "
                         "loop.",
                         delays.bounds, delays.counts, delays.seconds);
}

}  // namespace

int serve(const ServeOptions& options) {
    if (const auto wrong = wrong_with_tls(options); !wrong.empty()) {
        fmt::print(stderr, "longwire serve: {}\n", wrong);
        return usage;
    }
    raise_descriptor_limit();
    ops::log_to_standard_error(options.verbose ? LogLevel::debug : LogLevel::info);

    hub::MemoryBroker broker;
    hub::Hub hub(broker);
    Server server(options.limits);
    dialects::HubLoops hub_loops(server, hub);
    auto policy = policy_of(options);
    if (!policy) {
        fmt::print(stderr, "longwire serve: {}\n", policy.error().message());
        return usage;
    }
    dialects::RulesGate gate(std::move(*policy));
    const auto socketio = serve_socketio(server, hub_loops, gate, options);
    ops::Admin admin(server, hub, [&](ops::Exposition& exposition) {
        describe_deliveries(hub_loops, exposition);
        describe(socketio.get(), exposition);
    });
    const dialects::raw::Raw raw(server, hub_loops, gate, options.websocket);
    server.post([&hub] { spawn(tick(hub)); });
    echo(server, options.echo, options.websocket);
    // For the page: its path has been checked to need no escapes.
    server.http("GET", "/endpoints.json", [path = options.echo](const Request&) {
        return Response::json(200, "{\"echo\": \"" + path + "\"}\n");
    });
    const std::string web = options.web.empty() ? web_folder() : options.web;
    if (!web.empty()) server.files("/", web);

    const StopOnSignal signals(server, admin, options.drain);
    if (const auto code = listen(server, options, !web.empty())) return *code;
    if (const auto code = start(admin, options.admin)) return *code;
    if (options.channels.empty())
        fmt::print("Only this machine can reach it, and everyone may do everything.\n");
    if (!options.tls_certificates.empty() || !options.channels.empty())
        server.post([&] { spawn(reload_on_hangup(server, options, gate)); });
    admin.set_ready(true);
    fmt::print("Press Ctrl-C to stop.\n");
    std::fflush(stdout);
    const int status = server.run();
    fmt::print("Stopped.\n");
    return status;
}

}  // namespace longwire::cli
