#include "cli/serve_command.hpp"

#include "cli/option_words.hpp"
#include "hooks/http_caller.hpp"
#include "http/trusted_proxies.hpp"

#include <cctype>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace longwire::cli {

namespace {

constexpr const char* serve_footer = R"(
What is served, all on one port:
  /                  the page (and the other files of its folder)
  /channels/NAME     WebSocket: what a member sends goes to every other member of NAME;
                     GET for EventSource and long polls, POST to publish
  /echo              WebSocket: what is sent comes back
  /socket.io/        for socket.io-client: the namespace /NAME is the channel NAME

Examples:
  longwire serve                                  on http://127.0.0.1:8000
  longwire serve --listen :8080                   on port 8080 of every address
  longwire serve --listen 127.0.0.1:0             on a free port, which is printed
  longwire serve --listen 127.0.0.1:8000 --listen '[::1]:8000' --listen unix:/run/longwire.sock
  longwire serve --web ./public                   with your own pages
  longwire serve --tls-self-signed                on https://127.0.0.1:8000, for development
  longwire serve --listen :443 --tls-cert chain.pem --tls-key key.pem
                                                  SIGHUP reads both files again

  longwire serve --listen unix:/run/longwire/http.sock --trusted-proxy unix
                                                  behind nginx, whose clients are told
                                                  apart by X-Forwarded-For
  longwire serve --config longwire.toml           with rules for who may do what

Each option is also a key of the configuration file (max_message = "1MiB") and
a variable (LONGWIRE_MAX_MESSAGE); the command line goes before the variable,
and that before the file. longwire config --help tells more.

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

/// So many in a second, and twice as many at once.
const Word<access::Rate> burst_word = {
    "NUMBER", "a whole number", [](std::string_view word) -> std::optional<access::Rate> {
        const auto count = count_word.parse(word);
        if (!count) return std::nullopt;
        const auto number = static_cast<double>(*count);
        return access::Rate{.a_second = number, .burst = 2 * number};
    }};

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

void add_proxies(CLI::App& serve, ServeOptions& options) {
    const CLI::Validator known(
        [](const std::string& given) {
            const auto parsed = http::TrustedProxies::parse(std::span(&given, 1), {});
            return parsed ? std::string() : parsed.error().message();
        },
        "", "proxy");
    serve
        .add_option("--trusted-proxy", options.limits.trusted_proxies,
                    "A proxy in front of this server, whose word is taken for whom a request is\n"
                    "from: an address, a network as 10.0.0.0/8, or unix for all who come by a\n"
                    "Unix socket. May be repeated")
        ->type_name("ADDRESS")
        ->allow_extra_args(false)
        ->check(known);
    add_word(serve, "--forwarded-field", options.limits.forwarded_field, forwarded_field_word,
             "The field that these proxies write: X-Forwarded-For or Forwarded (RFC 7239)",
             "X-Forwarded-For");
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

void add_access(CLI::App& serve, ServeOptions& options) {
    const auto add = [&](const char* name, std::string& target, const char* text,
                         const char* type) {
        serve.add_option(name, target, text)->type_name(type);
    };
    serve
        .add_option("--origin", options.websocket.origins,
                    "Pages of this origin may connect too, as https://example.org; * for all.\n"
                    "May be repeated")
        ->type_name("ORIGIN")
        ->allow_extra_args(false);
    add("--token-secret", options.token_secret,
        "Tokens are signed with this (HS256): a secret of 32 bytes or more, @FILE\n"
        "or env:NAME",
        "SECRET");
    serve
        .add_option("--token-key", options.token_keys,
                    "Or with the key that belongs to this public one, in a PEM file (RS256,\n"
                    "ES256, EdDSA); may be repeated")
        ->type_name("FILE")
        ->allow_extra_args(false);
    add("--token-jwks", options.token_jwks, "Or with one of the keys of this JWK Set", "FILE");
    add("--token-audience", options.token_demands.audience, "Tokens must be for this audience",
        "NAME");
    add("--token-issuer", options.token_demands.issuer, "Tokens must be of this issuer", "NAME");
    const auto add_rate = [&](const std::string& name, access::Rate& rate,
                              const std::string& whose) {
        add_word(serve, name, rate, burst_word,
                 whose + " in a second, and twice as many at\nonce. 0: no limit", "0");
    };
    add_rate("--publish-rate", options.rates.publish_per_connection,
             "Messages that a connection may publish");
    add_rate("--publish-rate-per-user", options.rates.publish_per_user,
             "Messages that a user may publish");
    add_rate("--publish-rate-per-address", options.rates.publish_per_address,
             "Messages that an address may publish");
    add_rate("--request-rate-per-address", options.rates.requests_per_address,
             "Handshakes and requests about channels of an address");
}

void add_hook(CLI::App& serve, ServeOptions& options) {
    ServeOptions::Hook& hook = options.hook;
    const CLI::Validator callable(
        [](const std::string& given) {
            const auto checked = hooks::check_callable(given);
            return checked ? std::string() : checked.error().message();
        },
        "", "url");
    serve
        .add_option("--hook-url", hook.url,
                    "Your own server, asked by POST where a rule says webhook")
        ->type_name("URL")
        ->check(callable);
    serve
        .add_option("--hook-connect", hook.connect_url,
                    "The same, asked first who each one is that comes")
        ->type_name("URL")
        ->check(callable);
    add_word(serve, "--hook-timeout", hook.timeout, time_word,
             "For its whole answer; beyond: 503, and nobody is let in", "3s");
    serve
        .add_option("--hook-secret", hook.secret,
                    "Signs what it is asked (HMAC-SHA256 in Longwire-Signature): 32 bytes or\n"
                    "more, @FILE or env:NAME")
        ->type_name("SECRET");
    serve
        .add_option("--hook-header", hook.headers,
                    "A header field of clients that it is shown, as Cookie; may be repeated")
        ->type_name("NAME")
        ->allow_extra_args(false);
    add_word(serve, "--hook-at-once", hook.at_once, positive_word,
             "Questions that are asked at the same time; others wait", "64");
    serve
        .add_option("--hook-ca", hook.roots_file,
                    "Trust the roots in this PEM file instead of the system's")
        ->type_name("FILE")
        ->check(undescribed(CLI::ExistingFile));
}

/// A path, or off.
std::string wrong_with_socketio(const std::string& path) {
    return path == "off" ? std::string() : wrong_with_path(path);
}

void add_socketio(CLI::App& serve, ServeOptions& options) {
    SocketIoOptions& socketio = options.socketio;
    serve
        .add_option(
            "--socketio", socketio.path,
            "The path for clients of Socket.IO, to which channels are namespaces; off:\nnone")
        ->type_name("PATH")
        ->capture_default_str()
        ->check(CLI::Validator(wrong_with_socketio, "", "path"));
    add_word(serve, "--socketio-recovery", socketio.recovery, time_word,
             "How long such a client may be cut off, and still get what it missed; 0: not\n"
             "at all",
             "2m");
    add_word(serve, "--socketio-max-sessions", socketio.max_sessions, count_word,
             "Such clients in total; beyond: 503. 0: no limit", "100000");
    add_word(serve, "--socketio-max-sessions-per-address", socketio.max_sessions_per_address,
             count_word, "Of one address; beyond: 429. 0: no limit", "0");
}

void add_operation(CLI::App& serve, ServeOptions& options) {
    serve
        .add_option("--admin", options.admin,
                    "Where to serve /healthz, /readyz, /metrics and /channels for the operator:\n"
                    "HOST:PORT or unix:PATH")
        ->type_name("ADDRESS");
    add_word(serve, "--drain", options.drain, time_word,
             "How long the connections are spread over that are closed on SIGTERM", "0s");
}

}  // namespace

CLI::App& add_serve(CLI::App& app, ServeOptions& options) {
    CLI::App& serve = *app.add_subcommand("serve", "Serve channels, an echo and a page");
    serve
        .add_option("--listen", options.listen,
                    "Where to listen: HOST:PORT, [IPv6]:PORT, :PORT, unix:PATH, fd:NUMBER, or\n"
                    "systemd for what it hands on (systemd:NAME for one); may be repeated")
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
    add_word(serve, "--compress-threshold", options.websocket.compression_threshold, size_word,
             "Messages of fewer bytes are sent as they are", "1KiB");
    add_speed(serve, options);
    add_limits(serve, options);
    add_proxies(serve, options);
    add_access(serve, options);
    add_socketio(serve, options);
    add_hook(serve, options);
    add_operation(serve, options);
    serve
        .add_option("--config", options.config,
                    "The configuration file [$LONGWIRE_CONFIG, or else\n"
                    "/etc/longwire/longwire.toml if it is there]")
        ->type_name("FILE");
    add_word(serve, "--log-format", options.log_format, log_format_word,
             "How lines of the log look: text, json, or auto: text on a terminal, and\n"
             "JSON elsewhere",
             "auto");
    serve
        .add_option("--access-log", options.access_log,
                    "A line for each request and each WebSocket that has ended: to this file\n"
                    "(which SIGHUP opens again), to - for standard output, or off")
        ->type_name("FILE")
        ->capture_default_str()
        ->check(undescribed(CLI::Validator(
            [](const std::string& given) {
                return given.empty() ? std::string("must be a file, - or off") : std::string();
            },
            "", "log")));
    serve.add_flag("--verbose", options.verbose, "Log what single connections do");
    serve.footer(serve_footer);
    return serve;
}

}  // namespace longwire::cli
