#include "cli/serve.hpp"

#include "cli/exit_code.hpp"
#include "cli/serving.hpp"
#include "cli/serving_addresses.hpp"
#include "cli/serving_figures.hpp"
#include "cli/serving_hooks.hpp"
#include "cli/serving_policy.hpp"
#include "cli/serving_pusher.hpp"
#include "cli/serving_raw.hpp"
#include "cli/serving_reload.hpp"
#include "cli/serving_signals.hpp"
#include "cli/serving_socketio.hpp"
#include "cli/serving_successor.hpp"
#include "cli/web_folder.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/rules_gate.hpp"
#include "hooks/http_caller.hpp"
#include "hub/hub.hpp"
#include "hub/memory_broker.hpp"
#include "ops/access_log.hpp"
#include "ops/admin.hpp"
#include "ops/log.hpp"
#include "ops/service_manager.hpp"

#include <fmt/core.h>
#include <sys/resource.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::cli {

namespace {

Task<> tick(hub::Hub& hub) {
    for (;;) {
        co_await sleep_for(std::chrono::milliseconds(500));
        hub.tick();
    }
}

/// Says that this loop turns, as often as the service manager wants to hear it.
Task<> keep_alive(const ops::ServiceManager& manager, std::chrono::milliseconds often) {
    for (;;) {
        manager.tell("WATCHDOG=1");
        co_await sleep_for(often);
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

void add_pages(Server& server, const ServeOptions& options, const std::string& web) {
    echo(server, options.echo, options.websocket);
    // For the page: its path has been checked to need no escapes.
    server.http("GET", "/endpoints.json", [path = options.echo](const Request&) {
        return Response::json(200, "{\"echo\": \"" + path + "\"}\n");
    });
    if (!web.empty()) server.files("/", web);
}

/// What concerns the whole process, before it has other threads.
void prepare(const ServeOptions& options) {
    raise_descriptor_limit();
    hold_hangups();
    hold_hand_overs();
    ops::log_to_standard_error(options.verbose ? LogLevel::debug : LogLevel::info,
                               options.log_format);
}

/// Null where there is to be none.
Result<std::unique_ptr<ops::AccessLog>> open_access_log(const ServeOptions& options) {
    if (options.access_log == "off") return nullptr;
    return ops::AccessLog::open(options.access_log, options.log_format);
}

void write_to(ops::AccessLog* access_log, Server& server) {
    if (access_log != nullptr)
        server.on_access([access_log](const AccessRecord& record) { access_log->write(record); });
}

/// What goes on beside serving, from when that begins.
void begin(const Reloading& reloading, Sockets& sockets) {
    const ops::ServiceManager& manager = reloading.manager;
    spawn(reload_on_hangup(reloading));
    if (const auto often = manager.watchdog()) spawn(keep_alive(manager, *often));
    spawn(hand_over_on_signal(sockets.own, manager));
    manager.tell("READY=1");
    sockets.predecessor.tell_ready();
}

void end(hooks::HttpCaller& caller, ops::AccessLog* access_log) {
    // Its answers go to what has been made after it.
    caller.end();
    if (access_log != nullptr) access_log->end();
    ops::end_log();
    fmt::print("Stopped.\n");
}

int wrong(std::string_view what) {
    fmt::print(stderr, "longwire serve: {}\n", what);
    return usage;
}

}  // namespace

int serve(const ServeOptions& options) {
    if (const auto words = wrong_with_tls(options); !words.empty()) return wrong(words);
    prepare(options);
    Sockets sockets;
    const auto access_log = open_access_log(options);
    if (!access_log) return wrong(access_log.error().message());
    hooks::HttpCaller caller(caller_options(options));
    hub::MemoryBroker broker;
    hub::Hub hub(broker);
    Server server(options.limits);
    write_to(access_log->get(), server);
    dialects::HubLoops hub_loops(server, hub);
    auto policy = policy_of(options, caller);
    if (!policy) return wrong(policy.error().message());
    dialects::RulesGate gate(std::move(*policy));
    ops::Admin admin(server, hub, [&](ops::Exposition& exposition) {
        describe_channels(hub_loops, broker, exposition);
        if (*access_log) (*access_log)->describe(exposition);
    });
    const Serving serving = {.options = options,
                             .server = server,
                             .hub_loops = hub_loops,
                             .gate = gate,
                             .caller = caller};
    // The dialects: each adds what it serves, and stays until the end.
    const auto raw = serve_raw(serving);
    const auto pusher = serve_pusher(serving);
    const auto socketio = serve_socketio(serving);
    const std::string web = options.web.empty() ? web_folder() : options.web;
    add_pages(server, options, web);
    server.post([&hub] { spawn(tick(hub)); });

    const ops::ServiceManager manager;
    const StopOnSignal signals(server, admin, manager, options.drain);
    if (const auto code = listen(server, options, sockets, !web.empty())) return *code;
    if (const auto code = start(admin, options.admin, sockets)) return *code;
    if (options.channels.empty())
        fmt::print("Only this machine can reach it, and everyone may do everything.\n");
    server.post([&] {
        begin({.options = options,
               .server = server,
               .gate = gate,
               .caller = caller,
               .manager = manager,
               .pusher = pusher.get(),
               .access_log = access_log->get()},
              sockets);
    });
    admin.set_ready(true);
    fmt::print("Press Ctrl-C to stop.\n");
    std::fflush(stdout);
    const int status = server.run();
    end(caller, access_log->get());
    return status;
}

}  // namespace longwire::cli
