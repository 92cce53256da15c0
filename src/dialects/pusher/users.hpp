#pragma once

#include "dialects/pusher/client_table.hpp"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace longwire::dialects::pusher {

/// Who has signed in, by which connections, and who wants to know of it. A user has gone some time
/// after their last connection. Any thread.
class Users {
public:
    using Clock = std::chrono::steady_clock;

    /// To be told that users have come or gone.
    struct Told {
        LoopRef client;
        bool online = true;
        std::vector<std::string> users;
    };

    explicit Users(std::chrono::milliseconds grace) noexcept : grace_(grace) {}

    /// What follows from it: that those who watch the user, and this client which watches others,
    /// are told.
    [[nodiscard]] std::vector<Told> enter(const std::string& app, const UserData& user,
                                          LoopRef client);
    void leave(const std::string& app, const UserData& user, LoopRef client, Clock::time_point now);
    [[nodiscard]] std::vector<LoopRef> connections(const std::string& app,
                                                   const std::string& user) const;
    /// Who is to be told that somebody has gone by now.
    [[nodiscard]] std::vector<Told> tick(Clock::time_point now);

private:
    struct User {
        std::vector<LoopRef> connections;
        std::vector<LoopRef> watchers;
        bool online = false;
        Clock::time_point gone = {};
    };
    [[nodiscard]] static std::string key_of(const std::string& app, const std::string& user) {
        return app + '\n' + user;
    }
    void drop_if_unused(const std::string& key);

    std::chrono::milliseconds grace_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, User> users_;
    std::vector<std::pair<std::string, std::string>> going_;  // key and user
};

}  // namespace longwire::dialects::pusher
