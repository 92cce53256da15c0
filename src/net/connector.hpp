#pragma once

#include "net/address.hpp"
#include "net/descriptor.hpp"
#include "net/loop.hpp"
#include "net/resolver.hpp"
#include "net/timer_wheel.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace longwire::net {

/// How long one address is waited for before the next is tried beside it.
struct ConnectDelays {
    /// From one attempt to the next (RFC 8305, section 5).
    std::chrono::milliseconds attempt = std::chrono::milliseconds(250);
    /// For IPv6 addresses, once there are IPv4 addresses (section 3).
    std::chrono::milliseconds resolution = std::chrono::milliseconds(50);
    /// For the addresses of the other family, once all of one have failed.
    std::chrono::milliseconds last_hope = std::chrono::milliseconds(500);
    /// Until a Unix socket whose queue was full is tried again.
    std::chrono::milliseconds queue = std::chrono::milliseconds(20);
};

/// Makes one connection to a host, whose addresses race (RFC 8305): IPv6 and IPv4 in turns, each a
/// moment after the one before; the first that answers wins. Of each family the first 16 take part.
/// Destroying it gives up.
class Connector final : private Timer {
public:
    using Done = std::function<void(Result<Descriptor>)>;

    Connector(Loop& loop, std::string host, std::uint16_t port, Done done,
              ConnectDelays delays = {});
    /// To known addresses, of which `name` is what a message calls them.
    Connector(Loop& loop, const std::vector<Address>& addresses, std::string name, Done done,
              ConnectDelays delays = {});
    ~Connector();

    /// Before the start: to connect from this address of ours, to those of its family alone.
    void leave_from(const Address& local);

    /// Begins. `done` is called once, perhaps before this returns (when all fails at once); the
    /// Connector may be destroyed in that call. Errors: name_not_resolved, connection_refused,
    /// connection_failed.
    void start();

private:
    class Try;
    enum Family : std::size_t { ipv6, other };  // IPv4 and Unix are the other
    struct Failure {
        Address address;
        int number;
    };
    static constexpr std::size_t most_of_family = 16;

    [[nodiscard]] static Family family_of(const Address& address) noexcept;
    void look_up(Family family);
    void found(Family family, Result<std::vector<Address>> addresses);
    void admit(const Address& address);
    void on_timer() override;
    void advance();
    [[nodiscard]] std::optional<Address> next_address();
    void begin(const Address& address);
    void won(Descriptor socket);
    void lost(const Try& one, int error);
    [[nodiscard]] bool has_waiting() const noexcept;
    [[nodiscard]] bool reaches(Family family) const noexcept;
    [[nodiscard]] Error failure_of_all() const;
    void settle(Result<Descriptor> result);

    Loop& loop_;
    std::string host_;  // empty: the addresses are known
    std::string name_;
    std::optional<Address> local_;
    std::uint16_t port_ = 0;
    Done done_;
    ConnectDelays delays_;
    std::array<std::optional<Resolver::Lookup>, 2> lookups_;
    std::array<bool, 2> looking_up_ = {};
    std::array<std::deque<Address>, 2> waiting_;
    std::vector<std::unique_ptr<Try>> tries_;
    std::vector<Failure> failures_;
    std::optional<Error> not_found_;
    std::array<std::size_t, 2> admitted_ = {};
    Family turn_ = Family::ipv6;
    bool may_begin_ = true;  // the delay since the last attempt has passed
    bool waited_for_ipv6_ = false;
    bool without_hope_ = false;  // what has failed was waited for long enough to be made up for
    bool starting_ = false;
};

}  // namespace longwire::net
