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

/// SIGHUP reads it again.
CLI::Option& reloaded(ServeOptions& options, CLI::Option& option) {
    options.reloaded.add("--" + option.get_lnames().front());
    return option;
}
CLI::Option& reloaded(ServeOptions& options, CLI::Option* option) {
    return reloaded(options, *option);
}

/// A limit of each WebSocket connection: after SIGHUP, of those that come then.
template <class Value>
void add_limit(CLI::App& serve, ServeOptions& options, const std::string& name,
               Value ConnectionLimits::* limit, const Word<Value>& word, const std::string& text,
               const std::string& usual) {
    add_word(serve, name, options.websocket.limits.*limit, word, text, usual);
    options.reloaded.add(name, limit);
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
    serve.option_defaults()->group("Threads");
    add_word(serve, "--threads", options.limits.threads, count_word,
             "Threads that share the connections; 0: one for each processor", "0");
    serve
        .add_option_function<unsigned>(
            "--spin",
            [&options](unsigned given) { options.limits.spin = std::chrono::microseconds(given); },
            "Microseconds that an idle thread polls before it sleeps; 20 doubles the\n"
            "round trips per second of a connection that waits for each answer, and\n"
            "uses more processor time")
        ->option_text("NUMBER=0")
        ->check(undescribed(CLI::Range(0U, 1'000'000U)));
}

void add_proxies(CLI::App& serve, ServeOptions& options) {
    serve.option_defaults()->group("Behind a proxy");
    const CLI::Validator known(
        [](const std::string& given) {
            const auto parsed = http::TrustedProxies::parse(std::span(&given, 1), {});
            return parsed ? std::string() : parsed.error().message();
        },
        "", "proxy");
    reloaded(options,
             serve
                 .add_option(
                     "--trusted-proxy", options.limits.trusted_proxies,
                     "A proxy that is trusted to report the client's address: an address, a\n"
                     "network such as 10.0.0.0/8, or unix for every Unix socket; may be\n"
                     "repeated. The last address in the proxy's header field that is not itself\n"
                     "a trusted proxy is the client's")
                 ->type_name("ADDRESS")
                 ->allow_extra_args(false)
                 ->check(known));
    reloaded(
        options,
        add_word(serve, "--forwarded-field", options.limits.forwarded_field, forwarded_field_word,
                 "The header field that these proxies write; the other one is ignored",
                 "X-Forwarded-For")
            .option_text("X-Forwarded-For|Forwarded=X-Forwarded-For"));
}

void add_limits(CLI::App& serve, ServeOptions& options) {
    serve.option_defaults()->group("Limits");
    add_limit(serve, options, "--max-message", &ConnectionLimits::max_message_size, size_word,
              "Largest message, over all its fragments; larger: close code 1009", "1MiB");
    add_limit(serve, options, "--max-backlog", &ConnectionLimits::max_backlog, size_word,
              "Most data that waits for a slow reader; more: close code 1008", "1MiB");
    ServerOptions& server = options.limits;
    reloaded(options,
             add_word(serve, "--max-connections", server.max_connections, count_word,
                      "Connections in total; more: 503. 0: as many as the system allows", "0"));
    reloaded(options,
             add_word(serve, "--max-connections-per-address", server.max_connections_per_address,
                      count_word,
                      "Connections of one IPv4 address or IPv6 /64; more: 429. 0: no limit.\n"
                      "Do not set it behind a proxy, where all have one address",
                      "0"));
    reloaded(options,
             add_word(serve, "--max-memory", options.max_memory, size_word,
                      "Memory for histories, slow readers and unfinished messages; when it is\n"
                      "used up: 503 and close code 1013 [half of the memory of the machine or\n"
                      "the control group]"));
    reloaded(options,
             add_word(serve, "--history-memory", options.history_memory, size_word,
                      "The part of it for histories; when it is used up, they get shorter [a\n"
                      "quarter]"));
    reloaded(options, add_word(serve, "--max-header-size", server.max_request_head, size_word,
                               "Request line and header fields; larger: 431", "16KiB"));
    reloaded(options, add_word(serve, "--max-header-count", server.max_request_fields, count_word,
                               "Header fields of a request; more: 431", "100"));
    add_limit(serve, options, "--max-control-frames", &ConnectionLimits::max_control_frames,
              rate_word,
              "Pings and pongs per second from one peer; more: close code 1008. 0: no\n"
              "limit",
              "500");
    reloaded(options,
             add_word(serve, "--handshake-timeout", options.limits.handshake_timeout, time_word,
                      "Time for a whole request to arrive; 0: no limit", "10s"));
    add_limit(serve, options, "--frame-timeout", &ConnectionLimits::frame_timeout, time_word,
              "Time for a whole frame to arrive, and 1s more for each 4 KiB of it;\n"
              "longer: close code 1008. 0: no limit",
              "30s");
    add_limit(serve, options, "--ping-after", &ConnectionLimits::ping_after, time_word,
              "Send a ping to a peer that has been silent for this long; 0: never", "30s");
    add_limit(serve, options, "--idle-timeout", &ConnectionLimits::idle_timeout, time_word,
              "Close a connection whose peer has been silent for this long; 0: never", "60s");
    add_limit(serve, options, "--close-timeout", &ConnectionLimits::close_timeout, time_word,
              "Time for the peer to answer a close frame", "5s");
}

void add_tls(CLI::App& serve, ServeOptions& options) {
    serve.option_defaults()->group("TLS");
    CLI::Option* const certificate =
        serve
            .add_option("--tls-cert", options.tls_certificates,
                        "A PEM file with a certificate and its intermediates; serve HTTPS and WSS\n"
                        "only. May be repeated, for several names")
            ->type_name("FILE")
            ->allow_extra_args(false);
    CLI::Option* const key =
        serve
            .add_option("--tls-key", options.tls_keys,
                        "Its private key (PEM); one for each --tls-cert, in the same order")
            ->type_name("FILE")
            ->allow_extra_args(false);
    certificate->needs(key);
    key->needs(certificate);
    CLI::Option* const self_signed =
        serve.add_flag("--tls-self-signed", options.tls_self_signed,
                       "Serve HTTPS and WSS only, with a certificate that is created at start and\n"
                       "that no client trusts; for development");
    self_signed->excludes(certificate);
    serve
        .add_option("--tls-client-ca", options.tls_client_roots,
                    "Accept only clients with a certificate from one of these roots (PEM)")
        ->type_name("FILE");
}

void add_access(CLI::App& serve, ServeOptions& options) {
    serve.option_defaults()->group("Authorization");
    const auto add = [&](const char* name, std::string& target, const char* text,
                         const char* type) {
        reloaded(options, serve.add_option(name, target, text)->type_name(type));
    };
    serve
        .add_option("--origin", options.websocket.origins,
                    "Pages of this origin, such as https://example.org, may connect; * for\n"
                    "every origin. May be repeated")
        ->type_name("ORIGIN")
        ->allow_extra_args(false);
    add("--token-secret", options.token_secret,
        "The secret that tokens are signed with (HS256), of 32 bytes or more; @FILE\n"
        "or env:NAME",
        "SECRET");
    reloaded(
        options,
        serve
            .add_option("--token-key", options.token_keys,
                        "A public key (PEM) that verifies tokens (RS256, ES256, EdDSA); may be\n"
                        "repeated")
            ->type_name("FILE")
            ->allow_extra_args(false));
    add("--token-jwks", options.token_jwks, "A JWK Set with keys that verify tokens", "FILE");
    add("--token-audience", options.token_demands.audience, "Tokens must be for this audience",
        "NAME");
    add("--token-issuer", options.token_demands.issuer, "Tokens must be from this issuer", "NAME");
    const auto add_rate = [&](const std::string& name, access::Rate& rate,
                              const std::string& whose) {
        reloaded(options, add_word(serve, name, rate, burst_word,
                                   whose + "; a burst may be\ntwice as large. 0: no limit", "0"));
    };
    add_rate("--publish-rate", options.rates.publish_per_connection,
             "Messages per second that a connection may publish");
    add_rate("--publish-rate-per-user", options.rates.publish_per_user,
             "Messages per second that a user may publish");
    add_rate("--publish-rate-per-address", options.rates.publish_per_address,
             "Messages per second that an address may publish");
    add_rate("--request-rate-per-address", options.rates.requests_per_address,
             "Handshakes and channel requests per second of an address");
}

void add_hook(CLI::App& serve, ServeOptions& options) {
    serve.option_defaults()->group("Webhooks");
    ServeOptions::Hook& hook = options.hook;
    const CLI::Validator callable(
        [](const std::string& given) {
            const auto checked = hooks::check_callable(given);
            return checked ? std::string() : checked.error().message();
        },
        "", "url");
    reloaded(options, serve
                          .add_option("--hook-url", hook.url,
                                      "Your own server, asked by POST where a rule says webhook")
                          ->type_name("URL")
                          ->check(callable));
    reloaded(options, serve
                          .add_option("--hook-connect", hook.connect_url,
                                      "Your own server, asked by POST who each client is")
                          ->type_name("URL")
                          ->check(callable));
    reloaded(options, add_word(serve, "--hook-timeout", hook.timeout, time_word,
                               "Time for its answer; longer: the client gets 503", "3s"));
    reloaded(options,
             serve
                 .add_option(
                     "--hook-secret", hook.secret,
                     "The secret that signs these requests (HMAC-SHA256 in Longwire-Signature),\n"
                     "of 32 bytes or more; @FILE or env:NAME")
                 ->type_name("SECRET"));
    reloaded(
        options,
        serve
            .add_option("--hook-header", hook.headers,
                        "A header field of the client that is sent along, such as Cookie; may be\n"
                        "repeated")
            ->type_name("NAME")
            ->allow_extra_args(false));
    add_word(serve, "--hook-at-once", hook.at_once, positive_word,
             "Requests to it at the same time; others wait", "64");
    serve
        .add_option("--hook-ca", hook.roots_file,
                    "Root certificates (PEM) for it, instead of the system's")
        ->type_name("FILE")
        ->check(undescribed(CLI::ExistingFile));
}

std::string wrong_with_path_or_off(const std::string& path) {
    return path == "off" ? std::string() : wrong_with_path(path);
}

void add_socketio(CLI::App& serve, ServeOptions& options) {
    serve.option_defaults()->group("Socket.IO");
    SocketIoOptions& socketio = options.socketio;
    serve
        .add_option("--socketio", socketio.path,
                    "Path for Socket.IO clients, whose namespaces are channels; off: none")
        ->type_name("PATH")
        ->capture_default_str()
        ->check(CLI::Validator(wrong_with_path_or_off, "", "path"));
    add_word(serve, "--socketio-recovery", socketio.recovery, time_word,
             "How long a disconnected Socket.IO client can still recover what it\n"
             "missed; 0: not at all",
             "2m");
    add_word(serve, "--socketio-max-sessions", socketio.max_sessions, count_word,
             "Socket.IO clients in total; more: 503. 0: no limit", "100000");
    add_word(serve, "--socketio-max-sessions-per-address", socketio.max_sessions_per_address,
             count_word, "Socket.IO clients of one address; more: 429. 0: no limit", "0");
    add_word(serve, "--socketio-max-channels", socketio.max_rooms, count_word,
             "Channels that a Socket.IO client may subscribe to at a time", "1024");
}

void add_operation(CLI::App& serve, ServeOptions& options) {
    serve.option_defaults()->group("Operation");
    serve
        .add_option("--admin", options.admin,
                    "Address for the operator, with /healthz, /readyz, /metrics and /channels:\n"
                    "HOST:PORT or unix:PATH")
        ->type_name("ADDRESS");
    reloaded(options, add_word(serve, "--drain", options.drain, time_word,
                               "On SIGTERM, close the connections gradually over this time", "0s"));
    reloaded(options,
             add_word(serve, "--drain-delay", options.drain_delay, time_word,
                      "Before that, keep serving and accepting for this long while /readyz says\n"
                      "503, so that a load balancer notices",
                      "0s"));
}

void add_logs(CLI::App& serve, ServeOptions& options) {
    serve.option_defaults()->group("Log");
    add_word(serve, "--log-format", options.log_format, log_format_word,
             "Form of log lines; auto: text on a terminal, and JSON elsewhere", "auto")
        .option_text("text|json|auto=auto");
    serve
        .add_option("--access-log", options.access_log,
                    "Write a line for each request, and for each WebSocket when it closes: to\n"
                    "a file (SIGHUP reopens it), or - for standard output. Secrets in URLs are\n"
                    "left out. off: none")
        ->type_name("FILE")
        ->capture_default_str()
        ->check(undescribed(CLI::Validator(
            [](const std::string& given) {
                return given.empty() ? std::string("must be a file, - or off") : std::string();
            },
            "", "log")));
    serve.add_flag("--verbose", options.verbose, "Log the events of each connection");
}

}  // namespace

CLI::App& add_serve(CLI::App& app, ServeOptions& options) {
    CLI::App& serve = *app.add_subcommand("serve", "Serve channels, an echo and a page");
    serve.option_defaults()->group("What is served");
    serve
        .add_option("--listen", options.listen,
                    "Address to listen on: HOST:PORT, [IPv6]:PORT, :PORT (every address),\n"
                    "unix:PATH, fd:NUMBER, or systemd for the sockets that it passes\n"
                    "(systemd:NAME for one). Port 0 picks a free one and prints it. May be\n"
                    "repeated")
        ->type_name("ADDRESS")
        ->allow_extra_args(false)
        ->capture_default_str();
    add_word(serve, "--unix-mode", options.unix_mode, mode_word,
             "Permissions of Unix sockets that the server creates, --admin's too; 0660:\n"
             "its user and group [as the umask says]");
    serve.add_option("--echo", options.echo, "Path of the echo; off: none")
        ->type_name("PATH")
        ->capture_default_str()
        ->check(CLI::Validator(wrong_with_path_or_off, "", "path"));
    serve
        .add_option("--web", options.web,
                    "Folder whose files are served at / [the page of this program]; off: none")
        ->type_name("DIR")
        ->check(CLI::Validator(
            [](const std::string& given) {
                return given == "off" ? std::string() : CLI::ExistingDirectory(given);
            },
            "", "folder"));
    add_tls(serve, options);
    serve.option_defaults()->group("Compression");
    add_word(serve, "--compress", options.websocket.limits.compression, compression_word,
             "Compress messages; shared: each by itself; dedicated: with the context of\n"
             "earlier messages, which takes some 200 KiB per connection",
             "shared")
        .option_text("off|shared|dedicated=shared");
    add_limit(serve, options, "--compress-threshold", &ConnectionLimits::compression_threshold,
              size_word, "Smaller messages are sent uncompressed", "1KiB");
    add_speed(serve, options);
    add_limits(serve, options);
    add_proxies(serve, options);
    add_access(serve, options);
    add_socketio(serve, options);
    add_hook(serve, options);
    add_operation(serve, options);
    serve.option_defaults()->group("Configuration");
    serve
        .add_option("--config", options.config,
                    "Configuration file [$LONGWIRE_CONFIG, or else /etc/longwire/longwire.toml\n"
                    "if it exists]")
        ->type_name("FILE");
    add_logs(serve, options);
    serve.footer(serve_footer);
    return serve;
}

}  // namespace longwire::cli
