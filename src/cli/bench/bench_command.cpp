#include "cli/bench/bench_command.hpp"

#include "cli/bench/source_addresses.hpp"
#include "cli/option_words.hpp"

#include <string>
#include <vector>

namespace longwire::cli {

namespace {

constexpr const char* bench_footer =
    R"(examples:
  longwire bench ws://127.0.0.1:8000/echo
      64 connections, each of which sends again as soon as its answer comes
  longwire bench -c 500 --depth 16 --size 1KiB ws://127.0.0.1:8000/echo
      500 connections, 16 messages of each on their way
  longwire bench --rate 20000 --fail-if 'p99>5ms' ws://127.0.0.1:8000/echo
      20,000 messages a second, however slow the answers are; exit code 1 if
      one in a hundred takes more than 5 ms
  longwire bench -c 1000 --publishers 1 ws://127.0.0.1:8000/channels/load
      what one publishes to a channel, 1,000 others receive
  longwire bench -c 10000 --ramp 2000 --idle ws://127.0.0.1:8000/echo
      connections only, 2,000 new ones a second
  longwire bench --handshakes ws://127.0.0.1:8000/echo
      64 connections at a time, made and closed, over and over
  longwire bench --payload quotes.json --compress shared wss://example.org/echo
      what compression makes of real messages
  longwire bench -c 100000 --idle --source 127.0.0.1-127.0.0.9 ws://127.0.0.1:8000/echo
      more connections than there are ports between two addresses

With --rate the time of a message counts from when it was due, so that what a
server that stalls does to those who wait is seen. The server should have
other processors than the tool: see taskset(1).

exit codes: 0 measured, 1 a --fail-if holds, or messages came that answer
nothing that was sent, 2 a wrong option, 5 a connection could not be made, or
was lost (--allow-failed: nothing could be connected), 11 the report could not be written, 12 the file of --payload could
not be read)";

void add_load(CLI::App& bench, BenchOptions& options) {
    const std::string group = "The load";
    add_word(bench, "-c,--connections", options.connections, positive_word,
             "Connections; with --publishers, those that subscribe", "64")
        .group(group);
    add_word(bench, "--depth", options.depth, positive_word,
             "Messages of one connection that are on their way at a time", "1")
        .group(group);
    add_word(bench, "--rate", options.rate, positive_word,
             "Messages a second over all connections, and not the next after each\nanswer")
        .group(group);
    CLI::Option& size =
        add_word(bench, "--size", options.size, size_word, "Bytes of a message", "20");
    size.group(group);
    bench.add_option("--payload", options.payload_file, "The message is what this file holds")
        ->type_name("FILE")
        ->excludes(&size)
        ->group(group);
    bench.add_flag("-b,--binary", options.binary, "Binary messages")->group(group);
    add_word(bench, "--publishers", options.publishers, positive_word,
             "So many connections publish, and the others receive")
        .group(group);
    CLI::Option* const idle =
        bench.add_flag("--idle", options.idle, "Connections only")->group(group);
    bench
        .add_flag("--handshakes", options.handshakes,
                  "Connections only, which are closed at once and made again; a latency\n"
                  "is from the first packet to the answer")
        ->excludes(idle)
        ->excludes("--publishers")
        ->excludes("--rate")
        ->group(group);
    add_word(bench, "--ramp", options.ramp, positive_word, "New connections a second").group(group);
    add_word(bench, "-d,--duration", options.duration, time_word, "How long to measure", "10s")
        .group(group);
    add_word(bench, "--warmup", options.warmup, time_word, "What comes before is not counted", "1s")
        .group(group);
    add_word(bench, "--threads", options.threads, positive_word, "Threads that make the load", "1")
        .group(group);
}

void add_sources(CLI::App& bench, BenchOptions& options, const std::string& group) {
    bench
        .add_option_function<std::string>(
            "--source",
            [&options](const std::string& given) {
                auto addresses = parse_source_addresses(given);
                if (!addresses) throw CLI::ValidationError("--source", addresses.error());
                options.sources = std::move(*addresses);
            },
            "Connect from these addresses of this machine, in turns: some 28,000\n"
            "connections fit between two; A-B is a range")
        ->option_text("ADDRESS[,ADDRESS...]")
        ->group(group);
}

void add_connecting(CLI::App& bench, BenchOptions& options) {
    const std::string group = "The connections";
    add_word(bench, "--compress", options.compression, compression_word,
             "Offer compression, and compress each message: off, shared or dedicated", "off")
        .group(group);
    bench.add_option("-H,--header", options.headers, "A further header field; may be repeated")
        ->option_text("'NAME: VALUE'")
        ->allow_extra_args(false)
        ->group(group);
    add_word(bench, "--timeout", options.timeout, seconds_word, "How long connecting may take",
             "10")
        .group(group);
    add_sources(bench, options, group);
    bench
        .add_option("--cacert", options.roots_file,
                    "Trust the roots in this PEM file, and not the system's")
        ->type_name("FILE")
        ->group(group);
    bench.add_flag("-k,--insecure", options.insecure, "Accept any certificate")->group(group);
}

void add_report(CLI::App& bench, BenchOptions& options) {
    const std::string group = "The report";
    bench.add_flag("-j,--json", options.json, "One JSON object; times are in nanoseconds")
        ->group(group);
    bench.add_flag("-q,--quiet", options.quiet, "No line of progress")->group(group);
    bench
        .add_flag("--allow-failed", options.allow_failed,
                  "Connections that could not be made, or were lost, do not end it with 5")
        ->group(group);
    bench
        .add_option_function<std::vector<std::string>>(
            "--fail-if",
            [&options](const std::vector<std::string>& given) {
                for (const std::string& text : given) {
                    auto threshold = Threshold::parse(text);
                    if (!threshold)
                        throw CLI::ValidationError("--fail-if", text + ": " + threshold.error());
                    options.thresholds.push_back(std::move(*threshold));
                }
            },
            "End with 1 if this holds: p50 to p99.99, max, mean, connect-p99 with a\n"
            "unit (p99>5ms), or rate, errors (rate<100000); may be repeated")
        ->option_text("'FIGURE>VALUE'")
        ->allow_extra_args(false)
        ->group(group);
}

}  // namespace

CLI::App& add_bench(CLI::App& app, BenchOptions& options) {
    CLI::App& bench = *app.add_subcommand("bench", "Measure a WebSocket server under load");
    bench.add_option("URL", options.url, "ws://HOST[:PORT]/PATH, wss:// for TLS")
        ->required()
        ->option_text(" ");
    add_load(bench, options);
    add_connecting(bench, options);
    add_report(bench, options);
    bench.footer(bench_footer);
    return bench;
}

}  // namespace longwire::cli
