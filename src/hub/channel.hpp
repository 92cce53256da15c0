#pragma once

#include "hub/broker.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace longwire::hub {

/// What a node knows of a channel that somebody here is on, or about to be. (Guarded by the hub.)
class Channel {
public:
    /// Somebody is about to join: what is published from now on is remembered for them.
    void begin_joining() noexcept { ++joining_; }
    void give_up_joining() noexcept;
    /// They join the outlet. `history`, as a broker has read it, becomes what they are to get
    /// beside what is delivered from now on: nothing twice, and nothing left out.
    void join(std::uint32_t outlet, History& history);
    void leave(std::uint32_t outlet) noexcept;

    /// False where it has been delivered already.
    [[nodiscard]] bool take(const SharedPublication& publication);

    /// Calls `visit` with the number of each outlet that has members.
    template <class Visit>
    void each_outlet(Visit&& visit) const {
        for (std::uint32_t outlet = 0; outlet < members_by_outlet_.size(); ++outlet)
            if (members_by_outlet_[outlet] > 0) visit(outlet);
    }
    [[nodiscard]] std::size_t members() const noexcept { return members_; }

    /// Of one user here. True: the first of their connections came, or the last went.
    [[nodiscard]] bool enter(const std::string& user) { return ++users_[user].connections == 1; }
    [[nodiscard]] bool exit(const std::string& user, Clock::time_point now);
    /// Forgets the user if none of their connections came back since `gone`.
    [[nodiscard]] bool forget(const std::string& user, Clock::time_point gone);

    [[nodiscard]] bool unused() const noexcept {
        return members_ == 0 && joining_ == 0 && users_.empty();
    }

private:
    struct User {
        std::size_t connections = 0;
        Clock::time_point gone = {};
    };

    std::vector<std::uint32_t> members_by_outlet_;
    std::size_t members_ = 0;
    std::size_t joining_ = 0;
    Position delivered_;
    std::vector<SharedPublication> meanwhile_;  // published while somebody is joining
    std::unordered_map<std::string, User> users_;
};

}  // namespace longwire::hub
