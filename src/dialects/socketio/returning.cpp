// Clients that lost their connection and come back: connection state recovery.
#include "dialects/socketio/application.hpp"

#include "dialects/socketio/recovery_claim.hpp"
#include "dialects/socketio/session_id.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace longwire::dialects::socketio {

namespace {

// On one loop.
constexpr std::size_t most_kept = std::size_t{16} * 1024;

// The reasons after which a client comes back by itself.
constexpr std::array<std::string_view, 7> recoverable = {"transport error",
                                                         "transport close",
                                                         "ping timeout",
                                                         "server shutting down",
                                                         "the client did not poll in time",
                                                         "the token has expired",
                                                         "messages are missing"};

}  // namespace

/// Somebody who joins their channels again.
struct Application::Comeback {
    KeptMember kept;
    std::size_t missing = 0;  // channels that have not answered
    bool complete = true;
    std::vector<hub::SharedPublication> missed;
};

void Application::keep(Member& member, std::string_view reason) {
    const std::size_t loop = member.session().loop();
    OnLoop& here = on_loops_[loop];
    const bool settled = (!home_of(member) || member.in({})) &&
                         std::ranges::all_of(member.rooms_, [](const auto& entry) {
                             return entry.second.group != nullptr;
                         });
    if (!member.connected() || !settled || here.kept.size() >= most_kept ||
        std::ranges::find(recoverable, reason) == recoverable.end())
        return directory_.forget(member.key_);
    KeptMember kept;
    kept.id = member.id_;
    kept.name_space = member.name_space_;
    kept.member = member.number_;
    if (rules_.user_of) kept.user = rules_.user_of(member);
    for (const auto& [name, room] : member.rooms_) {
        if (!room.in_hub) continue;
        kept.rooms.push_back({.room = name,
                              .channel = room.channel,
                              .joined = room.start,
                              .position = room.group->delivered,
                              .who = room.who});
    }
    kept.states = member.states;
    kept.singles = std::move(member.singles_);
    kept.singles_from = member.singles_from_;
    kept.since = member.since_;
    kept.until = Alarms::Clock::now() + options_.recovery;
    engine_.alarms(loop).set(kept.until, [this, loop, key = member.key_, until = kept.until] {
        OnLoop& there = on_loops_[loop];
        const auto found = there.kept.find(key);
        // (Meanwhile it may have come, and gone again.)
        if (found == there.kept.end() || found->second.until != until) return;
        there.kept.erase(found);
        directory_.forget(key);
    });
    here.kept.insert_or_assign(member.key_, std::move(kept));
}

/// Looks for what is kept of them, on the loop that has it. False: nothing is.
bool Application::come_back(EngineSession& session, const std::string& name_space, Place& place) {
    const auto claim = read_recovery_claim(place.handshake->auth);
    if (!claim) return false;
    const auto home = directory_.find(claim->key);
    if (!home) return false;
    const auto go_on = [this, ref = session.ref(), name_space, deciding = place.deciding,
                        key = claim->key](std::optional<KeptMember> kept) {
        EngineSession* const there = engine_.find(ref);
        Place* const its = place_of(there, name_space);
        if (its != nullptr && its->deciding == deciding)
            continue_with(*there, name_space, *its, key, std::move(kept));
    };
    engine_.loops().post(
        *home, [this, home = *home, claim = *claim, name_space, loop = session.loop(), go_on] {
            auto kept = take_kept(home, claim.key, name_space, claim.offset);
            engine_.loops().post(
                loop, [go_on, kept = std::move(kept)]() mutable { go_on(std::move(kept)); });
        });
    return true;
}

std::optional<KeptMember> Application::take_kept(std::size_t loop, const std::string& key,
                                                 const std::string& name_space,
                                                 std::optional<std::string_view> offset) {
    OnLoop& here = on_loops_[loop];
    // Its old connection may be gone without anybody having told the server.
    if (const auto still = here.by_key.find(key); still != here.by_key.end()) {
        if (still->second->name_space() != name_space) return std::nullopt;
        still->second->session().fail("transport close");
    }
    const auto found = here.kept.find(key);
    if (found == here.kept.end() || found->second.name_space != name_space) return std::nullopt;
    KeptMember kept = std::move(found->second);
    here.kept.erase(found);
    directory_.forget(key);
    if (Alarms::Clock::now() > kept.until || !rewind(kept, here.log, offset)) return std::nullopt;
    return kept;
}

void Application::continue_with(EngineSession& session, const std::string& name_space, Place& place,
                                const std::string& key, std::optional<KeptMember> kept) {
    Member& member = add(session, place, name_space, place.handshake);
    const bool is_same = kept && (!rules_.user_of || rules_.user_of(member) == kept->user);
    if (!is_same) return welcome(member);
    member.key_ = key;
    rejoin(member, std::move(*kept));
}

void Application::rejoin(Member& member, KeptMember kept) {
    auto comeback = std::make_shared<Comeback>();
    comeback->kept = std::move(kept);
    const auto& rooms = comeback->kept.rooms;
    comeback->missing = 1 + rooms.size();
    const auto answered = [this, comeback,
                           ref = member.ref()](const Result<hub::History>* history) {
        if (history != nullptr && *history && (*history)->recovered) {
            const auto& missed = (*history)->publications;
            comeback->missed.insert(comeback->missed.end(), missed.begin(), missed.end());
        } else if (history != nullptr) {
            comeback->complete = false;
        }
        if (--comeback->missing > 0) return;
        // After the last channel has let it in.
        members_.with(ref, [this, comeback](Member& there) { finish(there, *comeback); });
    };
    for (const KeptMember::Room& room : rooms) {
        if (rules_.may_return && !rules_.may_return(member, room.channel)) {
            comeback->complete = false;
            answered(nullptr);
            continue;
        }
        member.join(
            {.room = room.room,
             .channel = room.channel,
             .history = {.since = room.position},
             .who = rules_.who_of ? rules_.who_of(member, room.channel) : room.who,
             .sends_history = false,
             .joined = [answered](const Result<hub::History>& history) { answered(&history); }});
    }
    answered(nullptr);
}

void Application::finish(Member& member, Comeback& comeback) {
    KeptMember& kept = comeback.kept;
    if (!comeback.complete) {
        // They are somebody new, and are told so.
        while (!member.rooms_.empty()) member.leave(std::string(member.rooms_.begin()->first));
        member.held_.clear();
        member.key_ = new_id(member.session().loop());
        return welcome(member);
    }
    member.id_ = std::move(kept.id);
    member.states = std::move(kept.states);
    member.recovered_ = true;
    welcome(member);
    resend(member, comeback);
    for (const Member::Held& held : std::exchange(member.held_, {}))
        member.session().send(*held.packets);
    tell_connected(member);
}

/// What it missed, in the order in which it was sent; noted, since it may be cut off again before
/// it has got it.
void Application::resend(Member& member, Comeback& comeback) {
    KeptMember& kept = comeback.kept;
    DeliveryLog& log = on_loops_[member.session().loop()].log;
    if (kept.seen) log.note_repeat({}, *kept.seen, member.number().number);
    std::erase_if(comeback.missed, [&](const hub::SharedPublication& publication) {
        return publication->publisher() == kept.member;
    });
    std::ranges::stable_sort(comeback.missed, {}, [](const hub::SharedPublication& publication) {
        return publication->when();
    });
    const auto send_singles_until = [&](std::optional<hub::Clock::time_point> when) {
        while (!kept.singles.empty() && (!when || kept.singles.front().when < *when)) {
            SingleEvent& event = member.singles_.push_back(std::move(kept.singles.front()));
            kept.singles.pop_front();
            event.number = log.count();
            log.note_repeat({}, event.position, member.number().number);
            member.send_packet(event.packet, event.attachments);
        }
    };
    for (const auto& publication : comeback.missed) {
        send_singles_until(publication->when());
        member.send(*publication);
        log.note_repeat(publication->channel(), publication->position(), member.number().number);
    }
    send_singles_until(std::nullopt);
}

}  // namespace longwire::dialects::socketio
