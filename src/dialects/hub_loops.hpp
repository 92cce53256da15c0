#pragma once

#include "dialects/alarms.hpp"
#include "dialects/dialect.hpp"
#include "dialects/dialect_tally.hpp"
#include "engine/server_loops.hpp"
#include "hub/hub.hpp"
#include "hub/outlet.hpp"

#include <longwire/server.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace longwire::dialects {

/// Joins a hub to the loops of a server: each loop is an outlet, on which all dialects are told of
/// what comes.
class HubLoops {
public:
    /// Both must outlive this, and this their use. Before the server runs.
    HubLoops(Server& server, hub::Hub& hub);
    ~HubLoops() = default;
    HubLoops(const HubLoops&) = delete;
    HubLoops& operator=(const HubLoops&) = delete;

    /// `dialect` must outlive the server's run. Before the server runs.
    void add(Dialect& dialect) { dialects_.push_back(&dialect); }
    /// Where a way of speaking counts what comes and goes by it. Before the server runs.
    [[nodiscard]] DialectTally& tally(std::string name) {
        return tallies_.emplace_back(std::move(name), loops_.count());
    }
    [[nodiscard]] const std::deque<DialectTally>& tallies() const noexcept { return tallies_; }

    [[nodiscard]] hub::Hub& hub() noexcept { return hub_; }
    /// Has the hub look at its clock, on the first loop. Once, before the server runs.
    void tick_hub_every(std::chrono::milliseconds interval);
    [[nodiscard]] const engine::ServerLoops& loops() const noexcept { return loops_; }
    /// Of the loop of this number, on its thread.
    [[nodiscard]] Alarms& alarms(std::size_t loop) noexcept { return outlets_[loop]->alarms; }
    /// False once the server leaves: those who come from then on are on another one, and would not
    /// hear what clients publish here. Any thread.
    [[nodiscard]] bool takes_publications() const noexcept { return !loops_.leaving(); }
    /// How long it took from publishing a message to its being handed to the members of a loop.
    struct Delays {
        static constexpr std::array<double, 8> bounds = {0.0001, 0.00025, 0.0005, 0.001,
                                                         0.0025, 0.01,    0.05,   0.25};
        std::array<std::uint64_t, bounds.size() + 1> counts = {};
        double seconds = 0;  // all together
    };
    /// Any thread.
    [[nodiscard]] Delays delays() const noexcept;

    /// Of the loop that runs on this thread: its number, and the number of its outlet.
    [[nodiscard]] std::size_t current() const noexcept { return loops_.current().value_or(0); }
    [[nodiscard]] std::uint32_t outlet_of(std::size_t loop) const noexcept {
        return outlets_[loop]->number;
    }
    /// For a connection on the loop of this number, which runs on this thread: one that no other
    /// has, nor ever had.
    [[nodiscard]] hub::MemberId new_member(std::size_t loop) noexcept {
        LoopOutlet& outlet = *outlets_[loop];
        return {.outlet = outlet.number, .number = ++outlet.members};
    }

private:
    struct LoopOutlet final : hub::Outlet {
        LoopOutlet(HubLoops& all, std::size_t loop) : all(all), loop(loop) {}
        virtual ~LoopOutlet() = default;
        void publish(hub::SharedPublication publication) override;
        void interrupt(const std::string& channel, hub::Position position) override;
        void announce(std::shared_ptr<const hub::PresenceChange> change) override;
        /// (There is one number for all loops, and so it is asked for once.)
        bool has_room() const override { return loop != 0 || all.loops_.has_room_to_post(); }
        void run(std::move_only_function<void()> function) override;

        HubLoops& all;
        std::size_t loop;
        std::uint32_t number = 0;
        std::uint64_t members = 0;  // that there ever were
        Alarms alarms;
        // Written by the loop alone.
        std::array<std::atomic<std::uint64_t>, Delays::bounds.size() + 1> counts = {};
        std::atomic<double> seconds = 0;

        [[nodiscard]] std::size_t counted_size(const hub::Publication& publication) const noexcept;
        void count(hub::Clock::time_point published) noexcept;
    };

    void tick_hub();

    hub::Hub& hub_;
    engine::ServerLoops loops_;
    std::vector<std::unique_ptr<LoopOutlet>> outlets_;
    std::vector<Dialect*> dialects_;
    std::deque<DialectTally> tallies_;
    bool ticking_ = false;  // on the first loop: its clock has more to do than it did at once
};

}  // namespace longwire::dialects
