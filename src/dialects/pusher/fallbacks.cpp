#include "dialects/pusher/fallbacks.hpp"

#include "dialects/pusher/fallback_frame.hpp"
#include "engine/http/answer_uptake.hpp"
#include "engine/http/cross_origin.hpp"

#include <algorithm>
#include <utility>

namespace longwire::dialects::pusher {

namespace {

constexpr int over_capacity = 4100;
constexpr int come_back = 4200;
constexpr std::size_t enough_waits = std::size_t{128} * 1024;  // of what a client missed

/// Of the app that the request names: empty where its page may not read the answer.
Response readable(const Request& request, Response response) {
    // (Clients of Pusher's send no cookies by these.)
    engine::make_readable(response, request.header("Origin").value_or(""), false);
    return response;
}

Response frames_response(std::string body) {
    // (A browser that may guess the type of what it reads waits for more of it.)
    return Response{.body = std::move(body),
                    .headers = {{"Content-Type", "application/javascript; charset=UTF-8"},
                                {"X-Content-Type-Options", "nosniff"},
                                {"Cache-Control", "no-store, no-transform"},
                                {"X-Accel-Buffering", "no"}}};
}

std::string session_key(const Request& request) {
    std::string key(request.parameter("app"));
    for (const std::string_view part : {"server", "session"}) {
        key += '/';
        key += request.parameter(part);
    }
    return key;
}

}  // namespace

// ---- one session --------------------------------------------------------------------------------

/// The line to one client. On the thread of its loop only.
class Fallbacks::Session final : public Line, public std::enable_shared_from_this<Session> {
public:
    Session(Fallbacks& all, LoopRef ref, std::string key)
        : all_(all), ref_(ref), key_(std::move(key)) {}

    void send(std::string_view json) override {
        if (!last_frame_.empty() || ended_) return;
        queued_bytes_ += json.size();
        queue_.emplace_back(json);
        if (queue_.size() <= all_.options_.most_queued &&
            queued_bytes_ <= all_.options_.most_queued_bytes)
            return flush_soon();
        all_.tally_.add(ref_.loop, DialectTally::cut);
        close(over_capacity, "The client reads too slowly.");
    }
    void close(int code, std::string_view reason) override {
        if (!last_frame_.empty()) return;
        last_frame_ = close_frame(code, reason);
        flush_soon();
    }
    void name_user(std::string_view user) override {
        user_ = user;
        reply_.name_user(user_);
    }
    [[nodiscard]] WebSocket* socket() noexcept override { return nullptr; }
    [[nodiscard]] bool has_all() override { return queue_.empty() && !unanswered_; }
    void watch() override { pong_uptake_.mark(); }
    void look(std::function<void(bool takes)> answer) override {
        pong_uptake_.look(std::move(answer));
    }
    [[nodiscard]] bool keeps_up() override { return queued_bytes_ < enough_waits; }

    void attach(Attaching attaching, const Response& head);
    void detached(std::uint64_t attaching);
    void receive(const std::vector<std::string>& messages);
    /// The server is leaving. What has not been said when this returns is not.
    void leave() {
        if (Client* const there = all_.clients_.find(client)) all_.conversations_.leave(*there);
        flush();
    }

    LoopRef client;

private:
    friend class Fallbacks;

    void flush_soon();
    void flush();
    void write(std::string frames);
    void let_go();
    void wait();
    void lose_patience();
    void beat(std::chrono::milliseconds after);
    void send_heartbeat();
    [[nodiscard]] Alarms& alarms() const noexcept { return all_.hub_loops_.alarms(ref_.loop); }

    Fallbacks& all_;
    LoopRef ref_;
    std::string key_;
    HttpReply reply_;
    std::string user_;
    Kind kind_ = Kind::polling;
    std::uint64_t attached_ = 0;  // 0: nothing waits for an answer
    Response head_;               // of the next answer
    std::size_t streamed_ = 0;
    // Of the latest answer, for those who wait for the next request and for a pong.
    engine::AnswerUptake uptake_;
    engine::AnswerUptake pong_uptake_;
    bool opened_ = false;
    bool ended_ = false;
    bool flushing_ = false;
    std::vector<std::string> queue_;
    std::size_t queued_bytes_ = 0;
    std::string last_frame_;
    Alarm alarm_;              // of the next heartbeat, or of the end of patience
    bool beating_ = false;     // a heartbeat has no answer yet
    bool unanswered_ = false;  // something was sent that may not have arrived
    bool sent_since_beat_ = false;
    std::uint64_t sent_upto_ = 0;  // of what was delivered on the loop
    std::uint64_t beat_upto_ = 0;  // the same before the latest heartbeat
    bool recovers_ = false;
};

void Fallbacks::Session::attach(Attaching attaching, const Response& head) {
    // One that is replaced was given up by the client, which tells nobody.
    if (attached_ != 0 && kind_ == Kind::streaming) reply_.end();
    if (attached_ != 0 && kind_ == Kind::polling) reply_.send(head_);
    // Who asks for more has read what there was (of a stream, what there was before it was cut).
    const bool read = kind_ == Kind::polling || streamed_ > all_.options_.largest_stream;
    if (read) unanswered_ = false;
    beating_ = false;
    reply_ = std::move(attaching.reply);
    uptake_ = engine::AnswerUptake(reply_);
    pong_uptake_ = uptake_.apart();
    if (!user_.empty()) reply_.name_user(user_);
    kind_ = attaching.kind;
    attached_ = attaching.number;
    head_ = head;
    streamed_ = 0;
    if (Client* const there = all_.clients_.find(client)) {
        there->heard = Alarms::Clock::now();
        there->pinged = false;
        if (read) all_.subscriptions_.confirm(*there, sent_upto_);
    }
    beat(all_.options_.heartbeat);
    if (kind_ == Kind::streaming) {
        Response begun = head_;
        if (!std::exchange(opened_, true)) begun.body = open_frame();
        streamed_ = begun.body.size();
        reply_.begin(std::move(begun),
                     2 * all_.options_.most_queued_bytes + 2 * all_.options_.largest_stream);
    } else if (!std::exchange(opened_, true)) {
        write(std::string(open_frame()));
    }
    flush_soon();
}

void Fallbacks::Session::detached(std::uint64_t attaching) {
    if (attached_ != attaching) return;
    let_go();
    if (!last_frame_.empty()) all_.end(*this);
}

void Fallbacks::Session::let_go() {
    attached_ = 0;
    reply_ = {};
    wait();
}

void Fallbacks::Session::wait() {
    alarm_.set(alarms(), Alarms::Clock::now() + all_.options_.patience,
               [this] { lose_patience(); });
}

/// One that still gets its last answer, and takes it, cannot ask for the next.
void Fallbacks::Session::lose_patience() {
    wait();
    const auto judge = [&all = all_, ref = ref_](bool takes) {
        if (takes) return;
        all.sessions_.with(ref, [&all](Session& session) {
            if (session.attached_ == 0) all.end(session);
        });
    };
    uptake_.look(judge);
}

void Fallbacks::Session::beat(std::chrono::milliseconds after) {
    alarm_.set(alarms(), Alarms::Clock::now() + after, [this] {
        const auto self = shared_from_this();
        send_heartbeat();
        if (attached_ != 0) beat(all_.options_.heartbeat);
    });
}

void Fallbacks::Session::send_heartbeat() {
    if (attached_ == 0 || streamed_ > all_.options_.largest_stream) return;
    beating_ = kind_ == Kind::streaming;
    beat_upto_ = sent_upto_;
    sent_since_beat_ = false;
    write(std::string(heartbeat_frame()));
}

void Fallbacks::Session::write(std::string frames) {
    const bool messages = !frames.starts_with('h');
    // Where it matters what has arrived, the answer to a heartbeat tells.
    if (messages && kind_ == Kind::streaming && recovers_ && !unanswered_)
        beat(all_.options_.confirm_after);
    unanswered_ = true;
    sent_since_beat_ = sent_since_beat_ || messages;
    if (kind_ == Kind::streaming) {
        streamed_ += frames.size();
        // (It may be cut by this, and be let go of.)
        const HttpReply reply = reply_;
        reply.write(frames);
        return;
    }
    Response response = head_;
    response.body = std::move(frames);
    const HttpReply reply = std::move(reply_);
    let_go();
    reply.send(std::move(response));
    uptake_.mark();
    // (A ping that waits in this answer was marked before it was written.)
    pong_uptake_.mark();
}

/// What is sent in one turn leaves together.
void Fallbacks::Session::flush_soon() {
    if (std::exchange(flushing_, true)) return;
    all_.sessions_.with(ref_, [](Session& session) {
        session.flushing_ = false;
        session.flush();
    });
}

void Fallbacks::Session::flush() {
    if (ended_ || attached_ == 0 || streamed_ > all_.options_.largest_stream) return;
    std::string frames;
    if (!queue_.empty()) frames = messages_frame(std::exchange(queue_, {}));
    queued_bytes_ = 0;
    sent_upto_ = all_.subscriptions_.delivered_on(ref_.loop);
    frames += last_frame_;
    if (frames.empty()) return;
    const bool last = !last_frame_.empty();
    write(std::move(frames));
    if (Client* const there = last ? nullptr : all_.clients_.find(client))
        all_.subscriptions_.catch_up(*there);
    if (!last) return;
    if (attached_ != 0) reply_.end();
    all_.end(*this);
}

void Fallbacks::Session::receive(const std::vector<std::string>& messages) {
    Client* const there = all_.clients_.find(client);
    if (ended_ || there == nullptr) return;
    there->heard = Alarms::Clock::now();
    there->pinged = false;
    if (messages.empty()) {
        // Nothing is the answer to a heartbeat, or else asks for one.
        if (!std::exchange(beating_, false)) return send_heartbeat();
        all_.subscriptions_.confirm(*there, beat_upto_);
        if (!sent_since_beat_)
            unanswered_ = false;
        else if (recovers_ && attached_ != 0)
            beat(all_.options_.confirm_after);
        return;
    }
    for (const std::string& message : messages)
        if (Client* const still = all_.clients_.find(client))
            all_.conversations_.receive(*still, message);
}

// ---- all of them --------------------------------------------------------------------------------

Fallbacks::Fallbacks(Server& server, HubLoops& hub_loops, DialectTally& tally, const Apps& apps,
                     ClientTable& clients, Conversations& conversations,
                     Subscriptions& subscriptions, Options options)
    : hub_loops_(hub_loops),
      tally_(tally),
      apps_(apps),
      clients_(clients),
      conversations_(conversations),
      subscriptions_(subscriptions),
      options_(options),
      sessions_(hub_loops.loops()),
      latest_attaching_(hub_loops.loops().count()) {
    const std::string session = "/pusher/app/:app/:server/:session";
    server.http("POST", session + "/xhr_streaming",
                [this](const Request& request, HttpReply reply) {
                    take(request, std::move(reply), Kind::streaming);
                });
    server.http("POST", session + "/xhr", [this](const Request& request, HttpReply reply) {
        take(request, std::move(reply), Kind::polling);
    });
    server.http("POST", session + "/xhr_send",
                [this](const Request& request, const HttpReply& reply) { send(request, reply); });
    engine::CrossOrigin::share(server, "/pusher/app", [this](std::string_view rest) {
        const SharedApp app = apps_.with_key(rest.substr(0, rest.find('/')));
        return std::shared_ptr<const std::vector<std::string>>(
            app, app ? &app->settings.origins : nullptr);
    });
    for (const std::string_view what : {"/xhr_streaming", "/xhr", "/xhr_send"})
        server.http(
            "OPTIONS", session + std::string(what),
            [this](const Request& request, const HttpReply& reply) { preflight(request, reply); });
}

Fallbacks::~Fallbacks() = default;

void Fallbacks::preflight(const Request& request, const HttpReply& reply) {
    const SharedApp app = apps_.with_key(request.parameter("app"));
    if (app && !engine::origin_allowed(request, app->settings.origins))
        return reply.send(Response::text(403, "Pages of this origin may not use the app."));
    reply.send(readable(request, Response{.status = 204})
                   .with("Access-Control-Allow-Methods", "POST")
                   .with("Access-Control-Allow-Headers", "Content-Type")
                   .with("Access-Control-Max-Age", "600"));
}

std::optional<LoopRef> Fallbacks::find(const std::string& key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = refs_.find(key);
    if (found == refs_.end()) return std::nullopt;
    return found->second;
}

bool Fallbacks::register_session(const std::string& key, LoopRef ref) {
    const std::scoped_lock lock(mutex_);
    return refs_.size() < options_.most_sessions && refs_.emplace(key, ref).second;
}

void Fallbacks::take(const Request& request, HttpReply reply, Kind kind) {
    const std::size_t loop = hub_loops_.current();
    const std::string key = session_key(request);
    Attaching attaching = {.reply = std::move(reply),
                           .kind = kind,
                           .number = ++latest_attaching_[loop] * latest_attaching_.size() + loop,
                           .loop = loop};
    const auto ref = find(key);
    if (!ref) return begin(request, key, std::move(attaching));
    attaching.reply.on_close([this, ref = *ref, number = attaching.number] {
        sessions_.with(ref, [number](Session& session) { session.detached(number); });
    });
    // (A request on another loop than its session's is cut before that could say something.)
    attaching.reply.on_leave([this, ref = *ref] {
        if (ref.loop == hub_loops_.current()) sessions_.run(ref, &Session::leave);
    });
    hub_loops_.loops().post(ref->loop, [this, ref = *ref, attaching = std::move(attaching),
                                        head = readable(request, frames_response({}))]() mutable {
        if (const auto session = sessions_.hold(ref))
            return session->attach(std::move(attaching), head);
        // (It has ended on the way here.)
        head.body = std::string(open_frame()) + close_frame(come_back, "The session is over.");
        attaching.reply.send(head);
    });
}

void Fallbacks::begin(const Request& request, const std::string& key, Attaching attaching) {
    SharedApp app;
    Visitor visitor;
    const auto refuse = [&](int code, std::string_view reason) {
        attaching.reply.send(readable(
            request, frames_response(std::string(open_frame()) + close_frame(code, reason))));
    };
    if (const auto goodbye = conversations_.judge(request, request.parameter("app"), app, visitor))
        return refuse(goodbye->code, goodbye->reason);
    const LoopRef ref = sessions_.new_ref(attaching.loop);
    if (!register_session(key, ref))
        return refuse(over_capacity, "There are too many sessions over HTTP.");
    const auto session = std::make_shared<Session>(*this, ref, key);
    sessions_.add(ref, session);
    Client* const client =
        conversations_.come(request, std::move(app), std::move(visitor), *session);
    if (client != nullptr) {
        session->client = ref_of(*client);
        session->recovers_ = client->app->settings.recover;
    }
    attaching.reply.on_close([this, ref, number = attaching.number] {
        sessions_.run(ref, [number](Session& there) { there.detached(number); });
    });
    attaching.reply.on_leave([this, ref] { sessions_.run(ref, &Session::leave); });
    session->attach(std::move(attaching), readable(request, frames_response({})));
}

void Fallbacks::send(const Request& request, const HttpReply& reply) {
    const SharedApp app = apps_.with_key(request.parameter("app"));
    if (app && !engine::origin_allowed(request, app->settings.origins))
        return reply.send(Response::text(403, "Pages of this origin may not use the app."));
    const auto ref = find(session_key(request));
    if (!ref)
        return reply.send(readable(request, Response::text(404, "There is no such session.")));
    if (request.body().size() > options_.largest_sent)
        return reply.send(readable(request, Response::text(413, "Too much is sent at once.")));
    auto messages = read_sent(request.body(), options_.most_sent_at_once);
    if (!messages) return reply.send(readable(request, Response::text(400, messages.error())));
    sessions_.with(
        *ref, [messages = std::move(*messages)](Session& session) { session.receive(messages); });
    reply.send(readable(request, Response{.status = 204}));
}

/// The client is gone, or has been told to go.
void Fallbacks::end(Session& session) {
    if (std::exchange(session.ended_, true)) return;
    session.alarm_.call_off();
    const auto kept = session.shared_from_this();
    {
        const std::scoped_lock lock(mutex_);
        refs_.erase(session.key_);
    }
    sessions_.remove(session.ref_);
    if (Client* const client = clients_.find(session.client)) conversations_.gone(*client, true);
}

}  // namespace longwire::dialects::pusher
