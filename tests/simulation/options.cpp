#include "options.hpp"

#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

namespace longwire::simulation {

namespace {

constexpr std::string_view help =
    R"(Joins a client and a server of Longwire's protocol by a simulated network, once for each seed,
and checks that nothing is lost, changed, told twice or stuck. The same seed gives the same run.

usage: simulation [--seeds N] [--from S] [--trace]
       simulation --seed S [--trace]

  --seeds N   run N seeds (2000)
  --from S    beginning with this one (1)
  --seed S    run this one
  --trace     print what happens in each
  --lie       let the network change a byte that the checks are not told of: must be found
  --help      print this

exit code: 0 all held, 1 something did not (each seed is named), 2 the command line is wrong

examples:
  simulation                        what the tests run
  simulation --seeds 100000         what a night runs
  simulation --seed 1234 --trace    the story of one seed
)";

std::optional<std::uint64_t> number_of(std::string_view word) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return number;
}

std::unexpected<int> complain(std::string_view what, std::string_view word) {
    std::fprintf(stderr, "simulation: %.*s: %.*s\nSee simulation --help.\n",
                 static_cast<int>(what.size()), what.data(), static_cast<int>(word.size()),
                 word.data());
    return std::unexpected(2);
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
        if (word == "--trace") {
            options.trace = true;
        } else if (word == "--lie") {
            options.lie = true;
        } else if (word == "--seeds" || word == "--from" || word == "--seed") {
            if (index + 1 == words.size()) return complain("a number is missing after", word);
            const std::string_view given = words[++index];
            const auto number = number_of(given);
            if (!number) return complain("not a number", given);
            if (word == "--seeds" && *number == 0) return complain("runs nothing", "--seeds 0");
            if (word == "--seeds") options.seeds = *number;
            if (word != "--seeds") options.from = *number;
            if (word == "--seed") options.seeds = 1;
        } else {
            return complain("unknown option", word);
        }
    }
    return options;
}

}  // namespace longwire::simulation
