#include "engine/http/http_replying.hpp"

#include "engine/http/chunk_content.hpp"
#include "engine/log.hpp"
#include "http/response_writer.hpp"
#include "net/loop.hpp"
#include "net/posted.hpp"
#include "net/stream.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <utility>

namespace longwire {

namespace {

void call(const std::function<void()>& handler) noexcept {
    try {
        handler();
    } catch (...) {
        engine::log(LogLevel::warning, "a handler of an HTTP reply threw an exception: " +
                                           std::string(engine::current_exception_words()));
    }
}

/// Not within whatever is running.
void call_soon(const std::shared_ptr<net::Inbox>& inbox, std::function<void()> handler) {
    if (handler) net::Loop::post_to(inbox, [handler = std::move(handler)] { call(handler); });
}

}  // namespace

// ---- what is kept -------------------------------------------------------------------------------

/// Where an answer is given, for as long as it is.
struct HttpReply::Place {
    std::shared_ptr<engine::LoopEntry> entry;
    engine::ReplyListener* listener = nullptr;  // on the loop
    // Changed on the loop only.
    std::atomic<engine::HttpReplying*> replying;
    std::atomic<bool> lost = false;  // the connection ended before the answer was complete

    // What other threads write is counted where they do: it is told there whether it is taken.
    std::atomic<bool> begun = false;
    std::atomic<bool> over = false;               // no more is taken
    std::atomic<bool> written_elsewhere = false;  // by another thread than the loop's
    std::atomic<std::size_t> max_backlog = 0;
    std::atomic<std::size_t> on_the_way = 0;  // to the loop, in bytes
    std::atomic<std::size_t> backlog = 0;     // there, at the last look: it is no more by now

    void begin(std::size_t most) noexcept {
        if (!begun.exchange(true)) max_backlog = most;
    }
    [[nodiscard]] std::size_t waiting() const noexcept { return on_the_way + backlog; }
    [[nodiscard]] const std::shared_ptr<net::Inbox>& inbox() const noexcept {
        return entry->inbox();
    }
};

/// What the copies of a reply have in common.
struct HttpReply::Shared {
    explicit Shared(std::shared_ptr<Place> its) : place(std::move(its)) {}
    ~Shared() {
        act([](engine::HttpReplying& replying) { replying.abandon(); });
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    template <class Act>
    void act(Act act) const {
        if (net::Loop::runs_here(place->inbox())) {
            if (engine::HttpReplying* const replying = place->replying) act(*replying);
            return;
        }
        if (place->replying == nullptr) return;
        net::Loop::post_to(place->inbox(), [place = place, act = std::move(act)]() mutable {
            if (engine::HttpReplying* const replying = place->replying) act(*replying);
        });
    }

    [[nodiscard]] SendStatus write_elsewhere(const PreparedChunk& chunk) const;
    /// Of an answer that another thread gives: each request has one, so connections bound it.
    [[nodiscard]] std::optional<net::Posted> count(const Response& response) const {
        if (net::Loop::runs_here(place->inbox())) return std::nullopt;
        return net::Posted::count(place->entry->held(),
                                  response.body.size() + net::Posted::overhead);
    }

    std::shared_ptr<Place> place;
};

HttpReply engine::ReplyAccess::make(std::shared_ptr<HttpReply::Place> place) {
    HttpReply reply;
    reply.shared_ = std::make_shared<HttpReply::Shared>(std::move(place));
    return reply;
}

std::shared_ptr<net::Inbox> engine::ReplyAccess::inbox(const HttpReply& reply) {
    return reply.shared_ ? reply.shared_->place->inbox() : nullptr;
}

void engine::ReplyAccess::watch(const HttpReply& reply, const AnswerUptake& uptake) {
    if (reply.shared_)
        reply.shared_->act([uptake](engine::HttpReplying& replying) { replying.watch(uptake); });
}

engine::Written engine::ReplyAccess::write_at_once(const HttpReply& reply,
                                                   const PreparedChunk& chunk) {
    HttpReplying* const replying = reply.shared_->place->replying.load(std::memory_order_relaxed);
    if (replying == nullptr) return Written::not_there;
    return replying->write_at_once(chunk) == SendStatus::dropped ? Written::cut : Written::written;
}

engine::Written engine::write_at_once(const HttpReply& reply, const PreparedChunk& chunk) {
    return ReplyAccess::write_at_once(reply, chunk);
}

void engine::ReplyAccess::listen(const HttpReply& reply, ReplyListener* listener) noexcept {
    if (reply.shared_) reply.shared_->place->listener = listener;
}

void engine::listen(const HttpReply& reply, ReplyListener* listener) noexcept {
    ReplyAccess::listen(reply, listener);
}

PreparedChunk engine::join(std::span<const PreparedChunk* const> pieces) {
    std::size_t size = 0;
    for (const PreparedChunk* const piece : pieces) size += piece->size();
    std::string bytes;
    bytes.reserve(size);
    for (const PreparedChunk* const piece : pieces)
        if (const auto& content = ChunkAccess::content(*piece)) bytes += content->bytes();
    return PreparedChunk(bytes);
}

PreparedChunk::PreparedChunk(std::string_view bytes)
    : content_(bytes.empty() ? nullptr : std::make_shared<const Content>(bytes)),
      size_(bytes.size()) {}

// ---- any thread ---------------------------------------------------------------------------------

bool HttpReply::alive() const noexcept {
    return shared_ && shared_->place->replying != nullptr;
}

void HttpReply::send(Response response) const {
    if (!shared_) return;
    auto counted = shared_->count(response);
    shared_->act([response = std::move(response), counted = std::move(counted)](
                     engine::HttpReplying& replying) { replying.send(response); });
}

void HttpReply::begin(Response response, std::size_t max_backlog) const {
    if (!shared_) return;
    shared_->place->begin(max_backlog);
    auto counted = shared_->count(response);
    shared_->act([response = std::move(response), max_backlog, counted = std::move(counted)](
                     engine::HttpReplying& replying) { replying.begin(response, max_backlog); });
}

SendStatus HttpReply::write(const PreparedChunk& chunk) const {
    if (!shared_) return SendStatus::dropped;
    const std::shared_ptr<Place>& place = shared_->place;
    if (!net::Loop::runs_here(place->inbox())) return shared_->write_elsewhere(chunk);
    engine::HttpReplying* const replying = place->replying;
    return replying == nullptr ? SendStatus::dropped : replying->write(chunk);
}

SendStatus HttpReply::Shared::write_elsewhere(const PreparedChunk& chunk) const {
    if (place->replying == nullptr || !place->begun || place->over) return SendStatus::dropped;
    const std::size_t size = chunk.size();
    if (size == 0) return SendStatus::sent;
    place->written_elsewhere = true;
    auto room = net::Posted::take(place->entry->held(), size + net::Posted::overhead);
    const std::size_t waiting = (place->on_the_way += size) + place->backlog;
    if (waiting > place->max_backlog || !room) {
        place->on_the_way -= size;
        place->over = true;
        act([](engine::HttpReplying& replying) { replying.overrun(); });
        return SendStatus::dropped;
    }
    net::Loop::post_to(place->inbox(), [place = place, chunk, size, room = std::move(*room)] {
        if (engine::HttpReplying* const replying = place->replying) replying->write_counted(chunk);
        place->on_the_way -= size;
    });
    return waiting > place->max_backlog / 2 ? SendStatus::buffered : SendStatus::sent;
}

void HttpReply::end() const {
    if (!shared_) return;
    // (On the loop it is over when it is.)
    if (!net::Loop::runs_here(shared_->place->inbox())) shared_->place->over = true;
    shared_->act([](engine::HttpReplying& replying) { replying.end(); });
}

void HttpReply::name_user(std::string_view user) const {
    if (shared_)
        shared_->act([user = std::string(user)](const engine::HttpReplying& replying) {
            replying.name_user(user);
        });
}

engine::HttpReplying* HttpReply::here() const noexcept {
    return shared_ && net::Loop::runs_here(shared_->place->inbox())
               ? shared_->place->replying.load()
               : nullptr;
}

std::size_t HttpReply::buffered_amount() const noexcept {
    if (!shared_ || shared_->place->replying == nullptr) return 0;
    if (const engine::HttpReplying* const replying = here())
        return replying->buffered_amount() + shared_->place->on_the_way;
    return shared_->place->waiting();
}

void HttpReply::on_close(std::function<void()> handler) const {
    if (!shared_ || !net::Loop::runs_here(shared_->place->inbox())) return;
    const Place& place = *shared_->place;
    if (engine::HttpReplying* const replying = place.replying)
        replying->on_close(std::move(handler));
    else if (place.lost)
        call_soon(place.inbox(), std::move(handler));
}

void HttpReply::on_half_close(std::function<void()> handler) const {
    if (engine::HttpReplying* const replying = here()) replying->on_half_close(std::move(handler));
}

void HttpReply::on_leave(std::function<void()> handler) const {
    if (engine::HttpReplying* const replying = here()) replying->on_leave(std::move(handler));
}

void HttpReply::on_drain(std::function<void()> handler) const {
    if (shared_)
        shared_->act([handler = std::move(handler)](engine::HttpReplying& replying) {
            replying.on_drain(handler);
        });
}

// ---- on the loop --------------------------------------------------------------------------------

namespace engine {

HttpReplying::HttpReplying(ResponseSink& sink, Terms terms, Listener& listener)
    : sink_(sink), terms_(std::move(terms)), listener_(listener) {}

HttpReplying::~HttpReplying() {
    let_go_of_place(false);
}

void HttpReplying::let_go_of_place(bool lost) noexcept {
    if (!place_) return;
    place_->replying = nullptr;
    if (lost) place_->lost = true;
}

HttpReply HttpReplying::reply(std::shared_ptr<LoopEntry> entry) {
    place_ = std::make_shared<HttpReply::Place>();
    place_->entry = std::move(entry);
    place_->replying = this;
    return ReplyAccess::make(place_);
}

void HttpReplying::send(const Response& response) {
    if (begun_ || finished_) return;
    if (terms_.upgrading && response.status == 101) {
        need_particulars().switching = response;
        return finish(Outcome::switched);
    }
    begun_ = true;
    status_ = http::written_status(response.status);
    bytes_sent_ += sink_.write(response, terms_.head_only);
    finish(Outcome::complete);
}

void HttpReplying::begin(const Response& response, std::size_t max_backlog) {
    if (begun_ || finished_) return;
    if (terms_.upgrading && response.status == 101) return send(response);
    place_->begin(max_backlog);
    begun_ = true;
    status_ = http::written_status(response.status);
    bytes_sent_ += sink_.begin(response);
    terms_.own_fields.reset();  // nobody answers in the handler's place any more
    // Who would go on writing, or waits for somebody to go, has nothing to wait for.
    if (terms_.head_only || http::is_bodiless(status_)) return finish(Outcome::complete, true);
    append(PreparedChunk(response.body));
}

SendStatus HttpReplying::write(const PreparedChunk& chunk) {
    if (!begun_ || finished_) return SendStatus::dropped;
    if (sink_.backlog() + chunk.size() > place_->max_backlog) {
        finish(Outcome::overrun);
        return SendStatus::dropped;
    }
    append(chunk);
    return sink_.congested() ? SendStatus::buffered : SendStatus::sent;
}

SendStatus HttpReplying::write_at_once(const PreparedChunk& chunk) {
    const std::size_t size = chunk.size();
    // (What other threads write is counted as it is written.)
    if (begun_ && !finished_ && size > 0 && size <= place_->max_backlog &&
        !place_->written_elsewhere) {
        if (const std::size_t written = sink_.write_at_once(chunk)) {
            bytes_sent_ += written;
            return SendStatus::sent;
        }
    }
    return write(chunk);
}

void HttpReplying::write_counted(const PreparedChunk& chunk) {
    if (!begun_ || finished_) return;
    append(chunk);
}

void HttpReplying::append(const PreparedChunk& chunk) {
    if (chunk.size() == 0) return;
    bytes_sent_ += sink_.write(chunk);
    if (place_->written_elsewhere) note_backlog();
    if (place_->listener != nullptr || (particulars_ && particulars_->on_drain))
        sink_.tell_when_drained();
}

/// For other threads, which cannot look themselves.
void HttpReplying::note_backlog() noexcept {
    place_->backlog = sink_.backlog();
    sink_.tell_when_drained();
}

void HttpReplying::end() {
    if (!begun_ || finished_) return;
    bytes_sent_ += sink_.end();
    finish(Outcome::complete);
}

void HttpReplying::abandon() {
    if (!finished_) finish(begun_ ? Outcome::broken : Outcome::unanswered);
}

void HttpReplying::finish(Outcome outcome) {
    finish(outcome, outcome == Outcome::broken || outcome == Outcome::overrun);
}

void HttpReplying::finish(Outcome outcome, bool lost) {
    finished_ = true;
    let_go_of_place(lost);
    // Whoever writes, or lets go of the reply, is not called back within that.
    if (lost) {
        call_soon(place_->inbox(), take_handler(&Particulars::on_close));
        if (place_->listener != nullptr)
            net::Loop::post_to(place_->inbox(), [place = place_] {
                if (place->listener != nullptr) place->listener->on_reply_closed();
            });
    }
    // It may destroy this object.
    listener_.on_replied(outcome);
}

void HttpReplying::lose() {
    finished_ = true;
    // (What is called may be the end of this object.)
    const std::shared_ptr<HttpReply::Place> place = place_;
    let_go_of_place(true);
    if (const auto handler = take_handler(&Particulars::on_close)) call(handler);
    if (place != nullptr && place->listener != nullptr) place->listener->on_reply_closed();
}

void HttpReplying::leave() {
    const std::shared_ptr<HttpReply::Place> place = place_;
    if (const auto handler = take_handler(&Particulars::on_leave)) call(handler);
    if (place->replying == this && place->listener != nullptr) place->listener->on_reply_leaving();
    // It may have completed the answer, and this object be gone.
    if (place->replying != this) return;
    if (begun_) return abandon();
    send(terms_.own(Response::text(503, "The server is shutting down. Try again."))
             .with("Retry-After", "1"));
}

void HttpReplying::on_half_close(std::function<void()> handler) {
    outlives_half_close_ = true;
    if (half_closed_)
        call_soon(sink_.stream().loop().inbox(), std::move(handler));
    else if (handler || particulars_)
        need_particulars().on_half_close = std::move(handler);
}

bool HttpReplying::half_close() {
    if (begun_ || terms_.upgrading || !outlives_half_close_) return false;
    half_closed_ = true;
    // It may complete the answer, and this object be gone.
    if (!particulars_) return true;
    if (const auto handler = std::exchange(particulars_->on_half_close, {})) call(handler);
    return true;
}

void HttpReplying::drained() {
    place_->backlog = 0;
    if (finished_) return;
    if (place_->listener != nullptr) return place_->listener->on_reply_drained();
    if (!particulars_ || !particulars_->on_drain) return;
    const auto handler = particulars_->on_drain;
    call(handler);
}

}  // namespace engine

}  // namespace longwire
