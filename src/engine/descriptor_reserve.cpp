#include "engine/descriptor_reserve.hpp"

#include "engine/log.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <string>

namespace longwire::engine {

namespace {

constexpr std::chrono::minutes episode{1};

/// Nothing where there is no limit.
std::optional<rlim_t> limit_of_descriptors() noexcept {
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return std::nullopt;
    return limit.rlim_cur;
}

}  // namespace

DescriptorReserve::Left DescriptorReserve::left_behind(int descriptor) noexcept {
    const auto limit = limit_of_descriptors();
    if (!limit) return Left::enough;
    // (Of very few all but some would be kept.)
    const rlim_t kept = std::min<rlim_t>(size, *limit / 4);
    const auto taken = static_cast<rlim_t>(descriptor) + 1;
    if (taken + kept <= *limit) return Left::enough;
    return taken + kept / 2 <= *limit ? Left::few : Left::hardly_any;
}

void DescriptorReserve::tell() {
    const auto now = std::chrono::steady_clock::now();
    const bool goes_on = refused_ && now - *refused_ < episode;
    refused_ = now;
    if (goes_on) return;
    const auto limit = limit_of_descriptors();
    log(LogLevel::warning, "this process has nearly reached its limit of open files (" +
                               (limit ? std::to_string(*limit) : "the system's limit") +
                               "): new connections are answered with 503; raise the limit "
                               "(ulimit -n, or LimitNOFILE= of a systemd unit)");
}

}  // namespace longwire::engine
