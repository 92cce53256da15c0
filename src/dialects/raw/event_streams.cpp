#include "dialects/raw/event_streams.hpp"

#include "dialects/admission.hpp"
#include "dialects/encodings.hpp"
#include "dialects/every.hpp"
#include "dialects/raw/event.hpp"
#include "engine/http/cross_origin.hpp"

#include <longwire/longwire.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::dialects::raw {

namespace {

constexpr std::size_t overhead = 128;  // of an event, beside its data
constexpr std::size_t most_backlog = std::size_t{1024} * 1024;
// Often enough for proxies, which end connections that are silent for a minute.
constexpr std::chrono::seconds beat_interval{20};
// Of an EventSource that is cut: when the server leaves, another one should be there by then.
constexpr std::string_view come_back = "retry: 1000\n\n";
constexpr std::size_t most_in_a_pass = 128;

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

/// One client that reads one channel. It is answered when it has joined.
class EventStreams::Member final : public Membership {
public:
    /// Where it stands in its audience.
    struct Place {
        std::size_t index = 0;
        std::uint64_t after = 0;  // so many publications of the audience came before it
    };

    Member(EventStreams& all, const Asker& asker, const Wish& wish);

    [[nodiscard]] const HttpReply& reply() const noexcept { return reply_; }
    /// It has its answer's head, and is told of what happens.
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    /// Of what it is too slow for, it gets the latest.
    [[nodiscard]] bool latest_only() const noexcept { return latest_only_; }
    [[nodiscard]] Place& place() noexcept { return place_; }

    void deliver(const hub::SharedPublication& publication);
    void drained();
    void leave();

private:
    void on_joined(hub::History history) override;
    void on_not_joined(const Error& why) override;
    void on_expired() override { on_refused({.status = 401, .reason = "Your token has expired."}); }
    void on_refused(const Verdict& why) override;
    void send(const hub::Publication& publication);
    void answer(Response response);
    [[nodiscard]] OnLoop& here() { return streams_.on_loops_[loop()]; }

    EventStreams& streams_;
    HttpReply reply_;
    std::string origin_;  // as the asker's
    bool with_cookies_;
    bool may_miss_;
    bool json_;
    bool latest_only_;
    bool begun_ = false;
    Place place_;                    // once it has begun
    hub::SharedPublication latest_;  // waits until what was written before has left
};

/// The members of one channel on one loop. What is published for very many of them is delivered in
/// passes, so that others have their turn in between.
class EventStreams::Audience {
public:
    explicit Audience(const engine::ServerLoops& loops) noexcept : loops_(loops) {}
    Audience(const Audience&) = delete;
    Audience& operator=(const Audience&) = delete;
    ~Audience() {
        while (!waiting_.empty()) pop();
    }

    /// Of what is published from now on, it misses nothing, and gets nothing else.
    void join(Member& member);
    /// True: the last has left, and nothing waits.
    [[nodiscard]] bool leave(Member& member) noexcept;
    /// True: something waits for `deliver_waiting`.
    [[nodiscard]] bool deliver(const hub::SharedPublication& publication);
    /// One pass. True: there is more.
    [[nodiscard]] bool deliver_waiting();
    /// What waits for this one, at once.
    void catch_up(Member& member);
    [[nodiscard]] bool empty() const noexcept { return members_.empty(); }

    /// (One whom writing cuts is taken out later: `HttpReply::on_close`.)
    template <class Visit>
    void visit(Visit&& each) const {
        for (Member* const member : members_)
            if (member != nullptr && member->reply().alive()) each(*member);
    }

private:
    void pop() noexcept;
    void compact() noexcept;

    engine::ServerLoops loops_;
    std::vector<Member*> members_;                // null: one that has left while something waits
    std::deque<hub::SharedPublication> waiting_;  // the first is being delivered,
    std::size_t next_ = 0;                        // to this member next
    std::uint64_t published_ = 0;                 // so many, with those that wait
};

EventStreams::Member::Member(EventStreams& all, const Asker& asker, const Wish& wish)
    : Membership(all.members_, asker.loop,
                 {.wish = {.visitor = asker.visitor,
                           .actions = {Action::subscribe},
                           .channel = asker.channel},
                  .until = wish.ask_again}),
      streams_(all),
      reply_(asker.reply),
      origin_(asker.origin),
      with_cookies_(asker.with_cookies),
      may_miss_(wish.may_miss),
      json_(wish.json),
      latest_only_(rule().slow_reader == SlowReader::latest) {}

EventStreams::EventStreams(HubLoops& hub_loops, Gate& gate)
    : members_(hub_loops, gate, hub_loops.tally("sse")), on_loops_(hub_loops.loops().count()) {}

EventStreams::~EventStreams() = default;

// ---- coming and going ---------------------------------------------------------------------------

void EventStreams::open(const Asker& asker, const Wish& wish) {
    // (Who has gone while somebody was asked about them does not come.)
    if (!asker.reply.alive()) return;
    if (asker.head_only) return asker.reply.begin(asker.readable(stream_head()));
    const std::size_t loop = asker.loop;
    Member& member = members_.add(std::make_unique<Member>(*this, asker, wish));
    const LoopRef ref = member.ref();
    asker.reply.on_close([this, ref] {
        if (Member* const there = members_.find(ref)) there->leave();
    });
    asker.reply.on_leave([this, ref] { end(ref, come_back); });
    if (member.latest_only())
        asker.reply.on_drain([this, ref] {
            if (Member* const there = members_.find(ref)) there->drained();
        });
    if (!std::exchange(on_loops_[loop].beating, true))
        spawn(every(beat_interval, [this, loop] { return beat(loop); }));
    member.join(wish.history);
}

void EventStreams::Member::on_not_joined(const Error& why) {
    answer(Response::text(503, why.message()).with("Retry-After", "5"));
    leave();
}

void EventStreams::Member::on_joined(hub::History history) {
    if (!reply_.alive()) return leave();
    begun_ = true;
    auto& audience = here().by_channel[channel()];
    if (!audience) audience = std::make_unique<Audience>(streams_.members_.hub_loops.loops());
    audience->join(*this);
    // What was asked for is no reason to be cut.
    std::size_t asked_for = 0;
    for (const auto& publication : history.publications)
        asked_for += 2 * publication->message().size() + overhead;
    Response head = stream_head();
    head.body = joined_event(start_of(history), history.recovered && !may_miss_);
    engine::make_readable(head, origin_, with_cookies_);
    reply_.begin(std::move(head), most_backlog + asked_for);
    for (const auto& publication : history.publications) {
        if (!reply_.alive()) return;
        send(*publication);
    }
    if (rule().keeps_presence) watch_presence();
}

void EventStreams::Member::leave() {
    if (std::exchange(begun_, false)) {
        const auto found = here().by_channel.find(channel());
        if (found->second->leave(*this)) here().by_channel.erase(found);
    }
    Membership::end();
}

/// They are told why: by the answer itself, where it has not begun.
void EventStreams::Member::on_refused(const Verdict& why) {
    if (begun_) return streams_.end(ref(), plain_event("expired", why.reason));
    leave();
    answer(refusal_of(why));
}

void EventStreams::Member::answer(Response response) {
    engine::make_readable(response, origin_, with_cookies_);
    reply_.send(std::move(response));
}

void EventStreams::end(LoopRef member, std::string_view last) {
    Member* const there = members_.find(member);
    if (there == nullptr) return;
    const bool begun = there->begun();
    if (begun) audience_of(member.loop, there->channel())->catch_up(*there);
    there->leave();
    // (The engine answers those whose server leaves before it has.)
    if (!begun) return;
    there->reply().write(last);
    there->reply().end();
}

// ---- what happens -------------------------------------------------------------------------------

void EventStreams::Member::send(const hub::Publication& publication) {
    tally().add_sent(loop(), publication.message().size());
    reply_.write(chunk_of(publication, json_));
    if (!reply_.alive()) tally().add(loop(), DialectTally::cut);
}

void EventStreams::Member::deliver(const hub::SharedPublication& publication) {
    if (!latest_only_ || reply_.buffered_amount() == 0) return send(*publication);
    if (latest_) tally().add(loop(), DialectTally::dropped);
    latest_ = publication;
}

void EventStreams::Member::drained() {
    if (const auto latest = std::exchange(latest_, {})) send(*latest);
}

EventStreams::Audience* EventStreams::audience_of(std::size_t loop,
                                                  const std::string& channel) const {
    const auto& all = on_loops_[loop].by_channel;
    const auto found = all.find(channel);
    return found == all.end() ? nullptr : found->second.get();
}

void EventStreams::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    Audience* const audience = audience_of(loop, publication->channel());
    if (audience != nullptr && audience->deliver(publication))
        deliver_waiting_soon(loop, publication->channel());
}

void EventStreams::deliver_waiting(std::size_t loop, const std::string& channel) {
    Audience* const audience = audience_of(loop, channel);
    if (audience == nullptr) return;
    if (audience->deliver_waiting())
        deliver_waiting_soon(loop, channel);
    else if (audience->empty())
        on_loops_[loop].by_channel.erase(channel);
}

/// In another turn.
void EventStreams::deliver_waiting_soon(std::size_t loop, const std::string& channel) {
    members_.hub_loops.loops().post(loop,
                                    [this, loop, channel] { deliver_waiting(loop, channel); });
}

void EventStreams::announce(std::size_t loop, const hub::PresenceChange& change) {
    const Audience* const audience = audience_of(loop, change.channel);
    if (audience == nullptr) return;
    const PreparedChunk chunk(plain_event("presence", presence_json(change)));
    audience->visit([&](const Member& member) {
        if (member.sees_presence()) member.reply().write(chunk);
    });
}

/// They come back with the id of the last event they have seen, and learn whether something is
/// missing.
void EventStreams::interrupt(std::size_t loop, const std::string& channel) {
    const Audience* const audience = audience_of(loop, channel);
    if (audience == nullptr) return;
    std::vector<LoopRef> cut;
    audience->visit([&](const Member& member) { cut.push_back(member.ref()); });
    for (const LoopRef& member : cut) end(member, come_back);
}

// ---- an audience --------------------------------------------------------------------------------

void EventStreams::Audience::join(Member& member) {
    member.place() = {.index = members_.size(), .after = published_};
    members_.push_back(&member);
}

bool EventStreams::Audience::leave(Member& member) noexcept {
    const std::size_t index = member.place().index;
    if (waiting_.empty()) {
        members_.back()->place().index = index;
        members_[index] = members_.back();
        members_.pop_back();
    } else {
        members_[index] = nullptr;
    }
    return members_.empty();
}

bool EventStreams::Audience::deliver(const hub::SharedPublication& publication) {
    ++published_;
    if (waiting_.empty() && members_.size() <= most_in_a_pass) {
        visit([&](Member& member) { member.deliver(publication); });
        return false;
    }
    waiting_.push_back(publication);
    // (It was counted until it was delivered.)
    loops_.count_posted(publication->size());
    return waiting_.size() == 1 && deliver_waiting();
}

bool EventStreams::Audience::deliver_waiting() {
    std::size_t delivered = 0;
    while (!waiting_.empty() && delivered < most_in_a_pass) {
        if (next_ == members_.size()) {
            pop();
            continue;
        }
        Member* const member = members_[next_++];
        const std::uint64_t number = published_ - waiting_.size() + 1;
        if (member == nullptr || member->place().after >= number || !member->reply().alive())
            continue;
        member->deliver(waiting_.front());
        ++delivered;
    }
    if (waiting_.empty()) compact();
    return !waiting_.empty();
}

void EventStreams::Audience::catch_up(Member& member) {
    const auto& place = member.place();
    std::uint64_t number = published_ - waiting_.size() + 1;
    bool has_it = place.index < next_;
    for (const auto& publication : waiting_) {
        if (!has_it && place.after < number) member.deliver(publication);
        has_it = false;
        ++number;
    }
}

void EventStreams::Audience::pop() noexcept {
    loops_.give_back_posted(waiting_.front()->size());
    waiting_.pop_front();
    next_ = 0;
}

void EventStreams::Audience::compact() noexcept {
    std::erase(members_, nullptr);
    for (std::size_t index = 0; index < members_.size(); ++index)
        members_[index]->place().index = index;
}

// -------------------------------------------------------------------------------------------------

bool EventStreams::beat(std::size_t loop) {
    const PreparedChunk comment(":\n\n");
    bool& beating = on_loops_[loop].beating;
    beating = !members_.empty(loop);
    members_.each(loop, [&](const Member& member) {
        if (member.begun()) member.reply().write(comment);
    });
    return beating;
}

}  // namespace longwire::dialects::raw
