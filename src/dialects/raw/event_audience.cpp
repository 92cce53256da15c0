#include "dialects/raw/event_audience.hpp"

#include "dialects/encodings.hpp"
#include "dialects/raw/event.hpp"
#include "engine/http/many_replies.hpp"

#include <utility>
#include <vector>

namespace longwire::dialects::raw {

namespace {

// Of more, a part may have no room.
constexpr std::size_t most_joined = std::size_t{64} * 1024;

}  // namespace

const PreparedChunk& event_chunk(const hub::Publication& publication, bool json) {
    if (json)
        return publication.encoded<PreparedChunk>(raw_json_event_chunk, [&] {
            return PreparedChunk(publication_json_event(publication));
        });
    return publication.encoded<PreparedChunk>(
        raw_event_chunk, [&] { return PreparedChunk(publication_event(publication)); });
}

EventStreams::Audience::~Audience() {
    streams_.members_.hub_loops.loops().give_back_posted(counted_);
}

// ---- who is there -------------------------------------------------------------------------------

void EventStreams::Audience::join(Member& member) {
    member.place() = circle_.add(member, 0);
}

void EventStreams::Audience::leave(Member& member) noexcept {
    if (const auto* const moved = circle_.remove(member.place()))
        moved->receiver->place() = member.place();
}

void EventStreams::Audience::catch_up(Member& member) {
    give_turn(member.place());
    count_sent();
}

// ---- what happens -------------------------------------------------------------------------------

const PreparedChunk& EventStreams::Audience::Happening::chunk_for(Member::Form form) const {
    static const PreparedChunk nothing{{}};
    if (publication) return event_chunk(*publication, form.json);
    return kind == Kind::presence && !form.presence ? nothing : chunk;
}

void EventStreams::Audience::deliver(const hub::SharedPublication& publication) {
    add({Happening::Kind::publication, publication});
}

void EventStreams::Audience::add(Happening happening) {
    if (!circle_.due()) streams_.members_.hub_loops.loops().give_out_soon(*this);
    known_.clear();
    circle_.publish(std::move(happening));
    count_waiting();
}

/// It counts until all have it.
void EventStreams::Audience::count_waiting() noexcept {
    const engine::ServerLoops& loops = streams_.members_.hub_loops.loops();
    const std::size_t waiting = circle_.bytes();
    if (waiting > counted_)
        loops.count_posted(waiting - counted_);
    else
        loops.give_back_posted(counted_ - waiting);
    counted_ = waiting;
}

// ---- giving it out ------------------------------------------------------------------------------

bool EventStreams::Audience::give_out(engine::TimeSlice& slice) {
    const bool all_given = circle_.go_round(
        [this](std::size_t place) { give_turn(place); },
        [&] { return slice.is_up(circle_.bytes()); },
        [this] {
            known_.clear();
            count_waiting();
        },
        [](const auto& moved, std::uint32_t place) { moved.receiver->place() = place; });
    count_sent();
    // (This may be the end of it.)
    if (all_given && over()) streams_.forget(loop_, channel_);
    return all_given;
}

void EventStreams::Audience::give_turn(std::size_t place) {
    auto& subscriber = circle_.subscribers()[place];
    if (subscriber.receiver == nullptr) return;
    const std::uint32_t from = std::exchange(subscriber.seen, circle_.end());
    if (from != circle_.end()) give(*subscriber.receiver, from);
}

void EventStreams::Audience::give(Member& member, std::uint32_t from) {
    const Lacking& all = lacking(member.form(), from);
    const bool interrupted = all.interrupted;
    if (all.joined && !member.lags()) {
        write(member, all.chunk, all.messages, all.message_bytes);
    } else {
        const std::uint32_t to = all.to;
        for (std::uint32_t number = from; number != to; ++number) give_one(member, circle_[number]);
    }
    if (interrupted) streams_.cut(member);
}

void EventStreams::Audience::give_one(Member& member, const Happening& happening) {
    const auto& publication = happening.publication;
    if (publication && member.lags()) return member.keep(publication);
    write(member, happening.chunk_for(member.form()), publication ? 1 : 0,
          publication ? publication->message().size() : 0);
}

void EventStreams::Audience::write(const Member& member, const PreparedChunk& chunk,
                                   std::size_t messages, std::size_t bytes) {
    if (chunk.size() == 0) return;
    const auto written = engine::write_at_once(member.reply(), chunk);
    if (written == engine::Written::not_there) return;
    sent_ += messages;
    sent_bytes_ += bytes;
    if (written == engine::Written::cut) streams_.members_.tally.add(loop_, DialectTally::cut);
}

const EventStreams::Audience::Lacking& EventStreams::Audience::lacking(Member::Form form,
                                                                       std::uint32_t from) {
    // Who comes one after the other mostly lacks the same.
    for (auto known = known_.rbegin(); known != known_.rend(); ++known)
        if (known->from == from && known->form == form) return *known;
    return known_.emplace_back(join_pieces(form, from));
}

EventStreams::Audience::Lacking EventStreams::Audience::join_pieces(Member::Form form,
                                                                    std::uint32_t from) const {
    Lacking all = {.form = form, .from = from, .to = from};
    std::vector<const PreparedChunk*> pieces;
    std::size_t size = 0;
    for (; all.to != circle_.end(); ++all.to) {
        const Happening& happening = circle_[all.to];
        all.interrupted = happening.kind == Happening::Kind::interruption;
        if (all.interrupted) break;
        const PreparedChunk& chunk = happening.chunk_for(form);
        if (chunk.size() == 0) continue;
        pieces.push_back(&chunk);
        size += chunk.size();
        if (!happening.publication) continue;
        ++all.messages;
        all.message_bytes += happening.publication->message().size();
    }
    all.joined = pieces.size() <= 1 || size <= most_joined;
    if (pieces.size() == 1)
        all.chunk = *pieces.front();
    else if (all.joined)
        all.chunk = engine::join(pieces);
    return all;
}

void EventStreams::Audience::count_sent() noexcept {
    DialectTally& tally = streams_.members_.tally;
    tally.add(loop_, DialectTally::sent, std::exchange(sent_, 0));
    tally.add(loop_, DialectTally::sent_bytes, std::exchange(sent_bytes_, 0));
}

}  // namespace longwire::dialects::raw
