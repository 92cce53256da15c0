#pragma once

#include "hub/hub.hpp"
#include "ops/exposition.hpp"
#include "ops/loop_lag.hpp"

#include <longwire/result.hpp>
#include <longwire/server.hpp>
#include <longwire/task.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace longwire::ops {

/// What the operator sees of a server, on an address and a thread of its own:
///
/// - `/healthz`: 200 for as long as the process answers;
/// - `/readyz`: 200 while it takes clients and its broker works, 503 otherwise;
/// - `/metrics`: figures for Prometheus;
/// - `/channels?prefix=&after=&count=`: the channels, and how many are on each.
class Admin {
public:
    /// All must outlive this.
    Admin(Server& server, const hub::Hub& hub, std::function<void(Exposition&)> more_metrics);
    ~Admin();
    Admin(const Admin&) = delete;
    Admin& operator=(const Admin&) = delete;

    /// Listens and answers from now on. Errors: as Server::listen.
    [[nodiscard]] Result<Server::Listening> start(const ListenOptions& where);
    /// Another process answers on the same socket from here on. Any thread.
    void hand_over();

    /// Whether clients are welcome. Any thread.
    void set_ready(bool ready) noexcept { ready_ = ready; }

private:
    [[nodiscard]] Response metrics() const;
    [[nodiscard]] Response channels(const Request& request) const;

    Task<> watch();

    Server& server_;
    const hub::Hub& hub_;
    LoopLag lag_;
    std::function<void(Exposition&)> more_metrics_;
    std::atomic<bool> ready_ = false;
    Server admin_;
    std::thread thread_;
};

}  // namespace longwire::ops
