#include "engine/websocket_session.hpp"

#include "engine/log.hpp"
#include "engine/topics.hpp"
#include "engine/websocket_events.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace longwire::engine {

struct WebSocketSession::State {
    const void* key;
    std::unique_ptr<void, void (*)(void*)> object;
    std::unique_ptr<State> next;
};

WebSocketSession::WebSocketSession(Worker& worker, protocol::Role role, const Terms& terms,
                                   std::string_view protocol, std::shared_ptr<const void> owned)
    : worker_(worker),
      terms_(terms),
      connection_(role, terms.limits),
      facade_(*this, WebSocket::Ownership::borrowed),
      protocol_(protocol),
      last_heard_(worker.loop().now()),
      owned_(std::move(owned)),
      round_trip_(last_heard_) {}

WebSocketSession::~WebSocketSession() = default;

protocol::DeflateWishes wishes_of(const Terms& terms) noexcept {
    return {.no_context_takeover = terms.compression == Compression::shared};
}

void WebSocketSession::compress(const protocol::DeflateParameters& agreed) {
    deflate_ = agreed;
    const bool server = connection_.role() == protocol::Role::server;
    // Who has offered to keep none keeps none, whatever the answer (RFC 7692, section 7.1.1.2).
    const bool keep_ours =
        terms_.compression == Compression::dedicated &&
        !(server ? agreed.server_no_context_takeover : agreed.client_no_context_takeover);
    const bool keep_theirs =
        !(server ? agreed.client_no_context_takeover : agreed.server_no_context_takeover);
    const int window = server ? agreed.server_max_window_bits : agreed.client_max_window_bits;
    if (keep_ours || keep_theirs)
        dedicated_ = std::make_unique<protocol::Compression>(window, keep_ours, keep_theirs,
                                                             terms_.compression_threshold);
    connection_.use(dedicated_ ? *dedicated_
                               : worker_.compression(window, terms_.compression_threshold));
}

void WebSocketSession::attach(net::Stream& stream) {
    stream_ = &stream;
    last_heard_ = worker_.loop().now();
    arm_timer();
}

namespace {

/// Runs a route's coroutine for one connection, which it keeps until it ends.
Task<> run_route(net::Ref<WebSocketSession> session, Task<> route) {
    std::exception_ptr exception;
    try {
        co_await route;
    } catch (...) {
        exception = std::current_exception();
    }
    session->guard("the coroutine of a route", [&] {
        if (exception) std::rethrow_exception(exception);
    });
    session->close(CloseCode::normal, {});
}

}  // namespace

void WebSocketSession::open(Request request) {
    if (std::holds_alternative<std::monostate>(terms_.coroutine)) {
        if (terms_.handlers.on_open)
            guard("on_open", [&] { terms_.handlers.on_open(facade_, request); });
        return;
    }
    need_conversation();
    const net::Ref<WebSocketSession> self(this);
    guard("the coroutine of a route", [&] {
        worker_.spawn(run_route(self, route(std::move(request))),
                      {.tell = [](void*, const std::exception_ptr&) {}});
    });
}

Task<> WebSocketSession::route(Request request) {
    if (const auto* plain = std::get_if<WebSocketCoroutine>(&terms_.coroutine))
        return (*plain)(facade_);
    return std::get<WebSocketRequestCoroutine>(terms_.coroutine)(facade_, std::move(request));
}

WebSocket WebSocketSession::converse() {
    need_conversation();
    retain();
    return WebSocket(*this, WebSocket::Ownership::owned);
}

WebSocketSession::Conversation& WebSocketSession::need_conversation() {
    if (!conversation_) conversation_ = std::make_unique<Conversation>();
    return *conversation_;
}

void WebSocketSession::on_end() {
    Events events{*this};
    connection_.end_of_stream(events);
}

void WebSocketSession::on_drained() {
    if (waiting_) send_waiting(always_admitted);
    if (waiting_) return;
    resume_senders(SendStatus::sent);
    if (terms_.handlers.on_drain) guard("on_drain", [&] { terms_.handlers.on_drain(facade_); });
}

void WebSocketSession::on_leaving() {
    close(CloseCode::going_away, {});
}

// ---- how it ends --------------------------------------------------------------------------------

void WebSocketSession::protocol_closed(CloseCode code, std::string_view reason, bool clean) {
    failed_ = !clean;
    // RFC 6455, section 7.1.7: a server should log why it failed a connection.
    if (!clean && code != CloseCode::abnormal_closure)
        log(LogLevel::debug, "closed a connection with " + std::to_string(to_number(code)) + ": " +
                                 std::string(reason));
    if (conversation_) {
        conversation_->code = code;
        if (!reason.empty()) conversation_->reason = std::make_unique<std::string>(reason);
        conversation_->clean = clean;
        resume_senders(SendStatus::dropped);
        resume_pingers();
        if (!conversation_->waits) resume_receiver();
        return;
    }
    resume_senders(SendStatus::dropped);
    resume_pingers();
    if (terms_.handlers.on_close)
        guard("on_close", [&] { terms_.handlers.on_close(facade_, code, reason); });
}

void WebSocketSession::protocol_done() {
    if (stream_ == nullptr || finished_) return;
    finished_ = true;
    // RFC 6455, section 7.1.1: the server ends the TCP connection first, unless something failed.
    const bool peer_first = connection_.role() == protocol::Role::client && !failed_;
    stream_->finish(
        peer_first ? net::Stream::Finish::await_peer : net::Stream::Finish::shut,
        terms_.close_timeout.count() > 0 ? terms_.close_timeout : std::chrono::milliseconds(5000));
}

void WebSocketSession::on_closed(net::Ending /*ending*/) {
    stream_ = nullptr;
    finished_ = true;
    count_held();
    Events events{*this};
    connection_.abort(events);
    waiting_.reset();
    if (subscriptions_) worker_.topics()->leave_all(*subscriptions_);
    subscriptions_.reset();
    if (named_) worker_.entry().take_name(name_);
    named_ = false;
    resume_senders(SendStatus::dropped);
    resume_pingers();
    if (conversation_ && !conversation_->waits) resume_receiver();
}

void WebSocketSession::close(CloseCode code, std::string_view reason) {
    if (connection_.state() != ReadyState::open) return;
    if (subscriptions_) catch_up_with_topics();
    if (waiting_) send_waiting(std::numeric_limits<std::size_t>::max());
    if (connection_.state() != ReadyState::open) return;
    Events events{*this};
    connection_.close(code, reason, events);
    waiting_.reset();
    kept_.reset();
    if (stream_ == nullptr || finished_) return;
    // The answer may stand behind messages that nobody takes any more.
    if (conversation_) {
        decode_held();
        if (stream_ != nullptr && !finished_) stream_->resume_reading();
    }
    if (terms_.close_timeout.count() > 0 && stream_ != nullptr && !finished_)
        stream_->arm(terms_.close_timeout);
}

void WebSocketSession::terminate() {
    if (stream_ != nullptr) stream_->close(net::Ending::closed);
    Events events{*this};
    connection_.abort(events);
}

void WebSocketSession::report_throw(std::string_view what) noexcept {
    log(LogLevel::warning, std::string(what) + " threw an exception (" +
                               std::string(current_exception_words()) +
                               "); its connection is closed with 1011");
    close(CloseCode::internal_error, "internal error");
}

// ---- what is asked of it ------------------------------------------------------------------------

ReadyState WebSocketSession::ready_state() const noexcept {
    return connection_.state();
}

std::string WebSocketSession::extensions() const {
    return deflate_ ? protocol::words_of(*deflate_) : "";
}

std::size_t WebSocketSession::buffered_amount() const noexcept {
    return (stream_ == nullptr ? 0 : stream_->backlog()) + (kept_ ? kept_->bytes() : 0) +
           (waiting_ ? waiting_->bytes() : 0);
}

std::string WebSocketSession::peer() const {
    return stream_ == nullptr ? "" : stream_->peer();
}

CloseStatus WebSocketSession::close_status() const noexcept {
    if (!conversation_) return {};
    return {.code = conversation_->code,
            .reason = conversation_->reason ? *conversation_->reason : std::string_view(),
            .clean = conversation_->clean};
}

Handle WebSocketSession::handle() {
    Handle handle;
    if (stream_ == nullptr) return handle;
    if (!named_) name_ = worker_.entry().give_name(*this);
    named_ = true;
    handle.loop_ = worker_.number();
    handle.slot_ = name_.slot;
    handle.generation_ = name_.generation;
    return handle;
}

void* WebSocketSession::find_state(const void* key) const noexcept {
    for (const State* state = states_.get(); state != nullptr; state = state->next.get())
        if (state->key == key) return state->object.get();
    return nullptr;
}

void WebSocketSession::keep_state(const void* key, void* state, void (*destroy)(void*)) {
    states_ = std::make_unique<State>(key, std::unique_ptr<void, void (*)(void*)>(state, destroy),
                                      std::move(states_));
}

}  // namespace longwire::engine
