#include "cli/serve.hpp"

#include "cli/exit_code.hpp"
#include "cli/serving.hpp"
#include "cli/serving_addresses.hpp"
#include "cli/serving_announcements.hpp"
#include "cli/serving_echo.hpp"
#include "cli/serving_figures.hpp"
#include "cli/serving_hooks.hpp"
#include "cli/serving_memory.hpp"
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
#include "ops/memory_limit.hpp"
#include "ops/service_manager.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::cli {

namespace {

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

/// Whether there are any.
bool serve_pages(Server& server, const ServeOptions& options) {
    if (options.web == "off") return false;
    const std::string folder = options.web.empty() ? web_folder() : options.web;
    if (!folder.empty()) server.files("/", folder);
    return !folder.empty();
}

/// The allocator keeps small blocks that are freed, and joins all of them when it needs a large
/// one: milliseconds in which a loop stands still, where very many subscriptions ended before.
void join_freed_blocks_at_once() noexcept {
#ifdef __GLIBC__
    mallopt(M_MXFAST, 0);  // NOLINT(concurrency-mt-unsafe): before any other thread
#endif
}

/// What concerns the whole process, before it has other threads.
void prepare(const ServeOptions& options) {
    raise_descriptor_limit();
    join_freed_blocks_at_once();
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
    spawn(StopOnSignal::leave_after_delay());
    manager.tell("READY=1");
    sockets.predecessor.tell_ready();
}

void end(hooks::HttpCaller& caller, ops::AccessLog* access_log) {
    // Its answers go to what has been made after it.
    caller.end();
    if (access_log != nullptr) access_log->end();
    ops::say(LogLevel::info, "stopped");
    ops::end_log();
}

int run(Server& server, ops::Admin& admin, const ServeOptions& options) {
    admin.set_ready(true);
    show(options, "Press Ctrl-C to stop.\n");
    return server.run();
}

}  // namespace

int serve(const ServeOptions& options) {
    prepare(options);
    const auto wrong = [&](std::string_view why) {
        return refuse_to_start(options.log_format, why, usage);
    };
    if (const auto words = wrong_with_tls(options); !words.empty()) return wrong(words);
    Sockets sockets;
    const auto access_log = open_access_log(options);
    if (!access_log) return wrong(access_log.error().message());
    hooks::HttpCaller caller(caller_options(options));
    const auto memory = divide_memory(options, ops::memory_limit());
    if (!memory) return wrong(memory.error().message());
    hub::MemoryBroker broker({.most_history_bytes = memory->histories});
    hub::Hub hub(broker);
    Server server(limits_with(options, *memory));
    write_to(access_log->get(), server);
    dialects::HubLoops hub_loops(server, hub);
    auto policy = policy_of(options, caller);
    if (!policy) return wrong(policy.error().message());
    dialects::RulesGate gate(std::move(*policy));
    ReloadCounts reloads;
    ops::Admin admin(server, hub, [&](ops::Exposition& exposition) {
        describe_channels(hub_loops, broker, exposition);
        if (*access_log) (*access_log)->describe(exposition);
        reloads.describe(exposition);
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
    serve_echo(serving, gate);
    const bool has_page = serve_pages(server, options);
    hub_loops.tick_hub_every(std::chrono::milliseconds(500));

    const ops::ServiceManager manager;
    const StopOnSignal signals(server, admin, manager,
                               {.delay = options.drain_delay, .within = options.drain});
    if (const auto code = listen(server, options, sockets, has_page)) return *code;
    if (const auto code = start(admin, options, sockets)) return *code;
    announce_start(options);
    server.post([&] {
        begin({.options = options,
               .server = server,
               .broker = broker,
               .gate = gate,
               .caller = caller,
               .manager = manager,
               .counts = reloads,
               .pusher = pusher.get(),
               .access_log = access_log->get()},
              sockets);
    });
    const int status = run(server, admin, options);
    end(caller, access_log->get());
    return status;
}

}  // namespace longwire::cli
