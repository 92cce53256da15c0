#include "dialects/raw/event_streams.hpp"

#include "dialects/admission.hpp"
#include "dialects/every.hpp"
#include "dialects/raw/event.hpp"
#include "dialects/raw/event_audience.hpp"
#include "dialects/raw/event_stream_member.hpp"
#include "engine/http/cross_origin.hpp"

#include <longwire/longwire.hpp>

#include <chrono>
#include <memory>
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

}  // namespace

EventStreams::Member::Member(EventStreams& all, const Asker& asker, const Wish& wish)
    : Membership(all.members_, asker.loop,
                 {.wish = {.visitor = asker.visitor,
                           .actions = {Action::subscribe},
                           .channel = asker.channel},
                  .until = wish.ask_again}),
      streams_(all),
      reply_(asker.reply),
      opening_(std::make_unique<const Opening>(asker.origin, asker.with_cookies, wish.may_miss)),
      form_{.json = wish.json},
      latest_only_(rule().slow_reader == SlowReader::latest) {
    engine::listen(reply_, this);
}

EventStreams::EventStreams(HubLoops& hub_loops, Gate& gate)
    : members_(hub_loops, gate, hub_loops.tally("sse")), on_loops_(hub_loops.loops().count()) {}

EventStreams::~EventStreams() = default;

// ---- coming and going ---------------------------------------------------------------------------

void EventStreams::open(const Asker& asker, const Wish& wish) {
    // (Who has gone while somebody was asked about them does not come.)
    if (!asker.reply.alive()) return;
    if (asker.head_only) return asker.reply.begin(asker.readable(stream_head()));
    Member& member = members_.add(std::make_unique<Member>(*this, asker, wish));
    if (!std::exchange(on_loops_[asker.loop].beating, true))
        spawn(every(beat_interval, [this, loop = asker.loop] { return beat(loop); }));
    member.join(wish.history);
}

void EventStreams::Member::on_not_joined(const Error& why) {
    answer(Response::text(503, why.message()).with("Retry-After", "5"));
    leave();
}

void EventStreams::Member::on_joined(hub::History history) {
    if (!reply_.alive()) return leave();
    audience_ = &streams_.join(*this);
    // What was asked for is no reason to be cut.
    std::size_t asked_for = 0;
    for (const auto& publication : history.publications)
        asked_for += 2 * publication->message().size() + overhead;
    Response head = stream_head();
    head.body = joined_event(start_of(history), history.recovered && !opening_->may_miss);
    engine::make_readable(head, opening_->origin, opening_->with_cookies);
    opening_.reset();
    reply_.begin(std::move(head), most_backlog + asked_for);
    for (const auto& publication : history.publications) {
        if (!reply_.alive()) return;
        send(*publication);
    }
    if (rule().keeps_presence) watch_presence();
    forget_visitor();
}

EventStreams::Audience& EventStreams::join(Member& member) {
    const auto [found, made] = on_loops_[member.loop()].by_channel.try_emplace(member.channel());
    if (made) found->second = std::make_unique<Audience>(*this, member.loop(), found->first);
    found->second->join(member);
    return *found->second;
}

void EventStreams::forget(std::size_t loop, const std::string& channel) {
    auto& all = on_loops_[loop].by_channel;
    // (The name may be its own.)
    if (const auto found = all.find(channel); found != all.end()) all.erase(found);
}

void EventStreams::Member::leave() {
    engine::listen(reply_, nullptr);
    if (Audience* const left = std::exchange(audience_, nullptr)) {
        left->leave(*this);
        if (left->over()) streams_.forget(loop(), channel());
    }
    Membership::end();
}

/// They are told why: by the answer itself, where it has not begun.
void EventStreams::Member::on_refused(const Verdict& why) {
    if (audience_ != nullptr) return streams_.end(*this, plain_event("expired", why.reason));
    leave();
    answer(refusal_of(why));
}

void EventStreams::Member::answer(Response response) {
    engine::make_readable(response, opening_->origin, opening_->with_cookies);
    reply_.send(std::move(response));
}

void EventStreams::end(Member& member, std::string_view last) {
    const bool begun = member.audience() != nullptr;
    if (begun) member.audience()->catch_up(member);
    member.leave();
    // (The engine answers those whose server leaves before it has.)
    if (!begun) return;
    member.reply().write(last);
    member.reply().end();
}

/// They come back with the id of the last event they have seen, and learn whether something is
/// missing.
void EventStreams::cut(Member& member) {
    end(member, come_back);
}

// ---- what happens -------------------------------------------------------------------------------

void EventStreams::Member::send(const hub::Publication& publication) {
    tally().add_sent(loop(), publication.message().size());
    reply_.write(event_chunk(publication, form_.json));
    if (!reply_.alive()) tally().add(loop(), DialectTally::cut);
}

void EventStreams::Member::keep(const hub::SharedPublication& latest) {
    if (latest_) tally().add(loop(), DialectTally::dropped);
    latest_ = std::make_unique<hub::SharedPublication>(latest);
}

void EventStreams::Member::on_reply_leaving() {
    streams_.end(*this, come_back);
}

void EventStreams::Member::on_reply_drained() {
    if (const auto latest = std::exchange(latest_, {})) send(**latest);
}

/// Of what happened before, they see what they could see then.
void EventStreams::Member::on_presence(const Verdict& /*verdict*/) {
    if (audience_ != nullptr) audience_->catch_up(*this);
    form_.presence = sees_presence();
}

EventStreams::Audience* EventStreams::audience_of(std::size_t loop,
                                                  const std::string& channel) const {
    const auto& all = on_loops_[loop].by_channel;
    const auto found = all.find(channel);
    return found == all.end() ? nullptr : found->second.get();
}

void EventStreams::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    if (Audience* const audience = audience_of(loop, publication->channel()))
        audience->deliver(publication);
}

void EventStreams::announce(std::size_t loop, const hub::PresenceChange& change) {
    if (Audience* const audience = audience_of(loop, change.channel))
        audience->announce(PreparedChunk(plain_event("presence", presence_json(change))));
}

void EventStreams::interrupt(std::size_t loop, const std::string& channel) {
    if (Audience* const audience = audience_of(loop, channel)) audience->interrupt();
}

bool EventStreams::beat(std::size_t loop) {
    const PreparedChunk comment(":\n\n");
    OnLoop& here = on_loops_[loop];
    here.beating = !members_.empty(loop);
    for (const auto& [channel, audience] : here.by_channel) audience->beat(comment);
    return here.beating;
}

}  // namespace longwire::dialects::raw
