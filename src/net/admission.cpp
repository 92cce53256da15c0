#include "net/admission.hpp"

namespace longwire::net {

std::expected<Admission::Place, Admission::Refusal> Admission::admit(const Address& peer) {
    const std::lock_guard lock(mutex_);
    if (limits_.connections != 0 && connections_ >= limits_.connections)
        return std::unexpected(Refusal::full);
    // Where networks are not limited, they need not be told apart. Whoever comes by a Unix socket
    // is of this machine, and of no network.
    const auto network = limits_.per_network == 0 ? std::nullopt : peer.network();
    const std::uint64_t key = network.value_or(0);
    const auto found = networks_.try_emplace(key, Network{this, key, 0}).first;
    Network& its = found->second;
    if (network && its.connections >= limits_.per_network)
        return std::unexpected(Refusal::network_full);
    ++its.connections;
    ++connections_;
    return Place(its);
}

void Admission::leave(Network& network) noexcept {
    const std::lock_guard lock(mutex_);
    --connections_;
    if (--network.connections == 0) networks_.erase(network.key);
}

}  // namespace longwire::net
