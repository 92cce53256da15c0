#pragma once

#include "net/loop.hpp"

#include <functional>

namespace longwire::net {

/// Watches a descriptor that somebody else owns, until it can be read once.
class Readiness final : private Watcher {
public:
    explicit Readiness(Loop& loop) noexcept : loop_(loop) {}
    ~Readiness();

    /// Calls `ready` once, when the descriptor can be read, is at its end, or has failed; the
    /// Readiness may be destroyed in that call. Gives false, and will not call, where the
    /// descriptor cannot be watched because it is always ready.
    [[nodiscard]] bool start(int descriptor, std::function<void()> ready);

private:
    void on_ready(std::uint32_t events) override;

    Loop& loop_;
    int descriptor_ = -1;
    std::function<void()> ready_;
};

}  // namespace longwire::net
