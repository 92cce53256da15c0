#include "net/backlog.hpp"

#include <algorithm>
#include <utility>

namespace longwire::net {

namespace {
constexpr std::size_t segment_size = std::size_t{32} * 1024;
}

Backlog::~Backlog() {
    for (const Segment& segment : segments_) held_ -= segment.held;
}

void Backlog::append(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    const bool fits = !segments_.empty() && !segments_.back().owner &&
                      segments_.back().copied.size() + bytes.size() <= segment_size;
    if (!fits) segments_.emplace_back();
    auto& copied = segments_.back().copied;
    copied.insert(copied.end(), bytes.begin(), bytes.end());
    size_ += bytes.size();
    segments_.back().held += bytes.size();
    held_ += bytes.size();
}

void Backlog::append_shared(std::shared_ptr<const void> owner, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    const auto owners = static_cast<std::size_t>(std::max(owner.use_count(), 1L));
    const std::size_t part = bytes.size() / owners;
    segments_.push_back({.copied = {}, .owner = std::move(owner), .shared = bytes, .held = part});
    size_ += bytes.size();
    held_ += part;
}

std::size_t Backlog::gather(std::span<iovec> vectors) const noexcept {
    const std::size_t count = std::min(vectors.size(), segments_.size());
    for (std::size_t index = 0; index < count; ++index) {
        auto bytes = segments_[index].bytes();
        if (index == 0) bytes = bytes.subspan(sent_of_first_);
        // iovec is also used for reading, and so not const; sendmsg does not write through it.
        vectors[index] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
    }
    return count;
}

void Backlog::consume(std::size_t count) noexcept {
    size_ -= count;
    progress_ += count;
    while (count > 0) {
        const std::size_t rest = segments_.front().bytes().size() - sent_of_first_;
        if (count < rest) {
            sent_of_first_ += count;
            return;
        }
        count -= rest;
        sent_of_first_ = 0;
        held_ -= segments_.front().held;
        segments_.pop_front();
    }
}

}  // namespace longwire::net
