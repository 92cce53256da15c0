#pragma once

#include "content.hpp"
#include "plan.hpp"
#include "timeline.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <span>

namespace longwire::simulation {

/// One direction of the network: bytes leave it in order, in pieces and at times that are left to
/// chance, unless the plan has something worse in mind.
class Wire {
public:
    Wire(Timeline& timeline, const WirePlan& plan, Chance chance) noexcept
        : timeline_(timeline), plan_(plan), chance_(chance) {}

    /// Whom its bytes, and its end, are given to.
    void lead_to(std::function<void(Bytes)> receive, std::function<void()> end) {
        receive_ = std::move(receive);
        end_ = std::move(end);
    }

    void write(std::span<const std::byte> bytes);
    /// Nothing more will be written.
    void shut();
    /// The receiver takes nothing until resume().
    void pause() noexcept { paused_ = true; }
    void resume();
    /// What is on the way is gone, and nothing follows.
    void reset() noexcept;

    /// Whether a sender should wait.
    [[nodiscard]] bool congested() const noexcept { return on_the_way_.size() > plan_.capacity; }
    [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
    /// Whether something of what was written has not arrived as it was, or never will.
    [[nodiscard]] bool damaged() const noexcept { return damaged_; }

private:
    void put(std::byte byte);
    void deliver_later();
    void deliver();

    Timeline& timeline_;
    const WirePlan& plan_;
    Chance chance_;
    std::function<void(Bytes)> receive_;
    std::function<void()> end_;
    std::deque<std::byte> on_the_way_;
    std::uint64_t written_ = 0;
    bool shut_ = false;
    bool ended_ = false;
    bool paused_ = false;
    bool delivering_ = false;
    bool reset_ = false;
    bool damaged_ = false;
};

}  // namespace longwire::simulation
