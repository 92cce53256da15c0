#pragma once

#include <sys/socket.h>
#include <longwire/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::net {

/// The address of one end of a socket: IPv4, IPv6 or a Unix path.
class Address {
public:
    Address() = default;
    Address(const sockaddr* address, socklen_t size) noexcept;

    /// A numeric IPv4 or IPv6 address (without brackets; "fe80::1%eth0" names an interface of this
    /// machine); nothing where `host` is neither.
    [[nodiscard]] static std::optional<Address> from_numeric(std::string_view host,
                                                             std::uint16_t port);
    /// A Unix socket; fails where the path is empty or longer than the system allows.
    [[nodiscard]] static Result<Address> from_unix_path(std::string_view path);
    /// The local or the peer's end of a socket.
    [[nodiscard]] static Address local_of(int socket) noexcept;
    [[nodiscard]] static Address peer_of(int socket) noexcept;

    [[nodiscard]] int family() const noexcept { return storage_.ss_family; }
    [[nodiscard]] std::uint16_t port() const noexcept;
    [[nodiscard]] const sockaddr* data() const noexcept {
        return reinterpret_cast<const sockaddr*>(&storage_);
    }
    [[nodiscard]] socklen_t size() const noexcept { return size_; }

    /// What addresses that are given out together have in common, as a number: an IPv4 address
    /// (also in IPv6 form), or the first 64 bits of an IPv6 address. Nothing for a Unix socket.
    [[nodiscard]] std::optional<std::uint64_t> network() const noexcept;

    /// "192.0.2.7:80", "[2001:db8::7]:80", "unix:/run/x.sock", or "unix" for an unnamed one.
    [[nodiscard]] std::string to_text() const;

private:
    sockaddr_storage storage_ = {};
    socklen_t size_ = 0;
};

/// The addresses of `host` for listening: numeric, or looked up with the system's resolver, which
/// may block (it is meant for the start of a program).
[[nodiscard]] Result<std::vector<Address>> addresses_to_listen_on(const std::string& host,
                                                                  std::uint16_t port);

}  // namespace longwire::net
