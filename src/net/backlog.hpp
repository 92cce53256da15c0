#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace longwire::net {

/// What a stream has still to send: copies of small writes, gathered, and shared large ones.
class Backlog {
public:
    /// Counts in `held` what it keeps in memory; of what it shares, its part.
    explicit Backlog(std::size_t& held) noexcept : held_(held) {}
    ~Backlog();
    Backlog(const Backlog&) = delete;
    Backlog& operator=(const Backlog&) = delete;

    void append(std::span<const std::byte> bytes);
    /// Keeps `owner` for as long as `bytes`, which it owns, are needed.
    void append_shared(std::shared_ptr<const void> owner, std::span<const std::byte> bytes);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// How many bytes were sent since this was asked last.
    [[nodiscard]] std::size_t take_progress() noexcept { return std::exchange(progress_, 0); }

    /// Fills `vectors` with what comes next, in order, and gives how many were filled.
    [[nodiscard]] std::size_t gather(std::span<iovec> vectors) const noexcept;
    /// Forgets the first `count` bytes, which have been sent.
    void consume(std::size_t count) noexcept;

private:
    struct Segment {
        std::vector<std::byte> copied;
        std::shared_ptr<const void> owner;
        std::span<const std::byte> shared;
        std::size_t held = 0;

        [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
            return owner ? shared : std::span<const std::byte>(copied);
        }
    };

    std::deque<Segment> segments_;
    std::size_t sent_of_first_ = 0;
    std::size_t size_ = 0;
    std::size_t progress_ = 0;
    std::size_t& held_;
};

}  // namespace longwire::net
