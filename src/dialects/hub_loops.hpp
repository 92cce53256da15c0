#pragma once

#include "dialects/dialect.hpp"
#include "engine/server_loops.hpp"
#include "hub/hub.hpp"
#include "hub/outlet.hpp"

#include <longwire/server.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
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

    [[nodiscard]] hub::Hub& hub() noexcept { return hub_; }
    [[nodiscard]] const engine::ServerLoops& loops() const noexcept { return loops_; }
    /// Of the loop that runs on this thread: its number, and the number of its outlet.
    [[nodiscard]] std::size_t current() const noexcept { return loops_.current().value_or(0); }
    [[nodiscard]] std::uint32_t outlet_of(std::size_t loop) const noexcept {
        return outlets_[loop]->number;
    }

private:
    struct LoopOutlet final : hub::Outlet {
        LoopOutlet(HubLoops& all, std::size_t loop) : all(all), loop(loop) {}
        virtual ~LoopOutlet() = default;
        void publish(hub::SharedPublication publication) override;
        void announce(std::shared_ptr<const hub::PresenceChange> change) override;
        void run(std::move_only_function<void()> function) override;

        HubLoops& all;
        std::size_t loop;
        std::uint32_t number = 0;
    };

    hub::Hub& hub_;
    engine::ServerLoops loops_;
    std::vector<std::unique_ptr<LoopOutlet>> outlets_;
    std::vector<Dialect*> dialects_;
};

}  // namespace longwire::dialects
