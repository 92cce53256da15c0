#include "dialects/socketio/session_count.hpp"

namespace longwire::dialects::socketio {

SessionCount::Room SessionCount::judge(const std::string& address) const {
    if (most_ > 0 && count_ >= most_) return Room::too_many;
    if (most_of_address_ == 0) return Room::enough;
    const auto found = of_address_.find(address);
    if (found != of_address_.end() && found->second >= most_of_address_)
        return Room::too_many_of_address;
    return Room::enough;
}

SessionCount::Room SessionCount::look(const std::string& address) const {
    const std::scoped_lock lock(mutex_);
    return judge(address);
}

SessionCount::Room SessionCount::take(const std::string& address) {
    const std::scoped_lock lock(mutex_);
    const Room room = judge(address);
    if (room != Room::enough) return room;
    ++count_;
    if (most_of_address_ > 0) ++of_address_[address];
    return room;
}

void SessionCount::give_back(const std::string& address) {
    const std::scoped_lock lock(mutex_);
    --count_;
    if (most_of_address_ == 0) return;
    const auto found = of_address_.find(address);
    if (found != of_address_.end() && --found->second == 0) of_address_.erase(found);
}

}  // namespace longwire::dialects::socketio
