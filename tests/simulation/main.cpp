#include "broken.hpp"
#include "options.hpp"
#include "seed_in_danger.hpp"
#include "world.hpp"

#include <chrono>
#include <cinttypes>
#include <cstdio>

using namespace longwire::simulation;

namespace {

constexpr unsigned most_findings = 10;

/// What all seeds came to.
struct Total {
    std::uint64_t runs = 0;
    std::uint64_t intact = 0;
    std::uint64_t messages = 0;
    std::uint64_t steps = 0;
    std::uint64_t digest = 0;
    unsigned findings = 0;
};

void run_one(std::uint64_t seed, const Options& options, Total& total) {
    Story story(options.trace ? Story::Shown::yes : Story::Shown::no);
    ++total.runs;
    try {
        const RunResult result = run(seed, story, options.lie ? Network::lying : Network::honest);
        total.intact += result.intact ? 1 : 0;
        total.messages += result.messages;
        total.steps += result.steps;
    } catch (const Broken& broken) {
        ++total.findings;
        std::fflush(stdout);
        std::fprintf(stderr,
                     "seed %" PRIu64 ": %s\n  see it again: simulation --seed %" PRIu64
                     " --trace%s\n",
                     seed, broken.what(), seed, options.lie ? " --lie" : "");
    }
    total.digest = (total.digest ^ story.digest()) * 0x9E3779B97F4A7C15U;
}

}  // namespace

int main(int count, char** words) {
    const auto options = read_options({words, static_cast<std::size_t>(count)});
    if (!options) return options.error();
    const auto began = std::chrono::steady_clock::now();
    Total total;
    watch_for_crashes();
    for (std::uint64_t index = 0; index < options->seeds && total.findings < most_findings;
         ++index) {
        const std::uint64_t seed = options->from + index;
        in_danger(seed);
        run_one(seed, *options, total);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    // Nothing here differs between two runs of the same seeds.
    std::printf("%" PRIu64 " seeds: %u broken, %" PRIu64 " on a network that did no harm, %" PRIu64
                " messages, %" PRIu64 " steps, digest %016" PRIx64 "\n",
                total.runs, total.findings, total.intact, total.messages, total.steps,
                total.digest);
    std::fflush(stdout);
    std::fprintf(stderr, "%.1f s\n", took.count());
    return total.findings == 0 ? 0 : 1;
}
