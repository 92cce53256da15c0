#pragma once

#include "hub/broker.hpp"
#include "hub/gap.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace longwire::hub {

/// What a node knows of a channel that somebody here is on, or about to be. (Guarded by the hub.)
class Channel {
public:
    /// What is to be done next: in this order.
    struct Step {
        /// Members are told that something up to this position may be missing.
        std::optional<Position> interrupted = std::nullopt;
        std::vector<SharedPublication> publications = {};  // are delivered
        bool ask = false;  // the broker is asked what came after what was delivered
    };

    /// Somebody is about to join: what is published from now on is remembered for them.
    void begin_joining() noexcept { ++joining_; }
    void give_up_joining() noexcept;
    /// They join the outlet. `history`, as a broker has read it, becomes what they are to get
    /// beside what is delivered from now on: nothing twice, and nothing left out, or it says so.
    [[nodiscard]] Step join(std::uint32_t outlet, const HistoryQuery& query, History& history,
                            Clock::time_point now);
    void leave(std::uint32_t outlet) noexcept;

    /// True where it is the next, and to be delivered; nearly always. Otherwise it is for `sort`.
    [[nodiscard]] bool take(const SharedPublication& publication) noexcept {
        if (!is_next(publication->position()) || gap_ || joining_ > 0) return false;
        ++delivered_.offset;
        return true;
    }
    [[nodiscard]] Step sort(const SharedPublication& publication, Clock::time_point now);

    /// Whether something is missing, or may be.
    [[nodiscard]] bool has_gap() const noexcept { return gap_ != nullptr; }
    /// Whether it is to be asked if something is: nobody has any reason yet to think so.
    [[nodiscard]] bool suspect(Clock::time_point now);
    /// The broker is asked. Gives what it is asked: what came after this.
    [[nodiscard]] Position ask(std::uint64_t question) noexcept;
    [[nodiscard]] Step fill(std::uint64_t question, const Result<History>& answer,
                            Clock::time_point now);
    /// Time goes on, with a gap. After `patience` without any progress it is given up.
    [[nodiscard]] Step wait(Clock::time_point now, Clock::duration patience);

    /// Calls `visit` with the number of each outlet that has members.
    template <class Visit>
    void each_outlet(Visit&& visit) const {
        if (!members_by_outlet_) {
            if (members_ > 0) visit(outlet_);
            return;
        }
        for (std::uint32_t outlet = 0; outlet < members_by_outlet_->size(); ++outlet)
            if ((*members_by_outlet_)[outlet] > 0) visit(outlet);
    }
    [[nodiscard]] std::size_t members() const noexcept { return members_; }

    /// One more connection of a user here, with this information. True: it is the first, or the
    /// information is another.
    [[nodiscard]] bool enter(const Presence& who);
    /// One of their connections went. True: the last.
    [[nodiscard]] bool exit(const std::string& user, Clock::time_point now);
    /// Forgets the user if none of their connections came back since `gone`.
    [[nodiscard]] bool forget(const std::string& user, Clock::time_point gone);

    [[nodiscard]] bool unused() const noexcept { return members_ == 0 && joining_ == 0 && !users_; }

private:
    struct User {
        std::size_t connections = 0;
        std::string info;
        Clock::time_point gone = {};
    };

    [[nodiscard]] bool is_next(Position position) const noexcept {
        return position.epoch == delivered_.epoch && position.offset == delivered_.offset + 1;
    }
    using Users = std::unordered_map<std::string, User>;
    /// What was told while somebody is joining, as it came.
    struct Meanwhile {
        std::vector<SharedPublication> publications;
        std::size_t bytes = 0;
    };

    void add_member(std::uint32_t outlet);
    void remember(const SharedPublication& publication);
    void recall(History& history, bool all) const;
    void fit(const HistoryQuery& query, History& history) const;
    void deliver(const SharedPublication& publication, Step& step);
    void deliver_held(Step& step);
    [[nodiscard]] bool closes_gap(const History& answer) const noexcept;
    [[nodiscard]] Step give_up(const History* answer);

    Position delivered_;  // to the members; nothing where there are none
    std::uint32_t members_ = 0;
    std::uint32_t joining_ = 0;
    std::uint32_t outlet_ = 0;  // of all members, where none of them are elsewhere
    // (Most channels have none of these.)
    std::unique_ptr<std::vector<std::uint32_t>> members_by_outlet_;
    std::unique_ptr<Gap> gap_;
    std::unique_ptr<Meanwhile> meanwhile_;
    std::unique_ptr<Users> users_;
};

}  // namespace longwire::hub
