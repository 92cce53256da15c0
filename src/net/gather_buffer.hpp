#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace longwire::net {

/// Where what is written while an event is handled is gathered, so that it leaves at once.
class GatherBuffer {
public:
    static constexpr std::size_t capacity = std::size_t{256} * 1024;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] bool has_room(std::size_t size) const noexcept {
        return size <= capacity - size_;
    }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
        return {buffer_.get(), size_};
    }
    void clear() noexcept { size_ = 0; }

    /// The next `size` bytes, for which there must be room, to be filled.
    [[nodiscard]] std::byte* take(std::size_t size) noexcept {
        std::byte* const place = buffer_.get() + size_;
        size_ += size;
        return place;
    }
    /// There must be room.
    void append(std::span<const std::byte> bytes) noexcept {
        if (!bytes.empty()) std::memcpy(take(bytes.size()), bytes.data(), bytes.size());
    }

private:
    std::unique_ptr<std::byte[]> buffer_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
    std::size_t size_ = 0;
};

}  // namespace longwire::net
