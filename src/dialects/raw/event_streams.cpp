#include "dialects/raw/event_streams.hpp"

#include "dialects/admission.hpp"
#include "dialects/encodings.hpp"
#include "dialects/every.hpp"
#include "dialects/raw/event.hpp"
#include "engine/http/cross_origin.hpp"

#include <longwire/longwire.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace longwire::dialects::raw {

namespace {

constexpr std::size_t overhead = 128;  // of an event, beside its data
constexpr std::size_t most_backlog = std::size_t{1024} * 1024;
// Often enough for proxies, which end connections that are silent for a minute.
constexpr std::chrono::seconds beat_interval{20};
// Of an EventSource that is cut: when the server leaves, another one should be there by then.
constexpr std::string_view come_back = "retry: 1000\n\n";

Response stream_head() {
    // (What compresses on the way would hold events back.)
    return {.headers = {{"Content-Type", "text/event-stream"},
                        {"Cache-Control", "no-store, no-transform"},
                        {"X-Accel-Buffering", "no"}}};
}

const PreparedChunk& chunk_of(const hub::Publication& publication, bool json) {
    if (json)
        return publication.encoded<PreparedChunk>(raw_json_event_chunk, [&] {
            return PreparedChunk(publication_json_event(publication));
        });
    return publication.encoded<PreparedChunk>(
        raw_event_chunk, [&] { return PreparedChunk(publication_event(publication)); });
}

}  // namespace

EventStreams::EventStreams(HubLoops& hub_loops, Gate& gate)
    : hub_loops_(hub_loops),
      gate_(gate),
      tally_(hub_loops.tally("sse")),
      on_loops_(hub_loops.loops().count()) {}

// ---- coming and going ---------------------------------------------------------------------------

void EventStreams::open(const Asker& asker, const Wish& wish) {
    // (Who has gone while somebody was asked about them does not come.)
    if (!asker.reply.alive()) return;
    if (asker.head_only) return asker.reply.begin(asker.readable(stream_head()));
    const access::ChannelRule& rule = *wish.rule;
    const std::size_t loop = asker.loop;
    OnLoop& here = on_loops_[loop];
    auto made = std::make_unique<Member>();
    Member& member = *made;
    member.reply = asker.reply;
    member.origin = asker.origin;
    member.with_cookies = asker.with_cookies;
    member.channel = asker.channel;
    member.id = hub_loops_.new_member(loop);
    member.visitor = asker.visitor;
    member.keeps_presence = rule.keeps_presence;
    member.json = wish.json;
    member.latest_only = rule.slow_reader == SlowReader::latest;
    if (rule.keeps_presence && !asker.visitor.user.empty()) member.user = asker.visitor.user;
    here.members.emplace(member.id.number, std::move(made));
    tally_.add(loop, DialectTally::opened);
    member.reply.on_close([this, loop, number = member.id.number] { gone(loop, number); });
    member.reply.on_leave(
        [this, loop, number = member.id.number] { end(loop, number, come_back); });
    if (member.latest_only)
        member.reply.on_drain([this, loop, number = member.id.number] { drained(loop, number); });
    if (!std::exchange(here.beating, true))
        spawn(every(beat_interval, [this, loop] { return beat(loop); }));
    if (const auto when = member.visitor.expires)
        member.expiry = set_alarm(loop, member, *when, &EventStreams::expire);
    if (wish.ask_again)
        member.recheck = set_alarm(loop, member, *wish.ask_again, &EventStreams::ask_again);
    join(loop, member, asker, wish);
}

void EventStreams::join(std::size_t loop, Member& member, const Asker& asker, const Wish& wish) {
    hub::Hub::Joining joining = {
        .channel = member.channel, .member = member.id, .history = wish.history};
    if (member.user) joining.who = hub::Presence{.user = *member.user, .info = asker.visitor.info};
    hub_loops_.hub().join(std::move(joining),
                          [this, loop, id = member.id, user = member.user, asker,
                           may_miss = wish.may_miss](Result<hub::History> history) {
                              if (history && may_miss) history->recovered = false;
                              const auto found = on_loops_[loop].members.find(id.number);
                              if (found != on_loops_[loop].members.end())
                                  joined(loop, *found->second, asker, std::move(history));
                              else if (history)
                                  hub_loops_.hub().leave(asker.channel, id, user);
                          });
}

void EventStreams::joined(std::size_t loop, Member& member, const Asker& asker,
                          Result<hub::History> history) {
    if (!history) {
        asker.answer(Response::text(503, history.error().message()).with("Retry-After", "5"));
        take_out(loop, member);
        return;
    }
    if (!member.reply.alive()) {
        hub_loops_.hub().leave(member.channel, member.id, member.user);
        take_out(loop, member);
        return;
    }
    member.joined = true;
    // What was asked for is no reason to be cut.
    std::size_t asked_for = 0;
    for (const auto& publication : history->publications)
        asked_for += 2 * publication->message().size() + overhead;
    on_loops_[loop].by_channel[member.channel].push_back(&member);
    Response begun = asker.readable(stream_head());
    begun.body = joined_event(start_of(*history), history->recovered);
    member.reply.begin(std::move(begun), most_backlog + asked_for);
    for (const auto& publication : history->publications) {
        if (!member.reply.alive()) return;
        send(loop, member, *publication);
    }
    if (member.keeps_presence) watch_presence(loop, member);
}

void EventStreams::gone(std::size_t loop, std::uint64_t number) {
    const auto found = on_loops_[loop].members.find(number);
    if (found != on_loops_[loop].members.end()) take_out(loop, *found->second);
}

void EventStreams::take_out(std::size_t loop, Member& member) {
    OnLoop& here = on_loops_[loop];
    for (auto* const alarm : {&member.expiry, &member.recheck, &member.presence_recheck})
        here.alarms.call_off(*alarm);
    if (member.joined) {
        const auto on_channel = here.by_channel.find(member.channel);
        std::erase(on_channel->second, &member);
        if (on_channel->second.empty()) here.by_channel.erase(on_channel);
        hub_loops_.hub().leave(member.channel, member.id, member.user);
    }
    here.members.erase(member.id.number);
    tally_.add(loop, DialectTally::closed);
}

// ---- what they may ------------------------------------------------------------------------------

Alarms::Id EventStreams::set_alarm(std::size_t loop, const Member& member,
                                   std::chrono::sys_seconds when,
                                   void (EventStreams::*ring)(std::size_t, Member&)) {
    return on_loops_[loop].alarms.set(when, [this, loop, ring, number = member.id.number] {
        const auto found = on_loops_[loop].members.find(number);
        if (found != on_loops_[loop].members.end()) (this->*ring)(loop, *found->second);
    });
}

void EventStreams::expire(std::size_t loop, Member& member) {
    member.expiry.reset();
    expel(loop, member, {.status = 401, .reason = "Your token has expired."});
}

/// They are told why: by the answer itself, where it has not begun.
void EventStreams::expel(std::size_t loop, Member& member, const Verdict& why) {
    if (member.joined) return end(loop, member.id.number, plain_event("expired", why.reason));
    const HttpReply reply = member.reply;
    Response refusal = refusal_of(why);
    engine::make_readable(refusal, member.origin, member.with_cookies);
    take_out(loop, member);
    reply.send(std::move(refusal));
}

/// What a webhook has said holds for some time.
void EventStreams::ask_again(std::size_t loop, Member& member) {
    member.recheck.reset();
    ask(gate_,
        {.visitor = member.visitor, .actions = {Action::subscribe}, .channel = member.channel},
        [this, loop, number = member.id.number](Verdict verdict, Visitor known) {
            hub_loops_.loops().post(loop, [this, loop, number, verdict = std::move(verdict),
                                           known = std::move(known)]() mutable {
                const auto found = on_loops_[loop].members.find(number);
                if (found != on_loops_[loop].members.end())
                    asked_again(loop, *found->second, verdict, std::move(known));
            });
        });
}

void EventStreams::asked_again(std::size_t loop, Member& member, const Verdict& verdict,
                               Visitor known) {
    if (!verdict.allows()) return expel(loop, member, verdict);
    if (known.user != member.visitor.user)
        return expel(loop, member,
                     {.status = 401,
                      .reason = "Your token now names another user. Reconnect to continue as that "
                                "user."});
    member.visitor = std::move(known);
    if (verdict.expires)
        member.recheck = set_alarm(loop, member, *verdict.expires, &EventStreams::ask_again);
}

/// Whoever may see who is there is told who comes and goes, for as long as they may.
void EventStreams::watch_presence(std::size_t loop, Member& member) {
    member.presence_recheck.reset();
    if (const auto verdict = gate_.judge(member.visitor, Action::presence, member.channel))
        return show_presence(loop, member, *verdict);
    gate_.ask(member.visitor, Action::presence, member.channel,
              [this, loop, number = member.id.number](Verdict verdict) {
                  hub_loops_.loops().post(loop, [this, loop, number, verdict = std::move(verdict)] {
                      const auto found = on_loops_[loop].members.find(number);
                      if (found != on_loops_[loop].members.end())
                          show_presence(loop, *found->second, verdict);
                  });
              });
}

void EventStreams::show_presence(std::size_t loop, Member& member, const Verdict& verdict) {
    member.tells_presence = verdict.allows();
    if (member.tells_presence && verdict.expires)
        member.presence_recheck =
            set_alarm(loop, member, *verdict.expires, &EventStreams::watch_presence);
}

// ---- what happens -------------------------------------------------------------------------------

template <class Visit>
void EventStreams::visit(std::size_t loop, const std::string& channel, Visit&& each) {
    const OnLoop& here = on_loops_[loop];
    const auto found = here.by_channel.find(channel);
    if (found == here.by_channel.end()) return;
    // (One whom writing cuts is taken out later: `HttpReply::on_close`.)
    for (Member* const member : found->second)
        if (member->reply.alive()) each(*member);
}

void EventStreams::send(std::size_t loop, Member& member, const hub::Publication& publication) {
    tally_.add_sent(loop, publication.message().size());
    member.reply.write(chunk_of(publication, member.json));
    if (!member.reply.alive()) tally_.add(loop, DialectTally::cut);
}

void EventStreams::write(std::size_t loop, Member& member,
                         const hub::SharedPublication& publication) {
    if (!member.latest_only || member.reply.buffered_amount() == 0)
        return send(loop, member, *publication);
    if (member.latest) tally_.add(loop, DialectTally::dropped);
    member.latest = publication;
}

void EventStreams::drained(std::size_t loop, std::uint64_t number) {
    const auto found = on_loops_[loop].members.find(number);
    if (found == on_loops_[loop].members.end()) return;
    Member& member = *found->second;
    if (const auto latest = std::exchange(member.latest, {})) send(loop, member, *latest);
}

void EventStreams::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    visit(loop, publication->channel(), [&](Member& member) { write(loop, member, publication); });
}

void EventStreams::announce(std::size_t loop, const hub::PresenceChange& change) {
    const PreparedChunk chunk(plain_event("presence", presence_json(change)));
    visit(loop, change.channel, [&](Member& member) {
        if (member.tells_presence) member.reply.write(chunk);
    });
}

/// They come back with the id of the last event they have seen, and learn whether something is
/// missing.
void EventStreams::interrupt(std::size_t loop, const std::string& channel) {
    std::vector<std::uint64_t> cut;
    visit(loop, channel, [&](const Member& member) { cut.push_back(member.id.number); });
    for (const std::uint64_t number : cut) end(loop, number, come_back);
}

void EventStreams::end(std::size_t loop, std::uint64_t number, std::string_view last) {
    const auto found = on_loops_[loop].members.find(number);
    if (found == on_loops_[loop].members.end()) return;
    const HttpReply reply = found->second->reply;
    const bool begun = found->second->joined;
    take_out(loop, *found->second);
    // (The engine answers those whose server leaves before it has.)
    if (!begun) return;
    reply.write(last);
    reply.end();
}

bool EventStreams::beat(std::size_t loop) {
    const PreparedChunk comment(":\n\n");
    OnLoop& here = on_loops_[loop];
    here.beating = !here.members.empty();
    for (const auto& [number, member] : here.members)
        if (member->joined) member->reply.write(comment);
    return here.beating;
}

}  // namespace longwire::dialects::raw
