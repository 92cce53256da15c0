#pragma once

#include "net/held_total.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace longwire::net {

/// Counts what is on its way from one thread to another's loop, for as long as it is.
class Posted {
public:
    /// What a posted message takes beside its bytes, roughly.
    static constexpr std::size_t overhead = 256;

    /// Nothing where there is no room for so much more.
    [[nodiscard]] static std::optional<Posted> take(std::shared_ptr<HeldTotal> total,
                                                    std::size_t bytes) noexcept {
        if (!total->take_posted(bytes)) return std::nullopt;
        return Posted(std::move(total), bytes);
    }
    /// Room or not.
    [[nodiscard]] static Posted count(std::shared_ptr<HeldTotal> total,
                                      std::size_t bytes) noexcept {
        total->add_posted(bytes);
        return Posted(std::move(total), bytes);
    }

    Posted(Posted&&) noexcept = default;
    Posted& operator=(Posted&&) = delete;
    ~Posted() {
        if (total_) total_->give_back_posted(bytes_);
    }

private:
    Posted(std::shared_ptr<HeldTotal> total, std::size_t bytes) noexcept
        : total_(std::move(total)), bytes_(bytes) {}

    std::shared_ptr<HeldTotal> total_;
    std::size_t bytes_;
};

}  // namespace longwire::net
