#include "dialects/raw/long_polls.hpp"

#include "dialects/raw/event.hpp"

#include <longwire/longwire.hpp>

#include <memory>
#include <optional>
#include <utility>

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

/// One request that waits on one channel, and is answered once.
class LongPolls::Poll final : public Membership {
public:
    Poll(LongPolls& all, Asker asker, hub::Position since)
        : Membership(all.polls_, asker.loop,
                     {.wish = {.visitor = std::move(asker.visitor),
                               .actions = {Action::subscribe},
                               .channel = asker.channel}}),
          polls_(all),
          asker_(std::move(asker)),
          top_(since) {}

    void wait(std::chrono::milliseconds duration);
    void answer(const std::vector<hub::SharedPublication>& publications, hub::Position top);
    void answer_nothing() { answer({}, top_); }
    void half_closed();
    void leave();

private:
    using Clock = Alarms::Clock;

    void on_joined(hub::History history) override;
    void on_not_joined(const Error& why) override;
    void on_expired() override { answer_nothing(); }
    void on_refused(const Verdict& /*why*/) override { answer_nothing(); }
    void see_whether_there();
    [[nodiscard]] OnLoop& here() { return polls_.on_loops_[loop()]; }

    LongPolls& polls_;
    Asker asker_;
    Clock::time_point until_;
    Alarm end_;
    Alarm next_space_;
    hub::Position top_;
    bool recovered_ = true;
    bool begun_ = false;  // its answer, since the client has ended its side, or gone
};

LongPolls::LongPolls(HubLoops& hub_loops, Gate& gate)
    : hub_loops_(hub_loops),
      polls_(hub_loops, gate, hub_loops.tally("poll")),
      on_loops_(hub_loops.loops().count()) {}

LongPolls::~LongPolls() = default;

void LongPolls::open(Asker asker, const hub::HistoryQuery& wanted, std::chrono::milliseconds wait) {
    // (Who has gone while somebody was asked about them does not come.)
    if (!asker.reply.alive()) return;
    if (asker.head_only) return asker.reply.begin(asker.readable(messages_head()));
    const HttpReply reply = asker.reply;
    Poll& poll = polls_.add(
        std::make_unique<Poll>(*this, std::move(asker), wanted.since.value_or(hub::Position{})));
    const auto with_it = [this, ref = poll.ref()](void (Poll::*function)()) {
        return [this, ref, function] {
            if (Poll* const there = polls_.find(ref)) (there->*function)();
        };
    };
    reply.on_close(with_it(&Poll::leave));
    reply.on_half_close(with_it(&Poll::half_closed));
    reply.on_leave(with_it(&Poll::answer_nothing));
    // (Nothing will be published here any more.)
    poll.wait(hub_loops_.takes_publications() ? wait : std::chrono::milliseconds(0));
    poll.join(wanted);
}

void LongPolls::Poll::wait(std::chrono::milliseconds duration) {
    until_ = Clock::now() + duration;
    end_.set(alarms(), until_, [this] { answer_nothing(); });
}

/// The head of the answer tells whether they still read: if not, the connection ends with it.
void LongPolls::Poll::half_closed() {
    begun_ = true;
    asker_.reply.begin(asker_.readable(messages_head()));
    see_whether_there();
}

void LongPolls::Poll::see_whether_there() {
    const auto next = Clock::now() + between_spaces;
    if (next >= until_) return;
    next_space_.set(alarms(), next, [this] {
        asker_.reply.write("\n");
        see_whether_there();
    });
}

void LongPolls::Poll::on_not_joined(const Error& why) {
    // (What has begun is cut.)
    asker_.answer(Response::text(503, why.message()).with("Retry-After", "5"));
    leave();
}

void LongPolls::Poll::on_joined(hub::History history) {
    top_ = history.top;
    recovered_ = history.recovered;
    here()[channel()].push_back(ref());
    // (With nothing to give, the answer waits, also where it will say that something is missing:
    // one who is told nothing but that would ask again at once.)
    if (!history.publications.empty()) answer(history.publications, history.top);
}

void LongPolls::Poll::answer(const std::vector<hub::SharedPublication>& publications,
                             hub::Position top) {
    for (const auto& publication : publications)
        tally().add_sent(loop(), publication->message().size());
    leave();
    Response response = messages_response(publications, top, recovered_);
    if (begun_) {
        asker_.reply.write(response.body);
        return asker_.reply.end();
    }
    // The next is for whoever takes the place of a server that leaves.
    if (!polls_.hub_loops_.takes_publications()) response.with("Connection", "close");
    asker_.answer(std::move(response));
}

void LongPolls::Poll::leave() {
    end_.call_off();
    next_space_.call_off();
    if (joined()) {
        const auto on_channel = here().find(channel());
        std::erase(on_channel->second, ref());
        if (on_channel->second.empty()) here().erase(on_channel);
    }
    end();
}

std::vector<LoopRef> LongPolls::on_channel(std::size_t loop, const std::string& channel) const {
    const auto found = on_loops_[loop].find(channel);
    return found == on_loops_[loop].end() ? std::vector<LoopRef>() : found->second;
}

void LongPolls::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    for (const LoopRef ref : on_channel(loop, publication->channel()))
        if (Poll* const poll = polls_.find(ref))
            poll->answer({publication}, publication->position());
}

void LongPolls::interrupt(std::size_t loop, const std::string& channel) {
    for (const LoopRef ref : on_channel(loop, channel))
        if (Poll* const poll = polls_.find(ref)) poll->answer_nothing();
}

}  // namespace longwire::dialects::raw
