#include "dialects/raw/long_polls.hpp"

#include "dialects/raw/event.hpp"

#include <longwire/longwire.hpp>

#include <algorithm>

namespace longwire::dialects::raw {

namespace {

// A client that has ended its side, and then goes, says nothing any more. White space before the
// JSON (RFC 8259, section 2) is for one that waits; of one that has gone, the system answers it.
constexpr std::chrono::seconds between_spaces{5};

Response messages_head() {
    return Response::json(200, {}).with("Cache-Control", "no-store");
}

}  // namespace

Response messages_response(const std::vector<hub::SharedPublication>& publications,
                           hub::Position top, bool recovered) {
    std::string json = R"({"position":")" + to_text(top) + R"(","recovered":)" +
                       (recovered ? "true" : "false") + R"(,"messages":[)";
    for (const auto& publication : publications) {
        if (publication != publications.front()) json += ',';
        json += publication_json(*publication);
    }
    json += "]}\n";
    Response response = messages_head();
    response.body = std::move(json);
    return response;
}

LongPolls::LongPolls(HubLoops& hub_loops)
    : hub_loops_(hub_loops),
      tally_(hub_loops.tally("poll")),
      on_loops_(hub_loops.loops().count()) {}

void LongPolls::open(Asker asker, const hub::HistoryQuery& wanted, std::chrono::milliseconds wait,
                     bool keeps_presence) {
    // (Who has gone while somebody was asked about them does not come.)
    if (!asker.reply.alive()) return;
    if (asker.head_only) return asker.reply.begin(asker.readable(messages_head()));
    const std::size_t loop = asker.loop;
    OnLoop& here = on_loops_[loop];
    const hub::MemberId id = hub_loops_.new_member(loop);
    const std::uint64_t number = id.number;
    Poll& poll = here.polls[number];
    poll.id = id;
    poll.top = wanted.since.value_or(hub::Position{});
    if (keeps_presence && !asker.visitor.user.empty()) poll.user = asker.visitor.user;
    tally_.add(loop, DialectTally::opened);
    // (Nothing will be published here any more.)
    const bool waits = hub_loops_.takes_publications();
    poll.until = Clock::now() + (waits ? wait : std::chrono::milliseconds(0));
    if (const auto expires = asker.visitor.expires)
        poll.until = std::min(poll.until, Alarms::time_of(*expires));
    poll.alarm = here.alarms.set(poll.until, [this, loop, number] {
        const auto found = on_loops_[loop].polls.find(number);
        if (found == on_loops_[loop].polls.end()) return;
        found->second.alarm.reset();
        answer(loop, number, {}, found->second.top);
    });
    hub::Hub::Joining joining = {.channel = asker.channel, .member = poll.id, .history = wanted};
    if (poll.user) joining.who = hub::Presence{.user = *poll.user, .info = asker.visitor.info};
    asker.reply.on_close([this, loop, number] { take_out(loop, number); });
    asker.reply.on_half_close([this, loop, number] { half_closed(loop, number); });
    asker.reply.on_leave([this, loop, number] {
        const auto found = on_loops_[loop].polls.find(number);
        if (found != on_loops_[loop].polls.end()) answer(loop, number, {}, found->second.top);
    });
    poll.asker = std::move(asker);
    hub_loops_.hub().join(std::move(joining),
                          [this, loop, id = poll.id, user = poll.user,
                           channel = poll.asker.channel](Result<hub::History> history) {
                              const auto found = on_loops_[loop].polls.find(id.number);
                              if (found != on_loops_[loop].polls.end())
                                  joined(loop, found->second, std::move(history));
                              else if (history)
                                  hub_loops_.hub().leave(channel, id, user);
                          });
}

/// The head of the answer tells whether they still read: if not, the connection ends with it.
void LongPolls::half_closed(std::size_t loop, std::uint64_t number) {
    const auto found = on_loops_[loop].polls.find(number);
    if (found == on_loops_[loop].polls.end()) return;
    Poll& poll = found->second;
    poll.begun = true;
    const Asker& asker = poll.asker;
    asker.reply.begin(asker.readable(messages_head()));
    see_whether_there(loop, number);
}

void LongPolls::see_whether_there(std::size_t loop, std::uint64_t number) {
    const auto found = on_loops_[loop].polls.find(number);
    if (found == on_loops_[loop].polls.end()) return;
    Poll& poll = found->second;
    const auto next = Clock::now() + between_spaces;
    if (next >= poll.until) return;
    poll.next_space = on_loops_[loop].alarms.set(next, [this, loop, number] {
        const auto waiting = on_loops_[loop].polls.find(number);
        if (waiting == on_loops_[loop].polls.end()) return;
        waiting->second.next_space.reset();
        // (It is copied: what is lost by this takes the poll out.)
        const HttpReply reply = waiting->second.asker.reply;
        reply.write("\n");
        see_whether_there(loop, number);
    });
}

void LongPolls::joined(std::size_t loop, Poll& poll, Result<hub::History> history) {
    const std::uint64_t number = poll.id.number;
    if (!history) {
        // (What has begun is cut.)
        poll.asker.answer(Response::text(503, history.error().message()).with("Retry-After", "5"));
        take_out(loop, number);
        return;
    }
    OnLoop& here = on_loops_[loop];
    poll.joined = true;
    poll.top = history->top;
    poll.recovered = history->recovered;
    here.by_channel[poll.asker.channel].push_back(number);
    // (With nothing to give, the answer waits, also where it will say that something is missing:
    // one who is told nothing but that would ask again at once.)
    if (!history->publications.empty()) answer(loop, number, history->publications, history->top);
}

void LongPolls::answer(std::size_t loop, std::uint64_t number,
                       const std::vector<hub::SharedPublication>& publications, hub::Position top) {
    const auto found = on_loops_[loop].polls.find(number);
    if (found == on_loops_[loop].polls.end()) return;
    const Asker asker = found->second.asker;
    const bool recovered = found->second.recovered;
    const bool begun = found->second.begun;
    for (const auto& publication : publications)
        tally_.add_sent(loop, publication->message().size());
    take_out(loop, number);
    Response response = messages_response(publications, top, recovered);
    if (begun) {
        asker.reply.write(response.body);
        return asker.reply.end();
    }
    // The next is for whoever takes the place of a server that leaves.
    if (!hub_loops_.takes_publications()) response.with("Connection", "close");
    asker.answer(std::move(response));
}

void LongPolls::take_out(std::size_t loop, std::uint64_t number) {
    OnLoop& here = on_loops_[loop];
    const auto found = here.polls.find(number);
    if (found == here.polls.end()) return;
    Poll& poll = found->second;
    here.alarms.call_off(poll.alarm);
    here.alarms.call_off(poll.next_space);
    if (poll.joined) {
        const auto on_channel = here.by_channel.find(poll.asker.channel);
        std::erase(on_channel->second, number);
        if (on_channel->second.empty()) here.by_channel.erase(on_channel);
        hub_loops_.hub().leave(poll.asker.channel, poll.id, poll.user);
    }
    here.polls.erase(found);
    tally_.add(loop, DialectTally::closed);
}

void LongPolls::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    const auto found = on_loops_[loop].by_channel.find(publication->channel());
    if (found == on_loops_[loop].by_channel.end()) return;
    const std::vector<std::uint64_t> numbers = found->second;
    for (const std::uint64_t number : numbers)
        answer(loop, number, {publication}, publication->position());
}

void LongPolls::interrupt(std::size_t loop, const std::string& channel) {
    const auto found = on_loops_[loop].by_channel.find(channel);
    if (found == on_loops_[loop].by_channel.end()) return;
    const std::vector<std::uint64_t> numbers = found->second;
    for (const std::uint64_t number : numbers) {
        const auto poll = on_loops_[loop].polls.find(number);
        if (poll != on_loops_[loop].polls.end()) answer(loop, number, {}, poll->second.top);
    }
}

}  // namespace longwire::dialects::raw
