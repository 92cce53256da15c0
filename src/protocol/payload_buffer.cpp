#include "protocol/payload_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

namespace longwire::protocol {

namespace {
// Buffers of static objects may go after what this thread keeps.
thread_local bool over = false;
}  // namespace

/// What one thread keeps. Those that were used last are used first.
class SparePayloads {
public:
    static SparePayloads& here() noexcept {
        static thread_local SparePayloads spares;
        return spares;
    }

    /// An empty buffer of at least this capacity, or none at all.
    PayloadBuffer take(std::size_t capacity) noexcept {
        const auto found = std::find_if(
            buffers_.rbegin(), buffers_.rend(),
            [&](const PayloadBuffer& buffer) { return buffer.capacity() >= capacity; });
        if (found == buffers_.rend()) return {};
        PayloadBuffer taken = std::move(*found);
        buffers_.erase(std::next(found).base());
        kept_ -= taken.capacity_;
        unneeded_ = std::min(unneeded_, buffers_.size());
        return taken;
    }

    void give(PayloadBuffer&& buffer) noexcept {
        if (ending_ || kept_ + buffer.capacity_ > PayloadBuffer::most_kept) {
            buffer.capacity_ = 0;
            buffer.bytes_.reset();
            return;
        }
        buffer.size_ = 0;
        kept_ += buffer.capacity_;
        buffers_.push_back(std::move(buffer));
    }

    bool release_unneeded() noexcept {
        // Those that nobody has reached down to stand first.
        release(unneeded_);
        unneeded_ = buffers_.size();
        return !buffers_.empty();
    }

    [[nodiscard]] bool empty() const noexcept { return buffers_.empty(); }

    ~SparePayloads() {
        release(buffers_.size());
        over = true;
    }
    SparePayloads(const SparePayloads&) = delete;
    SparePayloads& operator=(const SparePayloads&) = delete;

private:
    SparePayloads() { buffers_.reserve(PayloadBuffer::most_kept / PayloadBuffer::worth_keeping); }

    void release(std::size_t count) noexcept {
        // (A buffer that goes would come back.)
        ending_ = true;
        for (std::size_t index = 0; index < count; ++index) kept_ -= buffers_[index].capacity_;
        buffers_.erase(buffers_.begin(), buffers_.begin() + static_cast<std::ptrdiff_t>(count));
        ending_ = false;
    }

    std::vector<PayloadBuffer> buffers_;
    std::size_t kept_ = 0;
    std::size_t unneeded_ = 0;  // the fewest there were since the last release
    bool ending_ = false;
};

void PayloadBuffer::append(std::span<const std::byte> more) {
    if (more.empty()) return;
    if (more.size() > capacity_ - size_) grow(size_ + more.size());
    std::memcpy(bytes_.get() + size_, more.data(), more.size());
    size_ += more.size();
}

void PayloadBuffer::grow(std::size_t needed) {
    if (needed >= worth_keeping && !over) {
        PayloadBuffer spare = SparePayloads::here().take(needed);
        if (spare.capacity_ > 0) {
            if (size_ > 0) std::memcpy(spare.bytes_.get(), bytes_.get(), size_);
            spare.size_ = size_;
            std::swap(*this, spare);
            return;
        }
    }
    const std::size_t capacity = std::max(needed, 2 * capacity_);
    auto* const grown = static_cast<std::byte*>(std::realloc(bytes_.get(), capacity));
    if (grown == nullptr) throw std::bad_alloc();
    [[maybe_unused]] const auto* const moved = bytes_.release();
    bytes_.reset(grown);
    capacity_ = capacity;
}

void PayloadBuffer::keep() noexcept {
    if (!over) SparePayloads::here().give(std::move(*this));
}

bool PayloadBuffer::release_unneeded() noexcept {
    return SparePayloads::here().release_unneeded();
}

bool PayloadBuffer::keeps_any() noexcept {
    return !SparePayloads::here().empty();
}

}  // namespace longwire::protocol
