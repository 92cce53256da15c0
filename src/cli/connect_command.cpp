#include "cli/connect_command.hpp"

#include "cli/option_words.hpp"

#include <map>
#include <string>

namespace longwire::cli {

namespace {

constexpr const char* connect_footer = R"(
On a terminal: each line that is typed is sent as a text message; what comes is shown above it.
/help lists commands (/ping, /close, /binary FILE, ...). Ctrl-D or Ctrl-C closes.

In a pipe: each line of the input is sent as a text message; each message that comes is printed
on a line, all else goes to standard error. The end of the input closes the connection, once the
server has been quiet for a moment (--wait) or has sent --count messages.

Secrets need not stand on the command line, where others can see them: --user, --bearer, --cookie
and --proxy take @FILE (its first line) and env:NAME (a variable of the environment) as well.

Examples:
  longwire connect ws://127.0.0.1:8000/echo
  echo hi | longwire connect ws://127.0.0.1:8000/echo
  longwire connect -m '{"subscribe":"prices"}' --count 10 wss://example.org/feed
  longwire connect --json ws://127.0.0.1:8000/echo < lines | jq .data
  longwire connect -s chat --bearer @token ws://127.0.0.1:8000/channels/lobby
  longwire connect --binary --one-message ws://127.0.0.1:8000/echo < image.png > same.png
  longwire connect --insecure wss://127.0.0.1:8000/echo
  longwire connect --proxy socks5://127.0.0.1:1080 wss://example.org/
  longwire connect ws+unix:/run/longwire.sock:/channels/lobby

Exit codes:
  0  closed with 1000 after a closing handshake, or --count messages have come
  1  any other failure
  2  a wrong option
  3  the URL is not a WebSocket URL
  4  the host was not found
  5  no connection: refused, unreachable, or not in time
  6  the server answered with an HTTP status other than 101
  7  what came is not the WebSocket protocol
  8  closed with another code (which standard error names), or lost
  9  no TLS, or a certificate that is not to be trusted
  10 the proxy was not reached, or would not connect
  11 standard output could not be written: a full disk
  12 standard input, or a file that was named, could not be read
  130 Ctrl-C (143 SIGTERM), after a closing handshake)";

void add_request(CLI::App& connect, ConnectOptions& options) {
    const std::string group = "The request";
    connect
        .add_option("-H,--header", options.headers,
                    "A further header field, or @FILE with one on each line; may be\nrepeated")
        ->option_text("'NAME: VALUE'")
        ->allow_extra_args(false)
        ->group(group);
    connect
        .add_option("-s,--subprotocol", options.subprotocols,
                    "A subprotocol to offer; may be repeated, the preferred first")
        ->option_text("NAME")
        ->allow_extra_args(false)
        ->expected(0, 16)
        ->group(group);
    connect.add_option("--origin", options.origin, "The Origin to send")
        ->type_name("ORIGIN")
        ->group(group);
    connect
        .add_option("-u,--user", options.user,
                    "Basic authorization; the password is asked for if missing")
        ->type_name("USER[:PASSWORD]")
        ->group(group);
    connect.add_option("--bearer", options.bearer, "Bearer authorization")
        ->type_name("TOKEN")
        ->group(group);
    connect.add_option("--cookie", options.cookies, "Cookies to send")
        ->type_name("'NAME=VALUE; ...'")
        ->group(group);
    connect.add_flag("-L,--location", options.follow, "Follow redirects, up to 10")->group(group);
}

void add_connection(CLI::App& connect, ConnectOptions& options) {
    const std::string group = "The connection";
    CLI::Option* const proxy =
        connect
            .add_option("-x,--proxy", options.proxy,
                        "Go through http://[USER:PASSWORD@]HOST[:PORT] or socks5://...\n"
                        "[what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say]")
            ->type_name("URL")
            ->option_text("URL")
            ->group(group);
    connect.add_flag("--no-proxy", options.direct, "Ignore the proxies that the environment names")
        ->excludes(proxy)
        ->option_text(" ")
        ->group(group);
    add_word(connect, "--timeout", options.timeout, seconds_word, "How long connecting may take",
             "10")
        .group(group);
    add_word(connect, "--ping", options.ping_every, seconds_word,
             "Send a ping this often [15 on a terminal]")
        .group(group);
    connect
        .add_flag("--reconnect", options.reconnect,
                  "Connect again when there is no connection, after longer and longer\n"
                  "pauses; what is to be sent meanwhile waits")
        ->group(group);
    add_word(connect, "--compress", options.limits.compression, compression_word,
             "Offer compression: off, shared (each message by itself) or dedicated", "shared")
        .group(group);
    add_word(connect, "--max-message", options.limits.max_message_size, size_word,
             "The largest message to accept; larger: 1009", "64MiB")
        .group(group);
}

void add_tls(CLI::App& connect, ConnectOptions& options) {
    const std::string group = "TLS";
    connect
        .add_option("--cacert", options.roots_file,
                    "Trust the roots in this PEM file, and not the system's")
        ->type_name("FILE")
        ->group(group);
    CLI::Option* const certificate =
        connect.add_option("--cert", options.certificate_file, "A certificate to show (PEM)")
            ->option_text("FILE")
            ->group(group);
    CLI::Option* const key = connect.add_option("--key", options.key_file, "Its private key (PEM)")
                                 ->option_text("FILE")
                                 ->group(group);
    certificate->needs(key);
    key->needs(certificate);
    connect
        .add_option("--pinned-key", options.pinned_keys,
                    "Accept only a certificate with this key: sha256//BASE64, several\n"
                    "with ; between them")
        ->type_name("KEYS")
        ->group(group);
    connect.add_flag("-k,--insecure", options.insecure, "Accept any certificate")->group(group);
}

void add_input(CLI::App& connect, ConnectOptions& options) {
    const std::string group = "What is sent";
    CLI::Option* const message =
        connect
            .add_option("-m,--message", options.messages,
                        "Send this, and not standard input; may be repeated")
            ->option_text("TEXT")
            ->allow_extra_args(false)
            ->group(group);
    connect
        .add_flag("-1,--one-message", options.one_message, "All of standard input is one message")
        ->excludes(message)
        ->option_text(" ")
        ->group(group);
    connect
        .add_flag("-b,--binary", options.binary,
                  "Send binary messages, and write what comes byte by byte, with\n"
                  "nothing between messages")
        ->group(group);
    add_word(connect, "-w,--wait", options.wait, wait_word,
             "After the end of the input, close when nothing has come for this long,\n"
             "or stay (forever)",
             "0.2")
        .group(group);
    add_word(connect, "-n,--count", options.count, positive_word,
             "Close after this many messages have come; fewer are a failure")
        .group(group);
}

void add_output(CLI::App& connect, ConnectOptions& options) {
    const std::string group = "What is shown";
    connect
        .add_flag("-j,--json", options.json,
                  "One JSON object a line for each message in and out, and other events")
        ->group(group);
    connect.add_flag("-p,--pretty", options.pretty, "Format messages that are JSON")->group(group);
    connect.add_flag("-t,--time", options.with_time, "Print the time before each message")
        ->group(group);
    const std::map<std::string, Colours> colours = {
        {"auto", Colours::automatic}, {"always", Colours::always}, {"never", Colours::never}};
    connect
        .add_option_function<std::string>(
            "--color,--colour",
            [&options, colours](const std::string& given) {
                const auto found = colours.find(given);
                if (found == colours.end())
                    throw CLI::ValidationError("--color",
                                               "must be auto, always or never: " + given);
                options.colours = found->second;
            },
            "auto (on a terminal, unless NO_COLOR is set), always or never")
        ->option_text("WHEN=auto")
        ->group(group);
    connect
        .add_flag("-q,--quiet", options.quiet,
                  "Failures in one line; on a terminal, no notes on the connection")
        ->group(group);
}

}  // namespace

CLI::App& add_connect(CLI::App& app, ConnectOptions& options) {
    CLI::App& connect = *app.add_subcommand("connect", "Talk to a WebSocket server, line by line");
    connect
        .add_option("URL", options.url,
                    "ws://HOST[:PORT]/PATH, wss:// for TLS; without a scheme: ws://")
        ->required()
        ->option_text(" ");
    add_request(connect, options);
    add_connection(connect, options);
    add_tls(connect, options);
    add_input(connect, options);
    add_output(connect, options);
    connect.footer(connect_footer);
    return connect;
}

}  // namespace longwire::cli
