#include "hub/channel.hpp"

#include <iterator>

namespace longwire::hub {

void Channel::give_up_joining() noexcept {
    if (--joining_ == 0) meanwhile_.clear();
}

void Channel::join(std::uint32_t outlet, History& history) {
    const bool same = history.top.epoch == delivered_.epoch;
    if (members_ > 0 && same && history.top.offset > delivered_.offset) {
        // The last of these are about to be delivered.
        std::erase_if(history.publications, [this](const SharedPublication& publication) {
            return publication->position().offset > delivered_.offset;
        });
        history.top = delivered_;
    }
    for (const SharedPublication& publication : meanwhile_) {
        const Position position = publication->position();
        if (position.epoch != history.top.epoch || position.offset <= history.top.offset) continue;
        history.publications.push_back(publication);
        history.top = position;
    }
    if (members_ == 0) delivered_ = history.top;
    give_up_joining();
    if (outlet >= members_by_outlet_.size()) members_by_outlet_.resize(std::size_t{outlet} + 1);
    ++members_by_outlet_[outlet];
    ++members_;
}

void Channel::leave(std::uint32_t outlet) noexcept {
    --members_by_outlet_[outlet];
    --members_;
}

bool Channel::take(const SharedPublication& publication) {
    const Position position = publication->position();
    if (position.epoch == delivered_.epoch && position.offset <= delivered_.offset) return false;
    delivered_ = position;
    if (joining_ > 0) meanwhile_.push_back(publication);
    return true;
}

bool Channel::exit(const std::string& user, Clock::time_point now) {
    const auto found = users_.find(user);
    if (found == users_.end() || --found->second.connections > 0) return false;
    found->second.gone = now;
    return true;
}

bool Channel::forget(const std::string& user, Clock::time_point gone) {
    const auto found = users_.find(user);
    if (found == users_.end() || found->second.connections > 0 || found->second.gone != gone)
        return false;
    users_.erase(found);
    return true;
}

}  // namespace longwire::hub
