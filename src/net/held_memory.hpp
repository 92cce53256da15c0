#pragma once

#include "net/loop.hpp"

#include <cstddef>

namespace longwire::net {

/// What one connection keeps in memory for its peer, counted in its loop's total.
class HeldMemory {
public:
    /// Counts `bytes` from now on. False where the loop holds too much, and this connection asks
    /// for more than its share of it: then it has to go.
    [[nodiscard]] bool count(Loop& loop, std::size_t bytes) noexcept {
        const bool more = bytes > counted_;
        loop.held() += bytes - counted_;
        counted_ = bytes;
        return !more || !loop.too_much_for_one(bytes);
    }

    [[nodiscard]] bool nothing() const noexcept { return counted_ == 0; }

private:
    std::size_t counted_ = 0;
};

}  // namespace longwire::net
