#include "dialects/hub_loops.hpp"

#include "dialects/every.hpp"

#include <longwire/run.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace longwire::dialects {

namespace {

/// When it has been delivered, also where that fails.
class GiveBack {
public:
    GiveBack(const engine::ServerLoops& loops, std::size_t bytes) noexcept
        : loops_(loops), bytes_(bytes) {}
    ~GiveBack() { loops_.give_back_posted(bytes_); }
    GiveBack(const GiveBack&) = delete;
    GiveBack& operator=(const GiveBack&) = delete;

private:
    const engine::ServerLoops& loops_;
    std::size_t bytes_;
};

}  // namespace

HubLoops::HubLoops(Server& server, hub::Hub& hub) : hub_(hub), loops_(server) {
    for (std::size_t loop = 0; loop < loops_.count(); ++loop) {
        auto& outlet = outlets_.emplace_back(std::make_unique<LoopOutlet>(*this, loop));
        outlet->number = hub_.add(*outlet);
    }
}

void HubLoops::tick_hub_every(std::chrono::milliseconds interval) {
    if (loops_.count() == 0) return;
    loops_.post(0, [this, interval] {
        spawn(every(interval, [this] {
            if (!ticking_) tick_hub();
            return true;
        }));
    });
}

/// Others have their turn in between.
void HubLoops::tick_hub() {
    ticking_ = false;  // (also where that throws)
    if (!hub_.tick()) return;
    ticking_ = true;
    loops_.post(0, [this] { tick_hub(); });
}

/// Of what the loops share each counts its part.
std::size_t HubLoops::LoopOutlet::counted_size(const hub::Publication& publication) const noexcept {
    constexpr std::size_t overhead = 256;
    return overhead + publication.size() / all.outlets_.size();
}

void HubLoops::LoopOutlet::publish(hub::SharedPublication publication) {
    const std::size_t counted = counted_size(*publication);
    all.loops_.count_posted(counted);
    all.loops_.post(loop, [this, counted, publication = std::move(publication)] {
        const GiveBack give_back(all.loops_, counted);
        for (Dialect* const dialect : all.dialects_) dialect->deliver(loop, publication);
        count(publication->when());
    });
}

void HubLoops::LoopOutlet::count(hub::Clock::time_point published) noexcept {
    const std::chrono::duration<double> took = hub::Clock::now() - published;
    const auto place = static_cast<std::size_t>(
        std::ranges::lower_bound(Delays::bounds, took.count()) - Delays::bounds.begin());
    auto& counted = counts.at(place);
    counted.store(counted.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    seconds.store(seconds.load(std::memory_order_relaxed) + took.count(),
                  std::memory_order_relaxed);
}

HubLoops::Delays HubLoops::delays() const noexcept {
    Delays sum;
    for (const auto& outlet : outlets_) {
        for (std::size_t place = 0; place < sum.counts.size(); ++place)
            sum.counts.at(place) += outlet->counts.at(place).load(std::memory_order_relaxed);
        sum.seconds += outlet->seconds.load(std::memory_order_relaxed);
    }
    return sum;
}

void HubLoops::LoopOutlet::interrupt(const std::string& channel, hub::Position position) {
    all.loops_.post(loop, [this, channel, position] {
        for (Dialect* const dialect : all.dialects_) dialect->interrupt(loop, channel, position);
    });
}

void HubLoops::LoopOutlet::announce(std::shared_ptr<const hub::PresenceChange> change) {
    all.loops_.post(loop, [this, change = std::move(change)] {
        for (Dialect* const dialect : all.dialects_) dialect->announce(loop, *change);
    });
}

void HubLoops::LoopOutlet::run(std::move_only_function<void()> function) {
    all.loops_.post(loop, std::move(function));
}

}  // namespace longwire::dialects
