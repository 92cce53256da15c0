#pragma once

#include <longwire/close_code.hpp>
#include <longwire/error.hpp>
#include <longwire/websocket.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace longwire {

/// Whether a connection that was closed with `code` should stay closed: its purpose is fulfilled
/// (1000), or the same would happen again (1002, 1003, 1007 to 1010), or the client is not allowed
/// (3000 and 3003, as IANA has them). After all others, 4000 to 4999 among them, trying again is
/// worth it.
[[nodiscard]] bool is_final(CloseCode code) noexcept;

/// Whether trying again is of no use after `error`: what was asked for is wrong, or the server (or
/// the proxy) refused with a status other than 408, 425, 429, 500, 502, 503 and 504.
[[nodiscard]] bool is_final(const Error& error) noexcept;

/// How often, and for how long, a connection is tried again that was lost or could not be made.
struct Reconnect {
    /// A try waits a random time between 0 and a most: `first_delay` for the first, and for each
    /// further one in a row without success twice that of the one before, up to `max_delay` ("full
    /// jitter": connections that were lost together do not reconnect together).
    std::chrono::milliseconds first_delay = std::chrono::milliseconds(500);
    std::chrono::milliseconds max_delay = std::chrono::seconds(30);
    /// How many tries in a row may fail; 0: no limit.
    std::uint32_t max_tries = 0;
    /// For how long tries may go on without success; 0: no limit.
    std::chrono::milliseconds max_time = std::chrono::milliseconds(0);
    /// A connection that was up for this long counts as a success. (One that is accepted and closed
    /// at once does not, so the next attempt waits longer.)
    std::chrono::milliseconds steady_after = std::chrono::seconds(10);
    /// The longest that a server's Retry-After is obeyed.
    std::chrono::milliseconds max_retry_after = std::chrono::minutes(5);

    friend bool operator==(const Reconnect&, const Reconnect&) noexcept = default;
};

/// Counts the tries, and says how long to wait before each:
///
///     Backoff backoff;
///     for (;;) {
///         auto socket = co_await connect(url);
///         if (socket) {
///             backoff.connected();
///             ...
///         }
///         const auto delay = socket ? backoff.after(socket->close_status())
///                                   : backoff.after(socket.error());
///         if (!delay) break;
///         co_await sleep_for(*delay);
///     }
///
/// A value for one connection; one thread at a time.
class Backoff {
public:
    using Clock = std::chrono::steady_clock;

    /// `seed` makes its choices reproducible, for tests; 0: they are not.
    explicit Backoff(const Reconnect& reconnect = {}, std::uint64_t seed = 0);

    /// A connection is open.
    void connected(Clock::time_point now = Clock::now()) noexcept;

    /// A connection could not be made: how long to wait before the next try, or nothing, which
    /// means to give up. At least what the server's Retry-After asks for.
    [[nodiscard]] std::optional<std::chrono::milliseconds> after(
        const Error& error, Clock::time_point now = Clock::now());
    /// The same when a connection has ended. After 1012 and 1013 at least `first_delay`.
    [[nodiscard]] std::optional<std::chrono::milliseconds> after(
        const CloseStatus& status, Clock::time_point now = Clock::now());

    /// Tries in a row without success, the next one included; 0 after `connected`.
    [[nodiscard]] std::uint32_t tries() const noexcept { return tries_; }

private:
    [[nodiscard]] std::optional<std::chrono::milliseconds> next(std::chrono::milliseconds least,
                                                                Clock::time_point now);
    [[nodiscard]] std::chrono::milliseconds random_up_to(std::chrono::milliseconds most) noexcept;

    Reconnect reconnect_;
    std::uint64_t state_;
    std::optional<Clock::time_point> failing_since_;
    std::optional<Clock::time_point> connected_at_;
    std::uint32_t tries_ = 0;
};

}  // namespace longwire
