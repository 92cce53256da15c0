#include "cli/completion.hpp"

#include "cli/harmless.hpp"
#include "cli/typed_command.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace longwire::cli {

namespace {

namespace fs = std::filesystem;

// Nobody looks through more, and nobody waits for it.
constexpr std::size_t max_entries = 10'000;

std::size_t shared_prefix(std::string_view left, std::string_view right) noexcept {
    const auto [end, _] = std::ranges::mismatch(left, right);
    return static_cast<std::size_t>(end - left.begin());
}

/// What all of `names`, which begin with `typed`, have in common beyond it; `end` stands behind a
/// lone one.
Completion among(std::vector<std::string> names, std::string_view typed, std::string_view end) {
    if (names.empty()) return {};
    std::ranges::sort(names);
    if (names.size() == 1) return {.added = names.front().substr(typed.size()) + std::string(end)};
    // Of a sorted list the first and the last differ the earliest.
    const std::size_t shared = shared_prefix(names.front(), names.back());
    if (shared > typed.size())
        return {.added = names.front().substr(typed.size(), shared - typed.size())};
    return {.choices = std::move(names)};
}

Completion complete_command(std::string_view typed) {
    std::vector<std::string> names;
    for (const std::string_view name : typed_commands())
        if (name.starts_with(typed)) names.emplace_back(name);
    const bool takes_more =
        names.size() == 1 && names.front() != "help" && names.front() != "pretty";
    return among(std::move(names), typed, takes_more ? " " : "");
}

Completion complete_file(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
    const std::string_view typed = path.substr(begin);
    const std::string folder = begin == 0 ? "." : with_home(path.substr(0, begin));
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (std::size_t count = 0; !error && entry != fs::directory_iterator() && count < max_entries;
         entry.increment(error), ++count) {
        std::string name = entry->path().filename().string();
        if (!name.starts_with(typed) || (name.starts_with('.') && typed.empty())) continue;
        // What cannot be typed cannot be completed either.
        if (harmless(name) != name) continue;
        std::error_code unknown;
        if (entry->is_directory(unknown)) name += '/';
        names.push_back(std::move(name));
    }
    return among(std::move(names), typed, "");
}

}  // namespace

Completion complete_typed(std::string_view line) {
    if (!line.starts_with('/') || line.starts_with("//")) return {};
    line.remove_prefix(1);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return complete_command(line);
    const std::string_view command = line.substr(0, space);
    if (command != "binary" && command != "text") return {};
    const std::size_t begin = std::min(line.find_first_not_of(' ', space), line.size());
    return complete_file(line.substr(begin));
}

std::string with_home(std::string_view path) {
    const char* const home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (home == nullptr || (path != "~" && !path.starts_with("~/"))) return std::string(path);
    return home + std::string(path.substr(1));
}

}  // namespace longwire::cli
