// What channels cost in the hub alone, from one to a million: memory, and the time of its clock.
#include "hub/hub.hpp"
#include "hub/memory_broker.hpp"

#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

namespace {

using namespace longwire;
using std::chrono::steady_clock;

/// A loop without any connections.
class Nowhere final : public hub::Outlet {
public:
    void publish(hub::SharedPublication /*publication*/) override {}
    void interrupt(const std::string& /*channel*/, hub::Position /*position*/) override {}
    void announce(std::shared_ptr<const hub::PresenceChange> /*change*/) override {}
    [[nodiscard]] bool has_room() const override { return true; }
    void run(std::move_only_function<void()> function) override { function(); }
};

double heap() {
    const auto all = mallinfo2();
    return static_cast<double>(all.uordblks + all.hblkhd);
}

/// Of the processor, in milliseconds.
double processor_time() {
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

template <class Function>
double milliseconds_of(Function function) {
    const double begun = processor_time();
    function();
    return processor_time() - begun;
}

struct Row {
    double joined = 0;   // bytes a channel with one member
    double kept = 0;     // and with one message that is kept
    double quiet = 0;    // milliseconds of a tick while nothing is due
    double longest = 0;  // of a tick when everything is
    double whole = 0;    // of all ticks until nothing is
};

Row measure(std::size_t channels) {
    auto now = steady_clock::now();
    hub::MemoryBroker broker(
        {.most_history_bytes = std::size_t{8} << 30, .now = [&] { return now; }});
    hub::Hub hub(broker, {.most_channels = channels, .now = [&] { return now; }});
    Nowhere nowhere;
    const std::uint32_t outlet = hub.add(nowhere);
    const auto name = [](std::size_t number) { return "channel-" + std::to_string(number); };
    const auto each = static_cast<double>(channels);
    Row row;
    const double before = heap();
    for (std::size_t number = 0; number < channels; ++number)
        hub.join({.channel = name(number), .member = {.outlet = outlet, .number = number + 1}},
                 [](const Result<hub::History>& /*history*/) {});
    row.joined = (heap() - before) / each;
    for (std::size_t number = 0; number < channels; ++number)
        hub.publish({.channel = name(number),
                     .content = {.message = Message::text("twenty bytes of text")},
                     .history = {.count = 1, .age = std::chrono::minutes(1)}});
    row.kept = (heap() - before) / each;
    constexpr int ticks = 10;
    row.quiet = milliseconds_of([&] {
                    for (int count = 0; count < ticks; ++count) hub.tick();
                }) /
                ticks;
    now += std::chrono::minutes(2);
    for (bool more = true; more;) {
        const double took = milliseconds_of([&] { more = hub.tick(); });
        row.longest = std::max(row.longest, took);
        row.whole += took;
    }
    return row;
}

}  // namespace

int main() {
    // (What the allocator gives back to the system when much is freed is not the hub's.)
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    std::printf("%12s %14s %16s %16s %16s %14s\n", "channels", "one member, B", "and a message, B",
                "tick, quiet, ms", "all due, longest", "and all, ms");
    for (const std::size_t channels : {1UL, 100UL, 10'000UL, 100'000UL, 1'000'000UL}) {
        const Row row = measure(channels);
        std::printf("%12zu %14.0f %16.0f %16.4f %16.3f %14.1f\n", channels, row.joined, row.kept,
                    row.quiet, row.longest, row.whole);
    }
}
