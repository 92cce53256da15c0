#include "dialects/hub_loops.hpp"

#include <utility>

namespace longwire::dialects {

HubLoops::HubLoops(Server& server, hub::Hub& hub) : hub_(hub), loops_(server) {
    for (std::size_t loop = 0; loop < loops_.count(); ++loop) {
        auto& outlet = outlets_.emplace_back(std::make_unique<LoopOutlet>(*this, loop));
        outlet->number = hub_.add(*outlet);
    }
}

void HubLoops::LoopOutlet::publish(hub::SharedPublication publication) {
    all.loops_.post(loop, [this, publication = std::move(publication)] {
        for (Dialect* const dialect : all.dialects_) dialect->deliver(loop, publication);
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
