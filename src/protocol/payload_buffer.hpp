#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>

namespace longwire::protocol {

/// The payload of a message that comes in parts. It grows by what has come. What is large is kept,
/// within a bound, for the next message on the same thread: the system takes longer to give memory
/// than a message to arrive.
class PayloadBuffer {
public:
    PayloadBuffer() = default;
    PayloadBuffer(PayloadBuffer&& other) noexcept
        : bytes_(std::move(other.bytes_)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    PayloadBuffer& operator=(PayloadBuffer&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    PayloadBuffer(const PayloadBuffer&) = delete;
    PayloadBuffer& operator=(const PayloadBuffer&) = delete;
    ~PayloadBuffer() {
        if (capacity_ >= worth_keeping) keep();
    }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::span<std::byte> bytes() noexcept { return {bytes_.get(), size_}; }
    /// Throws std::bad_alloc, as a vector does.
    void append(std::span<const std::byte> more);

    /// Gives back the memory that this thread keeps and that was not needed since the last call.
    /// True while there is some left.
    static bool release_unneeded() noexcept;
    /// Whether this thread keeps any.
    [[nodiscard]] static bool keeps_any() noexcept;

    /// On one thread.
    static constexpr std::size_t most_kept = std::size_t{8} * 1024 * 1024;

private:
    struct Free {
        void operator()(std::byte* bytes) const noexcept { std::free(bytes); }
    };
    friend class SparePayloads;
    static constexpr std::size_t worth_keeping = std::size_t{64} * 1024;

    void grow(std::size_t needed);
    void keep() noexcept;

    std::unique_ptr<std::byte[], Free> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace longwire::protocol
