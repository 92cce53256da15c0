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
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace longwire::dialects::raw {

/// The members of channels that read them as text/event-stream (WHATWG HTML, section 9.2). One that
/// reads too slowly is cut: it comes back with the id of the last event it has seen.
class EventStreams {
public:
    /// Both must outlive the server's run.
    EventStreams(HubLoops& hub_loops, Gate& gate);
    EventStreams(const EventStreams&) = delete;
    EventStreams& operator=(const EventStreams&) = delete;
    ~EventStreams();

    /// What somebody wants and may have.
    struct Wish {
        hub::HistoryQuery history;
        bool may_miss = false;  // they cannot have what they have missed
        bool json = false;      // each message in a JSON object, with what is known of it
        /// When to ask again whether they may have it.
        std::optional<std::chrono::sys_seconds> ask_again = {};
    };
    /// On the asker's loop.
    void open(const Asker& asker, const Wish& wish);
    void deliver(std::size_t loop, const hub::SharedPublication& publication);
    void interrupt(std::size_t loop, const std::string& channel);
    void announce(std::size_t loop, const hub::PresenceChange& change);

private:
    class Member;
    class Audience;
    struct OnLoop {
        std::unordered_map<std::string, std::unique_ptr<Audience>> by_channel;
        bool beating = false;
    };

    Audience& join(Member& member);
    /// Tells them why as the last thing.
    void end(Member& member, std::string_view last);
    /// Something is missing.
    void cut(Member& member);
    /// Null where nobody of the channel is on the loop.
    [[nodiscard]] Audience* audience_of(std::size_t loop, const std::string& channel) const;
    /// Nobody is there any more.
    void forget(std::size_t loop, const std::string& channel);
    /// False: nobody is there.
    bool beat(std::size_t loop);

    MembershipsOf<Member> members_;
    std::deque<OnLoop> on_loops_;
};

}  // namespace longwire::dialects::raw
