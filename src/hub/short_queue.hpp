#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace longwire::hub {

/// Things as they came, of which there are mostly none or few. (A std::deque takes more than half a
/// kilobyte before there is any.) An empty T holds nothing.
template <class T>
class ShortQueue {
public:
    [[nodiscard]] bool empty() const noexcept { return kept_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return kept_.size() - gone_; }
    [[nodiscard]] T& front() noexcept { return kept_[gone_]; }
    [[nodiscard]] const T& front() const noexcept { return kept_[gone_]; }
    [[nodiscard]] const T& back() const noexcept { return kept_.back(); }
    /// The oldest first.
    [[nodiscard]] std::span<const T> all() const noexcept {
        return std::span(kept_).subspan(gone_);
    }

    /// Gives its place, valid until the queue changes.
    T& push_back(T thing) { return kept_.emplace_back(std::move(thing)); }
    void pop_back() noexcept {
        kept_.pop_back();
        if (kept_.size() == gone_) close_gap();
    }
    void pop_front() noexcept {
        kept_[gone_++] = T();
        if (2 * gone_ >= kept_.size()) close_gap();
    }

private:
    void close_gap() noexcept {
        kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(gone_));
        gone_ = 0;
        if (4 * kept_.size() < kept_.capacity()) kept_.shrink_to_fit();
    }

    std::vector<T> kept_;
    std::size_t gone_ = 0;  // so many places at the front are empty: fewer than half
};

}  // namespace longwire::hub
