#include "cli/command_line.hpp"

#include "cli/bench/bench_command.hpp"
#include "cli/connect.hpp"
#include "cli/connect_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/option_words.hpp"
#include "cli/serve.hpp"

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <cctype>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::cli {

namespace {

constexpr const char* program_footer = R"(
Examples:
  longwire serve                                  a page, channels and an echo on port 8000
  longwire connect ws://127.0.0.1:8000/echo       talk to a server, line by line
  longwire bench ws://127.0.0.1:8000/echo         measure a server under load

longwire COMMAND --help tells all about a command.)";

constexpr const char* serve_footer = R"(
What is served, all on one port:
  /                  the page (and the other files of its folder)
  /channels/NAME     WebSocket: what a member sends goes to every other member of NAME;
                     with ?echo=1 to the sender too
  /echo              WebSocket: what is sent comes back

Examples:
  longwire serve                                  on http://127.0.0.1:8000
  longwire serve --listen :8080                   on port 8080 of every address
  longwire serve --listen 127.0.0.1:0             on a free port, which is printed
  longwire serve --listen 127.0.0.1:8000 --listen '[::1]:8000' --listen unix:/run/longwire.sock
  longwire serve --web ./public                   with your own pages
  longwire serve --tls-self-signed                on https://127.0.0.1:8000, for development
  longwire serve --listen :443 --tls-cert chain.pem --tls-key key.pem
                                                  SIGHUP reads both files again

Exit codes: 0 stopped (Ctrl-C, SIGTERM), 1 could not listen or use a certificate,
2 a wrong option.)";

/// What keeps `path` from being written in a URL as it is; empty where nothing does.
std::string wrong_with_path(const std::string& path) {
    constexpr std::string_view others = "/-._~!$&'()+,;=@";
    if (!path.starts_with('/')) return "must begin with a slash: " + path;
    for (const char letter : path)
        if (std::isalnum(static_cast<unsigned char>(letter)) == 0 &&
            others.find(letter) == std::string_view::npos)
            return "must hold letters, digits and -._~!$&'()+,;=@ only: " + path;
    return {};
}

void add_speed(CLI::App& serve, ServeOptions& options) {
    add_word(serve, "--threads", options.limits.threads, count_word,
             "Threads, over which connections are spread; 0: one for each processor", "0");
    serve
        .add_option_function<unsigned>(
            "--spin",
            [&options](unsigned given) { options.limits.spin = std::chrono::microseconds(given); },
            "Microseconds that a thread looks for what comes next before it sleeps;\n"
            "20 double the round trips of a connection that waits for each answer")
        ->option_text("NUMBER=0")
        ->check(undescribed(CLI::Range(0U, 1'000'000U)));
}

void add_limits(CLI::App& serve, ServeOptions& options) {
    WebSocketOptions& websocket = options.websocket;
    add_word(serve, "--max-message", websocket.max_message_size, size_word,
             "The largest message, over all its fragments; beyond: 1009", "1MiB");
    add_word(serve, "--max-backlog", websocket.max_backlog, size_word,
             "The most that waits for a slow reader; beyond: 1008", "1MiB");
    ServerOptions& server = options.limits;
    add_word(serve, "--max-connections", server.max_connections, count_word,
             "Connections in total; beyond: 503. 0: as many as the system allows", "0");
    add_word(serve, "--max-connections-per-address", server.max_connections_per_address, count_word,
             "Of one IPv4 address or IPv6 /64; beyond: 429. 0: no limit", "0");
    add_word(serve, "--max-memory", server.max_memory, size_word,
             "What all connections may keep for slow readers and unfinished\n"
             "messages; beyond: 503 and 1013",
             "1GiB");
    add_word(serve, "--max-header-size", server.max_request_head, size_word,
             "The head of a request; beyond: 431", "16KiB");
    add_word(serve, "--max-header-count", server.max_request_fields, count_word,
             "The header fields of a request; beyond: 431", "100");
    add_word(serve, "--max-control-frames", websocket.max_control_frames, rate_word,
             "Pings and pongs from one peer in a second; beyond: 1008. 0: no limit", "500");
    add_word(serve, "--handshake-timeout", options.limits.handshake_timeout, time_word,
             "For a request to arrive whole; 0: no limit", "10s");
    add_word(serve, "--frame-timeout", websocket.frame_timeout, time_word,
             "For a frame to arrive whole, and 1s more for each 4 KiB of it; beyond:\n"
             "1008. 0: no limit",
             "30s");
    add_word(serve, "--ping-after", websocket.ping_after, time_word,
             "A silent peer is sent a ping after this long; 0: never", "30s");
    add_word(serve, "--idle-timeout", websocket.idle_timeout, time_word,
             "A silent peer is given up after this long; 0: never", "60s");
    add_word(serve, "--close-timeout", websocket.close_timeout, time_word,
             "For the peer's part of the closing handshake", "5s");
}

void add_tls(CLI::App& serve, ServeOptions& options) {
    CLI::Option* const certificate =
        serve
            .add_option("--tls-cert", options.tls_certificates,
                        "A certificate, and those between it and a root, in a PEM file: serve\n"
                        "https: and wss: only. May be repeated, for several names")
            ->type_name("FILE")
            ->allow_extra_args(false);
    CLI::Option* const key = serve.add_option("--tls-key", options.tls_keys, "Its private key")
                                 ->type_name("FILE")
                                 ->allow_extra_args(false);
    certificate->needs(key);
    key->needs(certificate);
    CLI::Option* const self_signed =
        serve.add_flag("--tls-self-signed", options.tls_self_signed,
                       "Serve https: and wss: with a certificate made at this start, which\n"
                       "nobody trusts; for development");
    self_signed->excludes(certificate);
    serve
        .add_option("--tls-client-ca", options.tls_client_roots,
                    "Let in only clients with a certificate from one of these roots (PEM)")
        ->type_name("FILE");
}

CLI::App& add_serve(CLI::App& app, ServeOptions& options) {
    CLI::App& serve = *app.add_subcommand("serve", "Serve channels, an echo and a page");
    serve
        .add_option("--listen", options.listen,
                    "Where to listen: HOST:PORT, [IPv6]:PORT, :PORT or unix:PATH; may be repeated")
        ->type_name("ADDRESS")
        ->allow_extra_args(false)
        ->capture_default_str();
    serve.add_option("--echo", options.echo, "The path of the echo")
        ->type_name("PATH")
        ->capture_default_str()
        ->check(CLI::Validator(wrong_with_path, "", "path"));
    serve.add_option("--web", options.web, "The folder whose files are served at / [its own page]")
        ->type_name("DIR")
        ->check(undescribed(CLI::ExistingDirectory));
    add_tls(serve, options);
    add_word(serve, "--compress", options.websocket.compression, compression_word,
             "Compress messages of 1 KiB and more: off, shared (each by itself) or\n"
             "dedicated (with the context of those before; some 200 KiB a connection)",
             "shared");
    add_speed(serve, options);
    add_limits(serve, options);
    serve.add_flag("--verbose", options.verbose, "Log what single connections do");
    serve.footer(serve_footer);
    return serve;
}

int report(const CLI::App& app, const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    const std::string name = "longwire" + (chosen.empty() ? "" : " " + chosen.front()->get_name());
    fmt::print(stderr, "{}: {} ({} --help tells more)\n", name, error.what(), name);
    return usage;
}

}  // namespace

int run_command_line(int count, char** arguments) {
    CLI::App app("Longwire: WebSocket server and tools.", "longwire");
    app.set_version_flag("--version", "longwire " LONGWIRE_VERSION);
    app.require_subcommand(0, 1);
    app.footer(program_footer);
    ServeOptions serving;
    ConnectOptions connecting;
    BenchOptions benching;
    const CLI::App& serve_command = add_serve(app, serving);
    const CLI::App& connect_command = add_connect(app, connecting);
    const CLI::App& bench_command = add_bench(app, benching);
    try {
        app.parse(count, arguments);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const CLI::ParseError& error) {
        return report(app, error);
    }
    try {
        if (serve_command.parsed()) return serve(serving);
        if (connect_command.parsed()) return connect(connecting);
        if (bench_command.parsed()) return bench(benching);
    } catch (const std::exception& exception) {
        fmt::print(stderr, "longwire: {}\n", exception.what());
        return failed;
    }
    fmt::print("{}", app.help());
    return usage;
}

}  // namespace longwire::cli
