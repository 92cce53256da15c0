#include "cli/bench/pacer.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>

namespace longwire::cli {

Pacer::Pacer() : timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {}

Pacer::~Pacer() {
    if (timer_ >= 0) ::close(timer_);
}

Task<> Pacer::until(Clock::time_point moment) {
    const auto left = moment - Clock::now();
    if (left <= Clock::duration::zero()) co_return;
    if (timer_ < 0) {
        co_await sleep_for(std::chrono::ceil<std::chrono::milliseconds>(left));
        co_return;
    }
    const auto since_boot = std::chrono::nanoseconds(moment.time_since_epoch()).count();
    itimerspec when = {};
    when.it_value.tv_sec = static_cast<std::time_t>(since_boot / 1'000'000'000);
    when.it_value.tv_nsec = since_boot % 1'000'000'000;
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
    co_await readable(timer_);
    std::uint64_t expirations = 0;
    [[maybe_unused]] const auto read = ::read(timer_, &expirations, sizeof expirations);
}

}  // namespace longwire::cli
