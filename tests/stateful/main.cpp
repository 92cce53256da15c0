#include "chance.hpp"
#include "episode.hpp"
#include "finding.hpp"
#include "options.hpp"
#include "themes.hpp"

#include <longwire/log.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace longwire::stateful;

namespace {

using Seconds = std::chrono::seconds;

// At a time: they meet, and each has enough of the processors to be itself.
constexpr std::size_t themes_at_once = 4;
// Most of what goes wrong does so at once; what is left behind rings 5 s, and 10 s, later.
constexpr std::chrono::milliseconds busy{8'000};

/// What handlers threw, but for those that the test itself lets throw.
void listen_to_log(bool verbose) {
    longwire::set_log_sink([verbose](longwire::LogLevel, std::string_view line) {
        if (verbose)
            std::fprintf(stderr, "log: %.*s\n", static_cast<int>(line.size()), line.data());
        const auto says = [&](std::string_view words) {
            return line.find(words) != std::string_view::npos;
        };
        if ((says("threw an exception") && !says("on purpose")) || says("a task ended with"))
            found("the log says: " + std::string(line));
    });
}

/// The themes in the order of a seed: each comes once before one comes again.
class Deck {
public:
    Deck(Chance chance, const std::string& only) : chance_(chance), only_(only) {}

    std::vector<const Theme*> draw() {
        std::vector<const Theme*> drawn;
        while (drawn.size() < (only_.empty() ? themes_at_once : 1)) {
            if (left_.empty()) fill();
            drawn.push_back(left_.back());
            left_.pop_back();
        }
        return drawn;
    }

private:
    void fill() {
        for (const Theme& theme : themes())
            if (only_.empty() || theme.name == only_) left_.push_back(&theme);
        for (std::size_t last = left_.size(); last > 1; --last)
            std::swap(left_[last - 1],
                      left_[static_cast<std::size_t>(chance_.between(0, last - 1))]);
    }

    Chance chance_;
    std::string only_;
    std::vector<const Theme*> left_;
};

void run_seed(std::uint64_t seed, Seconds seconds, const Options& options) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    const auto ends = Clock::now() + seconds;
    Chance chance(seed);
    Deck deck(chance.branch(), options.only);
    for (std::uint64_t number = 1; number == 1 || Clock::now() < ends; ++number) {
        const auto with = deck.draw();
        std::string names;
        for (const Theme* const theme : with) {
            if (!names.empty()) names += ", ";
            names += theme->name;
        }
        trying(seed, number, names);
        const auto began = Clock::now();
        const Told told = run_episode(chance.number(), with, busy, options);
        const std::chrono::duration<double> took = Clock::now() - began;
        std::printf("  episode %llu: %s: %llu clients, %.1f s\n",
                    static_cast<unsigned long long>(number), names.c_str(),
                    static_cast<unsigned long long>(told.clients), took.count());
        std::fflush(stdout);
    }
}

std::uint64_t seed_of_clock() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
               std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) %
           1'000'000'000;
}

}  // namespace

int main(int count, char** words) {
    const auto options = read_options({words, static_cast<std::size_t>(count)});
    if (!options) return options.error();
    watch_for_crashes();
    listen_to_log(options->verbose);
    if (options->seed) {
        run_seed(*options->seed, options->seconds, *options);
    } else {
        // What takes much at once is found where nothing else goes on: one episode of it. Then a
        // seed that is the same each time, and one that nobody has tried.
        if (options->only.empty()) {
            Options alone = *options;
            alone.only = "hot";
            run_seed(1, Seconds(0), alone);
        }
        run_seed(1, options->seconds / 2, *options);
        // (Where a change is judged by it, two that are the same each time.)
        const bool judges = std::getenv("CI") != nullptr;
        run_seed(judges ? 2 : seed_of_clock(), options->seconds / 2, *options);
    }
    std::printf("all held\n");
    return 0;
}
