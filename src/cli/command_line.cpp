#include "cli/command_line.hpp"

#include "cli/bench/bench_command.hpp"
#include "cli/config_command.hpp"
#include "cli/connect.hpp"
#include "cli/connect_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/option_words.hpp"
#include "cli/serve.hpp"
#include "cli/serve_command.hpp"
#include "cli/token_command.hpp"

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <string>
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
  longwire token --secret @secret --user ann      let somebody in

longwire COMMAND --help tells all about a command.)";

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
    ConfigOptions configuring;
    TokenOptions making;
    const CLI::App& serve_command = add_serve(app, serving);
    const CLI::App& connect_command = add_connect(app, connecting);
    const CLI::App& bench_command = add_bench(app, benching);
    const CLI::App& config_command = add_config(app, configuring);
    const CLI::App& token_command = add_token(app, making);
    std::vector<std::string> words(arguments + 1, arguments + count);
    if (!words.empty() && words.front() == "serve") {
        serving.arguments = words;
        auto settled = with_settings(std::move(words), serving);
        if (!settled) return settled.error();
        words = std::move(*settled);
        serving.settled = words;
    }
    try {
        std::ranges::reverse(words);  // as CLI11 takes them
        app.parse(std::move(words));
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const CLI::ParseError& error) {
        return report(app, error);
    }
    try {
        if (serve_command.parsed()) return serve(serving);
        if (connect_command.parsed()) return connect(connecting);
        if (bench_command.parsed()) return bench(benching);
        if (config_command.parsed()) return config(configuring);
        if (token_command.parsed()) return token(making);
    } catch (const std::exception& exception) {
        fmt::print(stderr, "longwire: {}\n", exception.what());
        return failed;
    }
    fmt::print("{}", app.help());
    return usage;
}

}  // namespace longwire::cli
