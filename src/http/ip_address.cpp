#include "http/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace longwire::http {

namespace {

// What an IPv4 address begins with in its IPv6 form (RFC 4291, section 2.5.5.2).
constexpr std::size_t mapped_size = 12;
constexpr std::size_t mapped_bits = mapped_size * 8;
constexpr std::array<std::uint8_t, mapped_size> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos)
        return std::nullopt;
    const std::string terminated(text);
    IpAddress address;
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
    std::ranges::copy(mapped, address.bytes_.begin());
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes_.data() + mapped_size) == 1)
        return address;
    return std::nullopt;
}

bool IpAddress::is_ipv4() const noexcept {
    return std::equal(mapped.begin(), mapped.end(), bytes_.begin());
}

std::string IpAddress::to_text() const {
    std::array<char, INET6_ADDRSTRLEN> text = {};
    if (is_ipv4())
        inet_ntop(AF_INET, bytes_.data() + mapped_size, text.data(), text.size());
    else
        inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    IpNetwork network;
    network.address_ = *address;
    if (slash == std::string_view::npos) return network;
    const bool in_four_parts = text.substr(0, slash).find(':') == std::string_view::npos;
    const std::string_view digits = text.substr(slash + 1);
    std::size_t bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() ||
        bits > (in_four_parts ? 32 : 128))
        return std::nullopt;
    network.bits_ = bits + (in_four_parts ? mapped_bits : 0);
    network.address_ = network.base();
    return network;
}

bool IpNetwork::contains(const IpAddress& address) const noexcept {
    // A network of IPv6 that is so large has the mapped addresses in it by accident.
    if (bits_ < mapped_bits && address.is_ipv4()) return false;
    IpNetwork its = *this;
    its.address_ = address;
    return its.base() == address_;
}

IpAddress IpNetwork::base() const noexcept {
    IpAddress base = address_;
    for (std::size_t bit = bits_; bit < base.bytes_.size() * 8; ++bit)
        base.bytes_[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
    return base;
}

std::string IpNetwork::to_text() const {
    const std::size_t bits = address_.is_ipv4() ? bits_ - mapped_bits : bits_;
    return address_.to_text() + "/" + std::to_string(bits);
}

std::string_view address_of_peer(std::string_view peer) noexcept {
    constexpr std::string_view unix_socket = "unix";
    if (peer.starts_with(unix_socket)) return peer.substr(0, unix_socket.size());
    std::string_view address = peer.substr(0, peer.rfind(':'));
    if (!address.starts_with('[') || !address.ends_with(']')) return address;
    address = address.substr(1, address.size() - 2);
    // As inet_ntop writes an IPv4 address that came to an IPv6 socket.
    constexpr std::string_view mapped_text = "::ffff:";
    if (address.starts_with(mapped_text) && address.find('.') != std::string_view::npos)
        address.remove_prefix(mapped_text.size());
    return address;
}

std::string counted_address(std::string_view address) {
    if (address.find(':') == std::string_view::npos) return std::string(address);
    const auto known = IpAddress::parse(address);
    if (!known || known->is_ipv4()) return std::string(address);
    const auto network = IpNetwork::parse(known->to_text() + "/64");
    return network ? network->to_text() : std::string(address);
}

}  // namespace longwire::http
