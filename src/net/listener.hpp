#pragma once

#include "net/address.hpp"
#include "net/descriptor.hpp"
#include "net/loop.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace longwire::net {

/// A listening socket on a loop.
class Listener final : private Watcher {
public:
    /// Takes one accepted, non-blocking socket.
    using Accept = std::function<void(Descriptor, const Address& peer)>;
    /// Told when there is no descriptor left. It gets one connection at a time, for which one was
    /// kept: it is not to live on. Where there is none even so, accepting goes on after a pause.
    using Exhausted = std::function<void(Descriptor turned_away)>;

    /// Binds and listens. `mode` is that of a Unix socket's file, before anybody can connect.
    /// Errors: address_in_use, address_not_available, permission_denied, listen_failed.
    static Result<std::unique_ptr<Listener>> open(Loop& loop, const Address& address,
                                                  std::optional<unsigned> mode = {});
    /// One that listens already, as a service manager hands it on. Its address stays when it goes.
    /// Errors: invalid_argument (it is no listening socket of ours to take).
    static Result<std::unique_ptr<Listener>> adopt(Loop& loop, Descriptor socket);
    ~Listener();

    /// Begins to accept.
    void start(Accept accept, Exhausted exhausted);
    /// Accepts no more, and gives the address back to the system.
    void stop() noexcept;

    /// The file of a Unix socket that was adopted goes when this one stops, as that of one that was
    /// opened does.
    void own_file();
    /// Somebody else listens on the same socket: a Unix socket's file stays when this one stops.
    void leave_in_place() noexcept { unix_path_.clear(); }

    [[nodiscard]] const Address& address() const noexcept { return address_; }
    [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }

private:
    Listener(Loop& loop, Descriptor socket, std::string unix_path);

    void on_ready(std::uint32_t events) override;
    void on_timer() override;
    void keep_spare() noexcept;
    enum class Waiting : std::uint8_t { one_less, nobody, unknown };
    [[nodiscard]] Waiting turn_one_away();

    Loop& loop_;
    Descriptor socket_;
    Address address_;
    std::string unix_path_;
    Descriptor spare_;  // given up for a moment where there is no other
    Accept accept_;
    Exhausted exhausted_;
};

}  // namespace longwire::net
