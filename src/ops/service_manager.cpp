#include "ops/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace longwire::ops {

namespace {

constexpr int first_handed_on = 3;
constexpr int most_handed_on = 256;

std::string_view environment_variable(const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any
    return value == nullptr ? std::string_view() : std::string_view(value);
}

std::optional<std::int64_t> number_in(const char* name) {
    const std::string_view text = environment_variable(name);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < 0)
        return std::nullopt;
    return number;
}

/// What was meant for a parent is none of ours.
bool is_ours(const char* name) {
    const auto process = number_in(name);
    return !process || *process == ::getpid();
}

}  // namespace

ServiceManager::ServiceManager() {
    const std::string_view path = environment_variable("NOTIFY_SOCKET");
    sockaddr_un address = {};
    if (path.empty() || path.size() >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path.front() == '@') address.sun_path[0] = '\0';
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (socket_ >= 0 && ::connect(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0) {
        ::close(socket_);
        socket_ = -1;
    }
    const auto microseconds = number_in("WATCHDOG_USEC");
    if (microseconds && *microseconds > 0 && is_ours("WATCHDOG_PID"))
        watchdog_ = std::chrono::ceil<std::chrono::milliseconds>(
            std::chrono::microseconds(*microseconds / 2));
}

ServiceManager::~ServiceManager() {
    if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::tell(std::string_view state) const noexcept {
    if (socket_ < 0) return;
    const int before = errno;
    ::send(socket_, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    errno = before;
}

std::vector<HandedOn> handed_on_sockets() {
    std::vector<HandedOn> sockets;
    const auto count = number_in("LISTEN_FDS");
    if (!count || !number_in("LISTEN_PID") || !is_ours("LISTEN_PID")) return sockets;
    std::string_view names = environment_variable("LISTEN_FDNAMES");
    for (int index = 0; index < *count && index < most_handed_on; ++index) {
        const std::size_t end = names.find(':');
        sockets.push_back({first_handed_on + index, std::string(names.substr(0, end))});
        names = end == std::string_view::npos ? std::string_view() : names.substr(end + 1);
    }
    return sockets;
}

}  // namespace longwire::ops
