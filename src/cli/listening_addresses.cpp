#include "cli/listening_addresses.hpp"

#include "ops/service_manager.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <string_view>
#include <utility>

namespace longwire::cli {

namespace {

/// Where a socket that listens already can be reached: who may do what depends on it.
void say_where(ListenOptions& options) {
    sockaddr_storage address = {};
    socklen_t size = sizeof address;
    // What cannot be told could be anywhere.
    options.host = "::";
    if (getsockname(options.descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
    std::array<char, INET6_ADDRSTRLEN> text = {};
    if (address.ss_family == AF_UNIX) {
        options.unix_path = "handed on";
    } else if (address.ss_family == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(address);
        options.host = inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
    } else if (address.ss_family == AF_INET6) {
        const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
        options.host = inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
    }
}

}  // namespace

std::vector<ListenOptions> listening_already(const std::vector<int>& descriptors) {
    std::vector<ListenOptions> all;
    for (const int descriptor : descriptors) {
        ListenOptions one = {.descriptor = descriptor};
        say_where(one);
        all.push_back(std::move(one));
    }
    return all;
}

Result<std::vector<ListenOptions>> listening_addresses(const std::string& text) {
    constexpr std::string_view manager = "systemd";
    std::vector<ListenOptions> all;
    if (!text.starts_with(manager) ||
        (text.size() > manager.size() && text[manager.size()] != ':')) {
        auto one = ListenOptions::parse(text);
        if (!one) return Failure(std::move(one.error()));
        if (one->descriptor >= 0) say_where(*one);
        all.push_back(std::move(*one));
        return all;
    }
    const std::string_view name =
        text.size() > manager.size() ? std::string_view(text).substr(manager.size() + 1) : "";
    std::vector<int> descriptors;
    for (const ops::HandedOn& socket : ops::handed_on_sockets())
        if (name.empty() || socket.name == name) descriptors.push_back(socket.descriptor);
    all = listening_already(descriptors);
    if (all.empty())
        return failure(ErrorCode::invalid_argument,
                       "no service manager has handed on a socket" +
                           (name.empty() ? std::string() : " of the name " + std::string(name)) +
                           " (LISTEN_FDS); start it by its .socket unit, or listen on an address");
    return all;
}

}  // namespace longwire::cli
