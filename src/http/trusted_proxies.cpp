#include "http/trusted_proxies.hpp"

#include "http/field_list.hpp"
#include "http/forwarded_hop.hpp"

#include <algorithm>
#include <cstddef>

namespace longwire::http {

namespace {

constexpr std::string_view unix_peers = "unix";
// More proxies do not stand in a row: whoever lists more plays with us.
constexpr std::size_t most_hops = 32;

Failure not_a_proxy(std::string_view name, std::string_view why) {
    return failure(ErrorCode::invalid_argument,
                   "\"" + std::string(name.substr(0, 100)) +
                       "\" cannot be a trusted proxy: " + std::string(why));
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(std::span<const std::string> names,
                                             ForwardedField field) {
    TrustedProxies made;
    made.field_ = field;
    for (const std::string_view name : names) {
        if (name == unix_peers) {
            made.unix_ = true;
            continue;
        }
        const auto network = IpNetwork::parse(name);
        if (!network)
            return not_a_proxy(name,
                               "write an address (192.0.2.7), a network (10.0.0.0/8, "
                               "2001:db8::/32), or unix for all connections over a Unix socket");
        if (network->base() != IpAddress::parse(name.substr(0, name.find('/'))))
            return not_a_proxy(name, "bits behind the prefix are set; did you mean " +
                                         network->to_text() + ", or one address without a slash?");
        made.networks_.push_back(*network);
    }
    return made;
}

bool TrustedProxies::trusts(std::string_view peer) const {
    const std::string_view name = address_of_peer(peer);
    if (name == unix_peers) return unix_;
    const auto address = IpAddress::parse(name);
    return address && trusts(*address);
}

bool TrustedProxies::trusts(const IpAddress& address) const noexcept {
    return std::ranges::any_of(networks_,
                               [&](const IpNetwork& network) { return network.contains(address); });
}

ForwardedClient TrustedProxies::client_of(std::span<const HeaderField> fields) const {
    const bool standard = field_ == ForwardedField::forwarded;
    ListFromBehind list(fields, standard ? "Forwarded" : "X-Forwarded-For");
    ForwardedClient client;
    std::size_t count = 0;
    while (const auto member = list.next()) {
        const ForwardedHop hop = standard ? ForwardedHop::of_forwarded(*member)
                                          : ForwardedHop::of_x_forwarded_for(*member);
        if (!hop.address || ++count > most_hops) return {};
        client = {.address = hop.address, .secure = hop.secure};
        if (!trusts(*hop.address)) break;
    }
    // One value, or nobody knows whose it is.
    constexpr std::string_view protocol = "X-Forwarded-Proto";
    if (!standard && count_fields(fields, protocol) == 1)
        client.secure = is_over_tls(trimmed(*first_value(fields, protocol)));
    return client;
}

}  // namespace longwire::http
