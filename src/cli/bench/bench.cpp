#include "cli/bench/bench_report.hpp"
#include "cli/bench/load.hpp"
#include "cli/bench/payload.hpp"
#include "cli/exit_code.hpp"
#include "cli/secret.hpp"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

namespace longwire::cli {

namespace {

std::atomic<Run*> running = nullptr;

void stop_running(int /*signal*/) {
    if (Run* const run = running.load()) run->stopped = true;
}

/// Ctrl-C ends the measurement early, and what was measured is told.
class StopOnInterrupt {
public:
    explicit StopOnInterrupt(Run& run) {
        running = &run;
        struct sigaction action = {};
        action.sa_handler = stop_running;
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        sigemptyset(&action.sa_mask);
        sigaction(SIGINT, &action, nullptr);
    }
    ~StopOnInterrupt() { running = nullptr; }
    StopOnInterrupt(const StopOnInterrupt&) = delete;
    StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;
};

void raise_descriptor_limit() {
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

BenchClock::rep ticks(BenchClock::time_point moment) {
    return moment.time_since_epoch().count();
}

/// A line that is written over itself, for whoever watches.
class ProgressLine {
public:
    explicit ProgressLine(const BenchOptions& options)
        : options_(options), shown_(!options.quiet && isatty(STDERR_FILENO) != 0) {}
    ~ProgressLine() {
        if (shown_) fmt::print(stderr, "\r\x1b[K");
    }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const Run& run, std::string_view phase) {
        const auto now = BenchClock::now();
        const std::uint64_t received = run.received.load(std::memory_order_relaxed);
        const double seconds = std::chrono::duration<double>(now - last_).count();
        const double rate = seconds > 0 ? static_cast<double>(received - received_) / seconds : 0;
        last_ = now;
        received_ = received;
        if (!shown_) return;
        fmt::print(stderr, "\r\x1b[K{}  {} of {} connections  {} {} a second", phase,
                   grouped(run.settled.load()), grouped(options_.connections + options_.publishers),
                   grouped(static_cast<std::uint64_t>(rate)),
                   options_.handshakes ? "handshakes" : "messages");
        std::fflush(stderr);
    }

private:
    const BenchOptions& options_;
    bool shown_;
    BenchClock::time_point last_ = BenchClock::now();
    std::uint64_t received_ = 0;
};

/// Waits until every connection is there (or has failed), then measures.
void conduct(const BenchOptions& options, Run& run) {
    constexpr std::chrono::milliseconds glance(100);
    ProgressLine progress(options);
    const std::size_t count = options.connections + options.publishers;
    while (run.settled < count && !run.stopped) {
        progress.show(run, "connecting");
        std::this_thread::sleep_for(glance);
    }
    const auto begin = BenchClock::now() + options.warmup;
    const auto end = begin + options.duration;
    run.end = ticks(end);
    run.begin = ticks(begin);
    while (BenchClock::now() < end && !run.stopped) {
        const auto left = std::chrono::duration<double>(end - BenchClock::now()).count();
        progress.show(run, BenchClock::now() < begin ? std::string("warming up")
                                                     : fmt::format("{:.0f} s left", left));
        std::this_thread::sleep_for(
            std::min<BenchClock::duration>(glance, end - BenchClock::now()));
    }
    if (run.stopped) {
        const auto now = ticks(BenchClock::now());
        run.begin = std::min(run.begin.load(), now);
        run.end = now;
    }
}

/// The share of thread `index` when `count` is dealt to `threads`.
std::size_t share_of(std::size_t count, std::size_t threads, std::size_t index) {
    return count / threads + (index < count % threads ? 1 : 0);
}

Measurement measure(const BenchOptions& options, const std::string& payload) {
    Run run;
    const StopOnInterrupt stop_on_interrupt(run);
    std::vector<std::unique_ptr<Load>> loads;
    std::vector<std::thread> threads;
    loads.reserve(options.threads);
    for (std::size_t index = 0; index < options.threads; ++index)
        loads.push_back(std::make_unique<Load>(
            options, run, payload, share_of(options.connections, options.threads, index),
            share_of(options.publishers, options.threads, index)));
    threads.reserve(loads.size());
    for (const auto& load : loads) threads.emplace_back([&load] { load->work(); });
    conduct(options, run);
    for (std::thread& thread : threads) thread.join();
    Measurement whole;
    for (const auto& load : loads) whole.add(load->measurement());
    // Only now is it known when an interrupted one ended.
    whole.time = std::chrono::nanoseconds(run.end.load() - run.begin.load());
    return whole;
}

/// Whether one holds, which is told.
bool tell_thresholds(const BenchOptions& options, const Measurement& measurement) {
    bool failing = false;
    for (const Threshold& threshold : options.thresholds) {
        if (!threshold.fails(measurement)) continue;
        failing = true;
        fmt::print(stderr, "longwire bench: failed, because {} ({} is {})\n", threshold.text,
                   threshold.figure,
                   is_time(threshold.figure).value_or(false)
                       ? time_in_words(measurement.figure(threshold.figure).value_or(0))
                       : fmt::format("{:.0f}", measurement.figure(threshold.figure).value_or(0)));
    }
    return failing;
}

/// Whether what came was not only answers, which is told.
bool tell_foreign(const BenchOptions& options, const Measurement& measurement) {
    if (measurement.foreign == 0) return false;
    fmt::print(
        stderr,
        "longwire bench: {} messages match no message that was sent, and are not counted{}\n",
        grouped(measurement.foreign),
        options.publishers > 0 ? "; another client publishes there"
                               : ": the server is not an echo. Measure a channel, where others "
                                 "receive what one sends, with --publishers");
    return true;
}

}  // namespace

int bench(BenchOptions options) {
    raise_descriptor_limit();
    const auto payload = payload_of(options);
    if (!payload) {
        fmt::print(stderr, "longwire bench: {}\n", payload.error().message());
        return exit_code_of_input(payload.error());
    }
    options.size = payload->size();
    const Measurement measurement = measure(options, *payload);
    fmt::print("{}{}",
               options.json ? report_as_json(options, measurement)
                            : report_for_people(options, measurement),
               options.json ? "\n" : "");
    const bool failing = tell_thresholds(options, measurement);
    const bool nonsense = tell_foreign(options, measurement);
    if (measurement.connected == 0 || (measurement.failed > 0 && !options.allow_failed))
        return not_connected;
    return failing || nonsense ? failed : success;
}

}  // namespace longwire::cli
