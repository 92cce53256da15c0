#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace longwire::net {

/// What a stream has still to send: copies of small writes, gathered, and shared large ones. One
/// that is used again and again, and emptied in between, allocates only for what is large.
class Backlog {
public:
    /// Counts in `held` what it keeps in memory; of what it shares, its part.
    explicit Backlog(std::size_t& held) noexcept : held_(held) {}
    ~Backlog();
    Backlog(const Backlog&) = delete;
    Backlog& operator=(const Backlog&) = delete;

    void append(std::span<const std::byte> bytes) { append(bytes, {}); }
    /// One behind the other.
    void append(std::span<const std::byte> head, std::span<const std::byte> payload);
    /// Keeps `owner` for as long as `bytes`, which it owns, are needed.
    void append_shared(std::shared_ptr<const void> owner, std::span<const std::byte> bytes);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Fills `vectors` with what comes next, in order, and gives how many were filled.
    [[nodiscard]] std::size_t gather(std::span<iovec> vectors) const noexcept;
    /// Forgets the first `count` bytes, which have been sent.
    void consume(std::size_t count) noexcept;
    /// Forgets all, sent or not.
    void clear() noexcept;
    /// Whether it keeps little memory when it is empty.
    [[nodiscard]] bool light() const noexcept { return segments_.capacity() <= 8; }

private:
    struct Segment {
        std::shared_ptr<const void> owner;
        std::span<const std::byte> bytes;  // still to be sent
        std::size_t held = 0;
    };

    void add_room(std::size_t size);
    void copy(std::span<const std::byte> bytes) noexcept;
    void forget_first() noexcept;
    void forget_all() noexcept;

    std::vector<Segment> segments_;
    std::size_t first_ = 0;      // those before it have been sent
    std::span<std::byte> room_;  // of the last segment, where copies go next
    std::size_t size_ = 0;
    std::size_t& held_;
};

}  // namespace longwire::net
