#pragma once

#include "hub/publication.hpp"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace longwire::hub {

/// Publications as they came. (A std::deque takes more than half a kilobyte from the first on, and
/// most channels keep one or a few.)
class PublicationQueue {
public:
    [[nodiscard]] bool empty() const noexcept { return kept_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return kept_.size() - gone_; }
    [[nodiscard]] const SharedPublication& front() const noexcept { return kept_[gone_]; }
    [[nodiscard]] const SharedPublication& back() const noexcept { return kept_.back(); }
    /// The oldest first.
    [[nodiscard]] std::span<const SharedPublication> all() const noexcept {
        return std::span(kept_).subspan(gone_);
    }

    void push_back(SharedPublication publication) { kept_.push_back(std::move(publication)); }
    void pop_back() noexcept {
        kept_.pop_back();
        if (kept_.size() == gone_) close_gap();
    }
    void pop_front() noexcept {
        kept_[gone_++].reset();
        if (2 * gone_ >= kept_.size()) close_gap();
    }

private:
    void close_gap() noexcept {
        kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(gone_));
        gone_ = 0;
        if (4 * kept_.size() < kept_.capacity()) kept_.shrink_to_fit();
    }

    std::vector<SharedPublication> kept_;
    std::size_t gone_ = 0;  // so many places at the front are empty: fewer than half
};

}  // namespace longwire::hub
