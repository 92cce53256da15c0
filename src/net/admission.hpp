#pragma once

#include "net/address.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace longwire::net {

/// Counts the open connections of a server, in all and by network, and says whether one more may
/// come. A network is an IPv4 address, or the 64 bits of an IPv6 address that are given out
/// together. Any thread.
class Admission {
    struct Network {
        Admission* admission;
        std::uint64_t key;
        std::size_t connections;
    };

public:
    /// 0 is no limit.
    struct Limits {
        std::size_t connections = 0;
        std::size_t per_network = 0;
    };
    enum class Refusal : std::uint8_t { full, network_full };

    explicit Admission(const Limits& limits) noexcept : limits_(limits) {}
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    /// The place of one connection, given back when it goes. Must not outlive the Admission.
    class Place {
    public:
        Place() = default;
        Place(Place&& other) noexcept : network_(std::exchange(other.network_, nullptr)) {}
        Place& operator=(Place&& other) noexcept {
            std::swap(network_, other.network_);
            return *this;
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() {
            if (network_ != nullptr) network_->admission->leave(*network_);
        }

    private:
        friend class Admission;
        explicit Place(Network& network) noexcept : network_(&network) {}

        Network* network_ = nullptr;
    };

    /// For those who come from now on.
    void change(const Limits& limits) noexcept {
        const std::lock_guard lock(mutex_);
        limits_ = limits;
    }

    [[nodiscard]] std::expected<Place, Refusal> admit(const Address& peer);
    [[nodiscard]] std::size_t connections() const noexcept {
        const std::lock_guard lock(mutex_);
        return connections_;
    }

private:
    void leave(Network& network) noexcept;

    mutable std::mutex mutex_;  // connections come on one loop and go on all
    Limits limits_;
    std::size_t connections_ = 0;
    std::unordered_map<std::uint64_t, Network> networks_;
};

}  // namespace longwire::net
