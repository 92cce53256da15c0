#include "cli/command_line.hpp"

#include "cli/bench/bench_command.hpp"
#include "cli/config_command.hpp"
#include "cli/connect.hpp"
#include "cli/connect_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/option_words.hpp"
#include "cli/serve.hpp"
#include "cli/serve_command.hpp"
#include "cli/serving_announcements.hpp"
#include "cli/token_command.hpp"
#include "cli/version.hpp"
#include "ops/log.hpp"

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace longwire::cli {

namespace {

constexpr const char* program_footer = R"(
Examples:
  longwire serve                                  a page, channels and an echo on port 8000
  longwire connect ws://127.0.0.1:8000/echo       talk to a server, line by line
  longwire bench ws://127.0.0.1:8000/echo         measure a server under load
  longwire config check longwire.toml             look over a configuration
  longwire token --secret @secret --user ann      make a token for a client

longwire COMMAND --help tells all about a command.)";

std::string name_of(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return "longwire" + (chosen.empty() ? "" : " " + chosen.front()->get_name());
}

int report(const CLI::App& app, const CLI::ParseError& error, bool as_json) {
    const std::string name = name_of(app);
    const std::string words = fmt::format("{} ({} --help tells more)", error.what(), name);
    if (as_json) return refuse_to_start(ops::LogFormat::json, words, usage);
    fmt::print(stderr, "{}: {}\n", name, words);
    return usage;
}

int refuse_to_serve(ops::LogFormat format, const std::vector<std::string>& problems) {
    for (const std::string& problem : problems) refuse_to_start(format, problem, usage);
    return usage;
}

/// A signal is no reason to end that somebody sends by habit, or that says only that nobody reads
/// what is written: writing tells of that.
void ignore_what_is_not_for_us() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGUSR1, SIG_IGN);
}

/// What the program ends with: `code`, if what it printed has been written. `error` is the errno of
/// what could not be.
int with_output_written(const std::string& name, int code, int error = 0) {
    errno = 0;
    const bool flushed = std::fflush(stdout) == 0;
    if (error == 0) error = errno;
    if (flushed && std::ferror(stdout) == 0 && std::cout.good()) return code;
    // Whoever stops reading (longwire config default | head) knows.
    if (error != EPIPE)
        fmt::print(stderr, "{}: standard output cannot be written: {}\n", name,
                   error == 0 ? "some of it is lost" : std::generic_category().message(error));
    return output_failed;
}

/// What each command was asked to do, and which was.
struct Commands {
    explicit Commands(CLI::App& app)
        : serve_command(add_serve(app, serving)),
          connect_command(add_connect(app, connecting)),
          bench_command(add_bench(app, benching)),
          config_command(add_config(app, configuring)),
          token_command(add_token(app, making)),
          version_command(
              *app.add_subcommand("version", "Print the version, the commit and the build")) {}

    ServeOptions serving;
    ConnectOptions connecting;
    BenchOptions benching;
    ConfigOptions configuring;
    TokenOptions making;
    const CLI::App& serve_command;
    const CLI::App& connect_command;
    const CLI::App& bench_command;
    const CLI::App& config_command;
    const CLI::App& token_command;
    const CLI::App& version_command;
};

int print_version() {
    fmt::print("{}\n", version_line());
    return success;
}

int run(const CLI::App& app, const Commands& all) {
    try {
        if (all.serve_command.parsed()) return serve(all.serving);
        if (all.connect_command.parsed()) return connect(all.connecting);
        int code = usage;
        if (all.bench_command.parsed())
            code = bench(all.benching);
        else if (all.config_command.parsed())
            code = config(all.configuring);
        else if (all.token_command.parsed())
            code = token(all.making);
        else if (all.version_command.parsed())
            code = print_version();
        else
            fmt::print("{}", app.help());
        return with_output_written(name_of(app), code);
    } catch (const std::system_error& error) {
        if (std::ferror(stdout) != 0)
            return with_output_written(name_of(app), failed, error.code().value());
        fmt::print(stderr, "longwire: {}\n", error.what());
        return failed;
    } catch (const std::exception& exception) {
        fmt::print(stderr, "longwire: {}\n", exception.what());
        return failed;
    }
}

}  // namespace

int run_command_line(int count, char** arguments) {
    ignore_what_is_not_for_us();
    CLI::App app("Longwire: WebSocket server and tools.", "longwire");
    app.set_version_flag("--version", version_line());
    app.require_subcommand(0, 1);
    app.footer(program_footer);
    Commands all(app);
    std::vector<std::string> words(arguments + 1, arguments + count);
    if (!words.empty() && words.front() == "serve") {
        all.serving.arguments = words;
        const bool as_json = want_json(words);
        auto settled = with_settings(std::move(words), all.serving);
        if (!settled) {
            if (as_json) all.serving.log_format = ops::LogFormat::json;
            return refuse_to_serve(all.serving.log_format, settled.error());
        }
        words = std::move(*settled);
        all.serving.settled = words;
    }
    const bool as_json = want_json(words);
    try {
        std::ranges::reverse(words);  // as CLI11 takes them
        app.parse(std::move(words));
    } catch (const CLI::Success& asked) {
        errno = 0;
        const int code = app.exit(asked);
        return with_output_written(name_of(app), code, errno);
    } catch (const CLI::ParseError& error) {
        return report(app, error, as_json && all.serve_command.parsed());
    }
    return run(app, all);
}

}  // namespace longwire::cli
