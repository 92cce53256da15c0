#include "cli/typed_command.hpp"

#include "cli/harmless.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <numeric>
#include <vector>

namespace longwire::cli {

namespace {

using Kind = TypedCommand::Kind;

struct Name {
    std::string_view name;
    Kind kind;
};

constexpr auto names = std::to_array<Name>({{"ping", Kind::ping},
                                            {"close", Kind::close},
                                            {"binary", Kind::binary},
                                            {"text", Kind::text},
                                            {"pretty", Kind::pretty},
                                            {"help", Kind::help}});

/// How many letters to change, add or leave out to make one word of the other (Levenshtein).
std::size_t distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t y = 0; y < left.size(); ++y) {
        std::size_t diagonal = row[0];
        row[0] = y + 1;
        for (std::size_t x = 0; x < right.size(); ++x) {
            const std::size_t exchanged = diagonal + (left[y] == right[x] ? 0 : 1);
            diagonal = row[x + 1];
            row[x + 1] = std::min({row[x] + 1, diagonal + 1, exchanged});
        }
    }
    return row.back();
}

TypedCommand unknown(std::string mistake) {
    return {.kind = Kind::unknown, .argument = {}, .code = 0, .mistake = std::move(mistake)};
}

TypedCommand unknown_name(std::string_view name) {
    const std::string_view compared = name.substr(0, 32);
    const Name& nearest = *std::ranges::min_element(
        names, {}, [&](const Name& known) { return distance(compared, known.name); });
    const bool near = distance(compared, nearest.name) <= 2;
    return unknown(fmt::format(
        "no command /{}{}; /help lists them, and // sends a line that "
        "begins with /",
        harmless(compared), near ? fmt::format(" (did you mean /{}?)", nearest.name) : ""));
}

std::string_view first_word(std::string_view& rest) {
    const std::size_t end = std::min(rest.find_first_of(" \n"), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    return word;
}

TypedCommand close_command(std::string_view rest) {
    if (rest.empty()) return {.kind = Kind::close};
    const std::string_view number = first_word(rest);
    int code = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), code);
    const bool whole = error == std::errc() && end == number.data() + number.size();
    if (!whole || (code != 1000 && (code < 3000 || code > 4999)))
        return unknown("the code to close with is 1000, or one from 3000 to 4999: /close 4000 bye");
    if (rest.size() > 123)
        return unknown(
            fmt::format("a reason may have 123 bytes, and this one has {}", rest.size()));
    return {.kind = Kind::close, .argument = std::string(rest), .code = code};
}

}  // namespace

TypedCommand parse_typed(std::string_view line) {
    if (!line.starts_with('/')) return {.kind = Kind::send, .argument = std::string(line)};
    if (line.starts_with("//"))
        return {.kind = Kind::send, .argument = std::string(line.substr(1))};
    std::string_view rest = line.substr(1);
    const std::string_view name = first_word(rest);
    const auto* const known = std::ranges::find(names, name, &Name::name);
    if (known == names.end()) return unknown_name(name);
    if (known->kind == Kind::close) return close_command(rest);
    if (known->kind == Kind::ping && rest.size() > 125)
        return unknown(fmt::format("a ping may carry 125 bytes, and this one has {}", rest.size()));
    if ((known->kind == Kind::binary || known->kind == Kind::text) && rest.empty())
        return unknown(fmt::format("which file? /{0} FILE", name));
    return {.kind = known->kind, .argument = std::string(rest)};
}

std::vector<std::string_view> typed_commands() {
    std::vector<std::string_view> known;
    known.reserve(names.size());
    for (const Name& name : names) known.push_back(name.name);
    return known;
}

std::string_view typed_help() noexcept {
    return "A line is sent as a text message. Commands:\n"
           "  /ping [TEXT]           send a ping, and say how long the pong took\n"
           "  /close [CODE [REASON]] close the connection (1000, or 3000 to 4999)\n"
           "  /binary FILE           send a file as a binary message\n"
           "  /text FILE             send a file as a text message\n"
           "  /pretty                format received JSON, or show it unchanged\n"
           "  /help                  this\n"
           "  //TEXT                 send a line that begins with /\n"
           "Keys: a \\ at the end of a line, or Alt-Enter, continues on a further line. Up\n"
           "and down go through earlier lines, Ctrl-R searches them; one that begins with a\n"
           "space is not kept. Tab completes commands and the names of files. Ctrl-D or Ctrl-C "
           "closes, a second Ctrl-C ends at once.";
}

}  // namespace longwire::cli
