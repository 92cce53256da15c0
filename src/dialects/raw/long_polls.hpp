#pragma once

#include "dialects/alarms.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/raw/asker.hpp"
#include "hub/hub.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwire::dialects::raw {

/// Requests that wait for what comes next on a channel: each is answered with what came after the
/// position it names, once there is something, or with nothing when its time is over.
class LongPolls {
public:
    /// It must outlive the server's run.
    explicit LongPolls(HubLoops& hub_loops);
    LongPolls(const LongPolls&) = delete;
    LongPolls& operator=(const LongPolls&) = delete;
    ~LongPolls() = default;

    /// On the asker's loop.
    void open(Asker asker, const hub::HistoryQuery& wanted, std::chrono::milliseconds wait,
              bool keeps_presence);
    void deliver(std::size_t loop, const hub::SharedPublication& publication);
    /// They are answered with nothing new, and ask again from where they were.
    void interrupt(std::size_t loop, const std::string& channel);

private:
    using Clock = Alarms::Clock;
    struct Poll {
        Asker asker;
        Clock::time_point until;
        hub::MemberId id;
        std::optional<std::string> user;
        hub::Position top;
        std::optional<Alarms::Id> alarm;
        std::optional<Alarms::Id> next_space;
        bool joined = false;
        bool recovered = true;
        bool begun = false;  // its answer, since the client has ended its side, or gone
    };
    struct OnLoop {
        std::unordered_map<std::uint64_t, Poll> polls;
        std::unordered_map<std::string, std::vector<std::uint64_t>> by_channel;
        Alarms alarms;
    };

    void half_closed(std::size_t loop, std::uint64_t number);
    void see_whether_there(std::size_t loop, std::uint64_t number);
    void joined(std::size_t loop, Poll& poll, Result<hub::History> history);
    void answer(std::size_t loop, std::uint64_t number,
                const std::vector<hub::SharedPublication>& publications, hub::Position top);
    void take_out(std::size_t loop, std::uint64_t number);

    HubLoops& hub_loops_;
    DialectTally& tally_;
    std::deque<OnLoop> on_loops_;
};

/// {"position":"…","recovered":true,"messages":[…]}
[[nodiscard]] Response messages_response(const std::vector<hub::SharedPublication>& publications,
                                         hub::Position top, bool recovered);

}  // namespace longwire::dialects::raw
