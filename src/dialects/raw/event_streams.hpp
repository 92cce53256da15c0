#pragma once

#include "dialects/alarms.hpp"
#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/raw/asker.hpp"
#include "hub/hub.hpp"

#include <longwire/http_reply.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace longwire::dialects::raw {

/// The members of channels that read them as text/event-stream (WHATWG HTML, section 9.2). One that
/// reads too slowly is cut: it comes back with the id of the last event it has seen.
class EventStreams {
public:
    /// Both must outlive the server's run.
    EventStreams(HubLoops& hub_loops, Gate& gate);
    EventStreams(const EventStreams&) = delete;
    EventStreams& operator=(const EventStreams&) = delete;
    ~EventStreams() = default;

    /// What somebody wants and may have.
    struct Wish {
        hub::HistoryQuery history;
        std::shared_ptr<const access::ChannelRule> rule;
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
    struct Member {
        HttpReply reply;
        std::string origin;  // as the asker's
        bool with_cookies = false;
        std::string channel;
        hub::MemberId id;
        std::optional<std::string> user;
        Visitor visitor;
        std::optional<Alarms::Id> expiry;
        std::optional<Alarms::Id> recheck;
        std::optional<Alarms::Id> presence_recheck;
        bool keeps_presence = false;
        bool tells_presence = false;
        bool latest_only = false;
        bool json = false;
        bool joined = false;
        hub::SharedPublication latest = {};  // waits until what was written before has left
    };
    struct OnLoop {
        std::unordered_map<std::uint64_t, std::unique_ptr<Member>> members;
        std::unordered_map<std::string, std::vector<Member*>> by_channel;
        bool beating = false;
        Alarms alarms;
    };

    Alarms::Id set_alarm(std::size_t loop, const Member& member, std::chrono::sys_seconds when,
                         void (EventStreams::*ring)(std::size_t, Member&));
    void expire(std::size_t loop, Member& member);
    void expel(std::size_t loop, Member& member, const Verdict& why);
    void ask_again(std::size_t loop, Member& member);
    void asked_again(std::size_t loop, Member& member, const Verdict& verdict, Visitor known);
    void watch_presence(std::size_t loop, Member& member);
    void show_presence(std::size_t loop, Member& member, const Verdict& verdict);
    void join(std::size_t loop, Member& member, const Asker& asker, const Wish& wish);
    void joined(std::size_t loop, Member& member, const Asker& asker, Result<hub::History> history);
    void send(std::size_t loop, Member& member, const hub::Publication& publication);
    void write(std::size_t loop, Member& member, const hub::SharedPublication& publication);
    void drained(std::size_t loop, std::uint64_t number);
    void end(std::size_t loop, std::uint64_t number, std::string_view last);
    void gone(std::size_t loop, std::uint64_t number);
    void take_out(std::size_t loop, Member& member);
    template <class Visit>
    void visit(std::size_t loop, const std::string& channel, Visit&& each);
    /// False: nobody is there.
    bool beat(std::size_t loop);

    HubLoops& hub_loops_;
    Gate& gate_;
    DialectTally& tally_;
    std::deque<OnLoop> on_loops_;
};

}  // namespace longwire::dialects::raw
