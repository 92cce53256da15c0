#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace longwire::net {

/// What the loops of one server keep for their peers, together. Each loop tells its part once a
/// turn, where it has changed; so what the others keep is known to a turn, and no message touches
/// what loops share.
class HeldTotal {
public:
    explicit HeldTotal(std::size_t loops) : loops_(loops), parts_(new Part[loops]) {}

    [[nodiscard]] std::size_t loops() const noexcept { return loops_; }
    void tell(std::size_t loop, std::size_t bytes) noexcept {
        parts_[loop].bytes.store(bytes, std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t of_all() const noexcept { return of_others(loops_); }
    [[nodiscard]] std::size_t of_others(std::size_t loop) const noexcept {
        std::size_t sum = 0;
        for (std::size_t index = 0; index < loops_; ++index)
            if (index != loop) sum += parts_[index].bytes.load(std::memory_order_relaxed);
        return sum;
    }

private:
    static constexpr std::size_t cache_line = 64;
    struct alignas(cache_line) Part {
        std::atomic<std::size_t> bytes = 0;
    };

    std::size_t loops_;
    std::unique_ptr<Part[]> parts_;
};

}  // namespace longwire::net
