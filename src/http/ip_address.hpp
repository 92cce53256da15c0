#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::http {

/// An IPv4 or IPv6 address. An IPv4 address in its IPv6 form (::ffff:192.0.2.7) is the IPv4
/// address.
class IpAddress {
public:
    /// Nothing where `text` is neither (in brackets, with a port or a zone, it is not).
    [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

    [[nodiscard]] bool is_ipv4() const noexcept;
    /// "192.0.2.7", "2001:db8::7"
    [[nodiscard]] std::string to_text() const;

    [[nodiscard]] bool operator==(const IpAddress&) const noexcept = default;

private:
    friend class IpNetwork;
    std::array<std::uint8_t, 16> bytes_ = {};  // IPv4 in its mapped form
};

/// All addresses that begin with the same bits (RFC 4632, section 3.1; RFC 4291, section 2.3).
class IpNetwork {
public:
    /// "10.0.0.0/8", "2001:db8::/32", or one address. Bits behind the prefix count for nothing.
    [[nodiscard]] static std::optional<IpNetwork> parse(std::string_view text);

    [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
    /// Its lowest address.
    [[nodiscard]] IpAddress base() const noexcept;
    /// "10.0.0.0/8"
    [[nodiscard]] std::string to_text() const;

private:
    IpAddress address_;
    std::size_t bits_ = 128;  // of the mapped form
};

/// The address in what Request::peer() gives: "192.0.2.7" for "192.0.2.7:54321", "2001:db8::7" for
/// "[2001:db8::7]:54321", and "unix" for every Unix socket.
[[nodiscard]] std::string_view address_of_peer(std::string_view peer) noexcept;

/// What limits for one address count: an IPv4 address is itself, and an IPv6 address its network of
/// 64 bits, of which one client has all addresses. What is neither ("unix") is itself.
[[nodiscard]] std::string counted_address(std::string_view address);

}  // namespace longwire::http
