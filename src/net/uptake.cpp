#include "net/uptake.hpp"

#include "net/stream.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace longwire::net {

namespace {

// Of a patience: who stops taking things is noticed so much later at most.
constexpr int looks = 4;

}  // namespace

Uptake::Uptake(const Stream& stream) noexcept : since_(stream.loop().milliseconds()) {
    const std::size_t left = stream.unacknowledged();
    taken_ = stream.written() - static_cast<std::uint32_t>(left);
    left_ = static_cast<std::uint32_t>(
        std::min<std::size_t>(left, std::numeric_limits<std::int32_t>::max()));
}

bool Uptake::moved(const Stream& stream) noexcept {
    if (left_ == 0) return false;
    const std::uint32_t taken =
        stream.written() - static_cast<std::uint32_t>(stream.unacknowledged());
    // (Of a Unix socket what waits counts for more than it is: the difference may be negative.)
    const auto more = static_cast<std::int32_t>(taken - taken_);
    if (more < static_cast<std::int32_t>(std::min(left_, least_progress))) return false;
    left_ -= std::min(left_, static_cast<std::uint32_t>(more));
    taken_ = taken;
    since_ = stream.loop().milliseconds();
    return true;
}

std::chrono::milliseconds Uptake::first_wait(std::chrono::milliseconds patience) const noexcept {
    return under_way() ? std::max(patience / looks, std::chrono::milliseconds(1)) : patience;
}

std::optional<std::chrono::milliseconds> Uptake::wait(const Stream& stream,
                                                      std::chrono::milliseconds patience) noexcept {
    if (!under_way()) return std::nullopt;
    if (moved(stream) && !under_way()) return patience;
    const std::chrono::milliseconds stuck(stream.loop().milliseconds() - since_);
    if (stuck >= patience) return std::nullopt;
    return std::min(first_wait(patience), patience - stuck);
}

}  // namespace longwire::net
