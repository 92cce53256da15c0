#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::ops {

/// The service manager that has started this program, as systemd does it: told over the datagram
/// socket of $NOTIFY_SOCKET (sd_notify(3)). Where there is none, nobody is told.
class ServiceManager {
public:
    ServiceManager();
    ~ServiceManager();
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    /// "READY=1", "STOPPING=1". Never waits. Any thread, and a signal handler.
    void tell(std::string_view state) const noexcept;
    /// How often it wants to hear "WATCHDOG=1"; nothing where it does not.
    [[nodiscard]] std::optional<std::chrono::milliseconds> watchdog() const noexcept {
        return watchdog_;
    }

private:
    int socket_ = -1;
    std::optional<std::chrono::milliseconds> watchdog_;
};

/// A listening socket that was handed on to this program (sd_listen_fds(3)).
struct HandedOn {
    int descriptor = -1;
    std::string name;  // FileDescriptorName=, or what systemd makes of the unit's
};
[[nodiscard]] std::vector<HandedOn> handed_on_sockets();

}  // namespace longwire::ops
