#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace longwire::net {

/// What the loops of one server keep for their peers, together. Each loop tells its part once a
/// turn, where it has changed; so what the others keep is known to a turn, and no message touches
/// what loops share. And what other threads have posted to these loops, which is counted at once.
class HeldTotal {
public:
    explicit HeldTotal(std::size_t loops) : loops_(loops), parts_(new Part[loops]) {}

    [[nodiscard]] std::size_t loops() const noexcept { return loops_; }
    void tell(std::size_t loop, std::size_t bytes) noexcept {
        parts_[loop].bytes.store(bytes, std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t of_all() const noexcept { return of_others(loops_); }
    [[nodiscard]] std::size_t of_others(std::size_t loop) const noexcept {
        std::size_t sum = posted_.load(std::memory_order_relaxed);
        for (std::size_t index = 0; index < loops_; ++index)
            if (index != loop) sum += parts_[index].bytes.load(std::memory_order_relaxed);
        return sum;
    }

    /// The most that should be posted; 0 is no limit.
    void limit_posted(std::size_t most) noexcept {
        most_posted_.store(most, std::memory_order_relaxed);
    }
    [[nodiscard]] bool has_room_to_post(std::size_t more = 0) const noexcept {
        const std::size_t most = most_posted_.load(std::memory_order_relaxed);
        return most == 0 || posted_.load(std::memory_order_relaxed) + more <= most;
    }
    /// False, and nothing taken, where there is no room.
    [[nodiscard]] bool take_posted(std::size_t bytes) noexcept {
        add_posted(bytes);
        if (has_room_to_post()) return true;
        give_back_posted(bytes);
        return false;
    }
    void add_posted(std::size_t bytes) noexcept {
        posted_.fetch_add(bytes, std::memory_order_relaxed);
    }
    void give_back_posted(std::size_t bytes) noexcept {
        posted_.fetch_sub(bytes, std::memory_order_relaxed);
    }

private:
    static constexpr std::size_t cache_line = 64;
    struct alignas(cache_line) Part {
        std::atomic<std::size_t> bytes = 0;
    };

    std::size_t loops_;
    std::unique_ptr<Part[]> parts_;
    alignas(cache_line) std::atomic<std::size_t> posted_ = 0;
    std::atomic<std::size_t> most_posted_ = 0;
};

}  // namespace longwire::net
