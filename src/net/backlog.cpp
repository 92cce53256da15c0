#include "net/backlog.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace longwire::net {

namespace {
// Each new piece of room is as large as all that waits, within these bounds.
constexpr std::size_t least_room = 512;
constexpr std::size_t most_room = std::size_t{32} * 1024;
}  // namespace

Backlog::~Backlog() {
    forget_all();
}

void Backlog::append(std::span<const std::byte> head, std::span<const std::byte> payload) {
    const std::size_t size = head.size() + payload.size();
    if (size == 0) return;
    if (size > room_.size()) add_room(size);
    copy(head);
    copy(payload);
    size_ += size;
    segments_.back().held += size;
    held_ += size;
}

void Backlog::add_room(std::size_t size) {
    const std::size_t room = std::max(size, std::clamp(size_, least_room, most_room));
    auto bytes = std::make_shared_for_overwrite<std::byte[]>(room);
    const std::span<std::byte> space(bytes.get(), room);
    segments_.push_back({.owner = std::move(bytes), .bytes = space.first(0)});
    room_ = space;
}

void Backlog::copy(std::span<const std::byte> bytes) noexcept {
    if (bytes.empty()) return;
    std::memcpy(room_.data(), bytes.data(), bytes.size());
    room_ = room_.subspan(bytes.size());
    auto& waiting = segments_.back().bytes;
    waiting = {waiting.data(), waiting.size() + bytes.size()};
}

void Backlog::append_shared(std::shared_ptr<const void> owner, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    const auto owners = static_cast<std::size_t>(std::max(owner.use_count(), 1L));
    const std::size_t part = bytes.size() / owners;
    segments_.push_back({.owner = std::move(owner), .bytes = bytes, .held = part});
    room_ = {};
    size_ += bytes.size();
    held_ += part;
}

std::size_t Backlog::gather(std::span<iovec> vectors) const noexcept {
    const auto waiting = std::span(segments_).subspan(first_);
    const std::size_t count = std::min(vectors.size(), waiting.size());
    for (std::size_t index = 0; index < count; ++index) {
        const auto bytes = waiting[index].bytes;
        // iovec is also used for reading, and so not const; sendmsg does not write through it.
        vectors[index] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
    }
    return count;
}

void Backlog::consume(std::size_t count) noexcept {
    size_ -= count;
    while (count > 0) {
        auto& bytes = segments_[first_].bytes;
        const std::size_t taken = std::min(count, bytes.size());
        bytes = bytes.subspan(taken);
        count -= taken;
        if (bytes.empty()) forget_first();
    }
}

void Backlog::forget_first() noexcept {
    held_ -= segments_[first_].held;
    segments_[first_] = {};
    ++first_;
    if (first_ == segments_.size()) {
        segments_.clear();
        first_ = 0;
        room_ = {};
    } else if (first_ >= 64 && first_ >= segments_.size() / 2) {
        // Rare enough that each is moved once in all.
        segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

void Backlog::forget_all() noexcept {
    for (const Segment& segment : std::span(segments_).subspan(first_)) held_ -= segment.held;
}

void Backlog::clear() noexcept {
    forget_all();
    segments_.clear();
    first_ = size_ = 0;
    room_ = {};
}

}  // namespace longwire::net
