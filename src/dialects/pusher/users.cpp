#include "dialects/pusher/users.hpp"

#include <utility>

namespace longwire::dialects::pusher {

void Users::drop_if_unused(const std::string& key) {
    const auto found = users_.find(key);
    if (found == users_.end()) return;
    const User& user = found->second;
    if (!user.online && user.connections.empty() && user.watchers.empty()) users_.erase(found);
}

std::vector<Users::Told> Users::enter(const std::string& app, const UserData& user,
                                      LoopRef client) {
    const std::scoped_lock lock(mutex_);
    std::vector<Told> told;
    {
        User& its = users_[key_of(app, user.id)];
        its.connections.push_back(client);
        if (!std::exchange(its.online, true))
            for (const LoopRef& watcher : its.watchers)
                told.push_back({.client = watcher, .online = true, .users = {user.id}});
    }
    std::vector<std::string> online;
    for (const std::string& other : user.watchlist) {
        User& watched = users_[key_of(app, other)];
        watched.watchers.push_back(client);
        if (watched.online) online.push_back(other);
    }
    if (!online.empty())
        told.push_back({.client = client, .online = true, .users = std::move(online)});
    return told;
}

void Users::leave(const std::string& app, const UserData& user, LoopRef client,
                  Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    for (const std::string& other : user.watchlist) {
        const std::string key = key_of(app, other);
        const auto found = users_.find(key);
        if (found == users_.end()) continue;
        std::erase(found->second.watchers, client);
        drop_if_unused(key);
    }
    const std::string key = key_of(app, user.id);
    const auto found = users_.find(key);
    if (found == users_.end()) return;
    std::erase(found->second.connections, client);
    if (!found->second.connections.empty()) return;
    found->second.gone = now;
    going_.emplace_back(key, user.id);
}

std::vector<LoopRef> Users::connections(const std::string& app, const std::string& user) const {
    const std::scoped_lock lock(mutex_);
    const auto found = users_.find(key_of(app, user));
    return found == users_.end() ? std::vector<LoopRef>() : found->second.connections;
}

std::vector<Users::Told> Users::tick(Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    std::vector<Told> told;
    std::erase_if(going_, [&](const auto& going) {
        const auto found = users_.find(going.first);
        if (found == users_.end() || !found->second.connections.empty()) return true;
        if (now - found->second.gone < grace_) return false;
        if (std::exchange(found->second.online, false))
            for (const LoopRef& watcher : found->second.watchers)
                told.push_back({.client = watcher, .online = false, .users = {going.second}});
        drop_if_unused(going.first);
        return true;
    });
    return told;
}

}  // namespace longwire::dialects::pusher
