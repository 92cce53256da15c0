#pragma once

#include <longwire/result.hpp>

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace longwire::ops {

/// The sockets that listen at each address, by how that was asked for.
using ListeningSockets = std::vector<std::pair<std::string, std::vector<int>>>;

/// Another process of this program (of the file that has its name now), with the same arguments,
/// which was started to take this one's place. Both listen on the same sockets meanwhile.
class Successor {
public:
    /// Errors: system.
    [[nodiscard]] static Result<Successor> start(const ListeningSockets& sockets);
    ~Successor();
    Successor(Successor&& other) noexcept;
    Successor& operator=(Successor&&) = delete;
    Successor(const Successor&) = delete;
    Successor& operator=(const Successor&) = delete;

    [[nodiscard]] pid_t process() const noexcept { return process_; }
    /// Can be read once it is ready, or has ended.
    [[nodiscard]] int descriptor() const noexcept { return ready_; }
    /// After that. The error (system) says how it has ended.
    [[nodiscard]] Result<void> outcome() const;

private:
    Successor(pid_t process, int ready) noexcept : process_(process), ready_(ready) {}

    pid_t process_;
    int ready_;
};

/// The process that has started this one to take its place; there is none, usually. Where there is,
/// what it hands over is in an environment variable.
class Predecessor {
public:
    /// Before other threads start; once.
    Predecessor();
    /// Closes the sockets that nobody took.
    ~Predecessor();
    Predecessor(const Predecessor&) = delete;
    Predecessor& operator=(const Predecessor&) = delete;

    /// The sockets that listen at an address that is asked for as `address`: the taker's from here
    /// on. None: nobody listens there.
    [[nodiscard]] std::vector<int> take(const std::string& address);
    /// From here on it may go.
    void tell_ready() noexcept;

private:
    ListeningSockets sockets_;
    int ready_ = -1;
};

}  // namespace longwire::ops
