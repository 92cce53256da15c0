#include "options.hpp"

#include "themes.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string_view>

namespace longwire::stateful {

namespace {

constexpr std::string_view help =
    R"(Puts servers together as `longwire serve` does, lets clients of all dialects do to them
whatever clients do, in the order of a seed, and checks what must hold (README.md says what).

usage: stateful_dialects [--seed N] [--seconds N] [--threads N] [--only THEME] [--verbose]

  --seed N      begin with this seed (else: a fixed one, then one from the clock)
  --seconds N   how long, about, all together (60)
  --threads N   loops of each server, 1 or 2 (else: as the seed says)
  --only THEME  this kind of trouble alone (--only list names them)
  --verbose     print what the server logs
  --help        print this

exit code: 0 all held, 1 something did not (it says what, and the seed), 2 the command line is wrong

examples:
  stateful_dialects                             what the tests run
  stateful_dialects --seconds 600 --seed 1234   ten minutes of one seed
  stateful_dialects --only ghosts --seconds 20  those who leave while the gate is asked
)";

std::optional<std::uint64_t> number_of(std::string_view word) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return number;
}

std::unexpected<int> complain(std::string_view what, std::string_view word) {
    std::fprintf(stderr, "stateful_dialects: %.*s: %.*s\nSee stateful_dialects --help.\n",
                 static_cast<int>(what.size()), what.data(), static_cast<int>(word.size()),
                 word.data());
    return std::unexpected(2);
}

std::optional<int> take_theme(std::string_view name, Options& options) {
    if (name == "list") {
        for (const Theme& theme : themes())
            std::printf("%-12.*s %.*s\n", static_cast<int>(theme.name.size()), theme.name.data(),
                        static_cast<int>(theme.what.size()), theme.what.data());
        return 0;
    }
    if (std::ranges::find(themes(), name, &Theme::name) == themes().end())
        return complain("no theme", name).error();
    options.only = name;
    return std::nullopt;
}

std::optional<int> take_number(std::string_view option, std::string_view word, Options& options) {
    const auto number = number_of(word);
    if (!number) return complain("not a number", word).error();
    if (option == "--threads" && (*number < 1 || *number > 2))
        return complain("1 or 2 threads, not", word).error();
    if (option == "--seed") options.seed = *number;
    if (option == "--seconds") options.seconds = std::chrono::seconds(*number);
    if (option == "--threads") options.threads = *number;
    return std::nullopt;
}

}  // namespace

std::expected<Options, int> read_options(std::span<char* const> words) {
    Options options;
    for (std::size_t index = 1; index < words.size(); ++index) {
        const std::string_view word = words[index];
        if (word == "--help" || word == "-h") {
            std::fwrite(help.data(), 1, help.size(), stdout);
            return std::unexpected(0);
        }
        if (word == "--verbose") {
            options.verbose = true;
            continue;
        }
        const bool known =
            word == "--seed" || word == "--seconds" || word == "--threads" || word == "--only";
        if (!known) return complain("unknown option", word);
        if (index + 1 == words.size()) return complain("a word is missing after", word);
        const std::string_view given = words[++index];
        const auto code =
            word == "--only" ? take_theme(given, options) : take_number(word, given, options);
        if (code) return std::unexpected(*code);
    }
    return options;
}

}  // namespace longwire::stateful
