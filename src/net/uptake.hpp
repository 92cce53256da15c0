#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace longwire::net {

class Stream;

/// How what was on its way to a peer at one moment arrives there, seen by whoever looks from time
/// to time. A peer that has yet to get what it could answer is not silent while that moves; what is
/// sent later says nothing of it.
class Uptake {
public:
    /// Of nothing.
    Uptake() = default;
    /// Of all that is on its way now. A system call.
    explicit Uptake(const Stream& stream) noexcept;

    /// Whether some of it had not arrived when it was looked at last.
    [[nodiscard]] bool under_way() const noexcept { return left_ > 0; }

    /// Looks: whether the peer's system has taken enough of it, since it last had, for the peer to
    /// be reading, if slowly; a few bytes now and then are not. A system call, if some is left.
    [[nodiscard]] bool moved(const Stream& stream) noexcept;

    /// How long to wait before the first look, where the peer is given up after `patience`.
    [[nodiscard]] std::chrono::milliseconds first_wait(
        std::chrono::milliseconds patience) const noexcept;
    /// Looks, and says how much longer to wait; nothing where the peer is to be given up: it has
    /// taken nothing for as long as `patience`, or was given that once more after it had all.
    [[nodiscard]] std::optional<std::chrono::milliseconds> wait(
        const Stream& stream, std::chrono::milliseconds patience) noexcept;

    static constexpr std::uint32_t least_progress = 4096;

private:
    std::uint32_t taken_ = 0;  // by the peer's system, when that was last enough
    std::uint32_t left_ = 0;
    std::uint32_t since_ = 0;  // in milliseconds of the loop
};

}  // namespace longwire::net
