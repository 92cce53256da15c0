#pragma once

#include "net/backlog.hpp"
#include "net/carrier.hpp"
#include "net/tls_channel.hpp"
#include "net/uptake.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace longwire::net {

/// What a stream has that does not, or not yet, send straight to the kernel.
struct Outgoing {
    explicit Outgoing(std::size_t& held) noexcept : backlog(held) {}

    Backlog backlog;
    std::unique_ptr<TlsChannel> tls;
    std::unique_ptr<Carrier> carrier;  // of a stream that has no socket
    /// For how long a stream that is being finished waits for the peer to take something.
    std::chrono::duration<std::uint32_t, std::milli> finish_timeout{0};
    Uptake uptake;  // of what was left then
};

}  // namespace longwire::net
