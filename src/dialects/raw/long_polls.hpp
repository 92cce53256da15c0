#pragma once

#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/loop_table.hpp"
#include "dialects/membership.hpp"
#include "dialects/raw/asker.hpp"
#include "hub/hub.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace longwire::dialects::raw {

/// Requests that wait for what comes next on a channel: each is answered with what came after the
/// position it names, once there is something, or with nothing when its time is over.
class LongPolls {
public:
    /// Both must outlive the server's run.
    LongPolls(HubLoops& hub_loops, Gate& gate);
    LongPolls(const LongPolls&) = delete;
    LongPolls& operator=(const LongPolls&) = delete;
    ~LongPolls();

    /// On the asker's loop.
    void open(Asker asker, const hub::HistoryQuery& wanted, std::chrono::milliseconds wait);
    void deliver(std::size_t loop, const hub::SharedPublication& publication);
    /// They are answered with nothing new, and ask again from where they were.
    void interrupt(std::size_t loop, const std::string& channel);

private:
    class Poll;
    using OnLoop = std::unordered_map<std::string, std::vector<LoopRef>>;  // by channel

    /// Those that wait there.
    [[nodiscard]] std::vector<LoopRef> on_channel(std::size_t loop,
                                                  const std::string& channel) const;

    HubLoops& hub_loops_;
    MembershipsOf<Poll> polls_;
    std::deque<OnLoop> on_loops_;
};

/// {"position":"…","recovered":true,"messages":[…]}
[[nodiscard]] Response messages_response(const std::vector<hub::SharedPublication>& publications,
                                         hub::Position top, bool recovered);

}  // namespace longwire::dialects::raw
