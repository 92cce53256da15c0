#include "net/address.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <system_error>

namespace longwire::net {

namespace {

template <class T>
T as(const sockaddr_storage& storage) noexcept {
    T address;
    std::memcpy(&address, &storage, sizeof address);
    return address;
}

/// By its name, or its number; nothing where there is none.
std::optional<std::uint32_t> number_of_interface(const std::string& zone) {
    if (const unsigned number = if_nametoindex(zone.c_str()); number != 0) return number;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), number);
    std::array<char, IF_NAMESIZE> name = {};
    if (error != std::errc() || end != zone.data() + zone.size() ||
        if_indextoname(number, name.data()) == nullptr)
        return std::nullopt;
    return number;
}

/// "192.0.2.7:54321". (Each connection is asked for it, and inet_ntop is slow.)
std::string text_of(const sockaddr_in& address) {
    const std::uint32_t number = ntohl(address.sin_addr.s_addr);
    std::string text;
    text.reserve(sizeof "255.255.255.255:65535");
    const auto append = [&text](unsigned part) {
        std::array<char, 8> digits = {};
        text.append(digits.begin(), std::to_chars(digits.begin(), digits.end(), part).ptr);
    };
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        append(number >> shift & 0xFFU);
        text += shift > 0 ? '.' : ':';
    }
    append(ntohs(address.sin_port));
    return text;
}

}  // namespace

Address::Address(const sockaddr* address, socklen_t size) noexcept
    : size_(std::min<socklen_t>(size, sizeof storage_)) {
    std::memcpy(&storage_, address, size_);
}

std::optional<Address> Address::from_numeric(std::string_view host, std::uint16_t port) {
    const std::string text(host);
    sockaddr_in v4 = {};
    if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        return Address(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
    }
    sockaddr_in6 v6 = {};
    const std::size_t mark = text.find('%');
    const auto zone = mark == std::string::npos ? std::optional<std::uint32_t>(0)
                                                : number_of_interface(text.substr(mark + 1));
    if (zone && inet_pton(AF_INET6, text.substr(0, mark).c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_scope_id = *zone;
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
    }
    return std::nullopt;
}

Result<Address> Address::from_unix_path(std::string_view path) {
    sockaddr_un address = {};
    if (path.empty())
        return failure(ErrorCode::invalid_argument,
                       "the path of a Unix socket is empty; write unix:/path/of/socket");
    if (path.size() >= sizeof address.sun_path)
        return failure(ErrorCode::invalid_argument,
                       "the path of a Unix socket is too long (" + std::to_string(path.size()) +
                           " bytes; at most " + std::to_string(sizeof address.sun_path - 1) +
                           "): " + std::string(path));
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return Address(reinterpret_cast<const sockaddr*>(&address), size);
}

Address Address::local_of(int socket) noexcept {
    Address address;
    address.size_ = sizeof address.storage_;
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&address.storage_), &address.size_) != 0)
        return {};
    return address;
}

Address Address::peer_of(int socket) noexcept {
    Address address;
    address.size_ = sizeof address.storage_;
    if (getpeername(socket, reinterpret_cast<sockaddr*>(&address.storage_), &address.size_) != 0)
        return {};
    return address;
}

std::uint16_t Address::port() const noexcept {
    if (family() == AF_INET) return ntohs(as<sockaddr_in>(storage_).sin_port);
    if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(storage_).sin6_port);
    return 0;
}

std::optional<std::uint64_t> Address::network() const noexcept {
    // No IPv6 network begins so.
    constexpr std::uint64_t ipv4 = std::uint64_t{0xFFFF} << 48U;
    if (family() == AF_INET) return ipv4 | ntohl(as<sockaddr_in>(storage_).sin_addr.s_addr);
    if (family() != AF_INET6) return std::nullopt;
    const auto address = as<sockaddr_in6>(storage_).sin6_addr;
    const std::span<const std::uint8_t> bytes(address.s6_addr);
    const auto number_of = [](std::span<const std::uint8_t> digits) {
        std::uint64_t number = 0;
        for (const std::uint8_t digit : digits) number = number << 8U | digit;
        return number;
    };
    if (IN6_IS_ADDR_V4MAPPED(&address) != 0) return ipv4 | number_of(bytes.subspan(12));
    return number_of(bytes.first(8));
}

std::string Address::to_text() const {
    if (family() == AF_INET) return text_of(as<sockaddr_in>(storage_));
    std::array<char, INET6_ADDRSTRLEN> text = {};
    if (family() == AF_INET6) {
        const auto address = as<sockaddr_in6>(storage_);
        inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
        return "[" + std::string(text.data()) + "]:" + std::to_string(port());
    }
    if (family() == AF_UNIX && size_ > offsetof(sockaddr_un, sun_path)) {
        const auto address = as<sockaddr_un>(storage_);
        const std::size_t size = size_ - offsetof(sockaddr_un, sun_path);
        return "unix:" + std::string(address.sun_path, strnlen(address.sun_path, size));
    }
    return family() == AF_UNIX ? "unix" : "";
}

Result<std::vector<Address>> addresses_to_listen_on(const std::string& host, std::uint16_t port) {
    if (auto numeric = Address::from_numeric(host, port)) return std::vector{*numeric};
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    const int status = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (status != 0)
        return failure(ErrorCode::name_not_resolved,
                       "cannot listen on \"" + host + "\": " + gai_strerror(status) +
                           "; write an address of this machine, or 127.0.0.1");
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
    std::vector<Address> addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next)
        addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
    return addresses;
}

}  // namespace longwire::net
