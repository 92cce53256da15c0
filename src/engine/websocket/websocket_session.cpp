#include "engine/websocket/websocket_session.hpp"

#include "engine/log.hpp"
#include "engine/topics/topics.hpp"
#include "engine/websocket/websocket_particulars.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace longwire::engine {

WebSocketSession::WebSocketSession(Worker& worker, protocol::Role role, const Terms& terms,
                                   std::string_view protocol, std::shared_ptr<const void> owned)
    : last_heard_(worker.loop().milliseconds()),
      worker_(worker),
      connection_(role, terms),
      facade_(*this) {
    if (!protocol.empty()) need_particulars().protocol = protocol;
    if (owned) need_particulars().owned = std::move(owned);
    if (terms.ping_every.count() > 0) need_particulars().round_trip.begin(worker.loop().now());
}

WebSocketSession::~WebSocketSession() = default;

protocol::DeflateWishes wishes_of(const Terms& terms) noexcept {
    return {.no_context_takeover = terms.compression == Compression::shared};
}

void WebSocketSession::compress(const protocol::DeflateParameters& agreed) {
    deflate_ = AgreedDeflate(agreed);
    const bool server = connection_.role() == protocol::Role::server;
    // Who has offered to keep none keeps none, whatever the answer (RFC 7692, section 7.1.1.2).
    const bool keep_ours =
        terms().compression == Compression::dedicated &&
        !(server ? agreed.server_no_context_takeover : agreed.client_no_context_takeover);
    const bool keep_theirs =
        !(server ? agreed.client_no_context_takeover : agreed.server_no_context_takeover);
    const int window = server ? agreed.server_max_window_bits : agreed.client_max_window_bits;
    if (keep_ours || keep_theirs)
        need_particulars().dedicated = std::make_unique<protocol::Compression>(
            window, keep_ours, keep_theirs, terms().compression_threshold);
    connection_.use(dedicated() ? *dedicated()
                                : worker_.compression(window, terms().compression_threshold));
}

void WebSocketSession::keep(std::unique_ptr<AccessEntry> access) {
    need_particulars().access = std::move(access);
}

void WebSocketSession::name_user(std::string_view user) {
    if (AccessEntry* const entry = access()) entry->name_user(user);
}

void WebSocketSession::attach(net::Stream& stream) {
    stream_ = &stream;
    last_heard_ = worker_.loop().milliseconds();
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
    worker_.tally().add(Tally::opened);
    if (std::holds_alternative<std::monostate>(terms().coroutine)) {
        if (terms().handlers.on_open)
            guard("on_open", [&] { terms().handlers.on_open(facade_, request); });
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
    if (const auto* plain = std::get_if<WebSocketCoroutine>(&terms().coroutine))
        return (*plain)(facade_);
    return std::get<WebSocketRequestCoroutine>(terms().coroutine)(facade_, std::move(request));
}

WebSocket WebSocketSession::converse() {
    need_conversation();
    retain();
    return WebSocket(*this);
}

WebSocketSession::Conversation& WebSocketSession::need_conversation() {
    auto& conversation = need_particulars().conversation;
    if (!conversation) conversation = std::make_unique<Conversation>();
    return *conversation;
}

WebSocketSession::Particulars& WebSocketSession::need_particulars() {
    if (!particulars_) particulars_ = std::make_unique<Particulars>();
    return *particulars_;
}

void WebSocketSession::tidy() noexcept {
    if (!particulars_ || terms().ping_every.count() > 0) return;
    if (particulars_->nothing(worker_.loop().now())) particulars_.reset();
}

void WebSocketSession::on_end() {
    Events events{*this};
    connection_.end_of_stream(events);
}

void WebSocketSession::on_drained() {
    if (particulars_) particulars_->control_bytes_beyond = 0;
    if (waiting()) send_waiting(always_admitted);
    if (waiting()) return;
    resume_senders(SendStatus::sent);
    if (terms().handlers.on_drain) guard("on_drain", [&] { terms().handlers.on_drain(facade_); });
}

void WebSocketSession::on_leaving() {
    if (terms().handlers.on_leave) guard("on_leave", [&] { terms().handlers.on_leave(facade_); });
    close(worker_.leaving_code(), {});
}

// ---- how it ends --------------------------------------------------------------------------------

void WebSocketSession::protocol_closed(CloseCode code, std::string_view reason, bool clean) {
    failed_ = !clean;
    worker_.tally().add(Tally::closed);
    worker_.tally().add_close(code);
    if (access()) std::exchange(particulars_->access, nullptr)->end(code, reason);
    // RFC 6455, section 7.1.7: a server should log why it failed a connection.
    if (!clean && code != CloseCode::abnormal_closure)
        log(LogLevel::debug, "closed a connection with " + std::to_string(to_number(code)) + ": " +
                                 std::string(reason));
    if (conversation()) {
        conversation()->code = code;
        if (!reason.empty()) conversation()->reason = std::make_unique<std::string>(reason);
        conversation()->clean = clean;
        resume_senders(SendStatus::dropped);
        resume_pingers();
        if (!conversation()->waits) resume_receiver();
        return;
    }
    resume_senders(SendStatus::dropped);
    resume_pingers();
    if (terms().handlers.on_close)
        guard("on_close", [&] { terms().handlers.on_close(facade_, code, reason); });
}

void WebSocketSession::protocol_done() {
    if (stream_ == nullptr || finished_) return;
    finished_ = true;
    // RFC 6455, section 7.1.1: the server ends the TCP connection first, unless something failed.
    const bool peer_first = connection_.role() == protocol::Role::client && !failed_;
    stream_->finish(peer_first ? net::Stream::Finish::await_peer : net::Stream::Finish::shut,
                    terms().close_timeout.count() > 0 ? terms().close_timeout
                                                      : std::chrono::milliseconds(5000));
}

void WebSocketSession::on_closed(net::Ending /*ending*/) {
    // (Whoever joined topics may be asked, when they are gone, what has reached them.)
    if (stream_ != nullptr && subscriptions()) particulars_->unacknowledged = unacknowledged();
    stream_ = nullptr;
    finished_ = true;
    count_held();
    Events events{*this};
    connection_.abort(events);
    if (particulars_) {
        particulars_->waiting.reset();
        if (subscriptions()) worker_.topics()->leave_all(net::Ref<WebSocketSession>(this));
        if (std::exchange(particulars_->named, false))
            worker_.entry().take_name(particulars_->name);
    }
    resume_senders(SendStatus::dropped);
    resume_pingers();
    if (conversation() && !conversation()->waits) resume_receiver();
}

std::size_t WebSocketSession::unacknowledged() const noexcept {
    if (stream_ == nullptr) return particulars_ ? particulars_->unacknowledged : 0;
    // (Of what has yet to be written, it is enough that there is some.)
    const bool more = waiting() != nullptr ||
                      (subscriptions() != nullptr && worker_.topics()->owes(*subscriptions()));
    return stream_->unacknowledged() + (more ? 1 : 0);
}

void WebSocketSession::close(CloseCode code, std::string_view reason) {
    if (connection_.state() != ReadyState::open) return;
    if (subscriptions()) catch_up_with_topics();
    if (waiting()) send_waiting(std::numeric_limits<std::size_t>::max());
    close_as_it_is(code, reason);
}

void WebSocketSession::close_as_it_is(CloseCode code, std::string_view reason) {
    if (connection_.state() != ReadyState::open) return;
    if (AccessEntry* const entry = access()) entry->close(code, reason);
    const net::Uptake before = finished_ ? net::Uptake() : uptake();
    Events events{*this};
    connection_.close(code, reason, events);
    if (before.under_way()) need_particulars();
    if (particulars_) {
        particulars_->uptake = before;
        particulars_->waiting.reset();
        particulars_->kept.reset();
    }
    if (stream_ == nullptr || finished_) return;
    // The answer may stand behind messages that nobody takes any more.
    if (conversation()) {
        decode_held();
        if (stream_ != nullptr && !finished_) stream_->resume_reading();
    }
    if (terms().close_timeout.count() > 0 && stream_ != nullptr && !finished_)
        stream_->arm(before.first_wait(terms().close_timeout));
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

std::string_view WebSocketSession::protocol() const noexcept {
    return particulars_ ? particulars_->protocol : std::string_view();
}

std::string WebSocketSession::extensions() const {
    return deflate_.words();
}

std::size_t WebSocketSession::buffered_amount() const noexcept {
    return (stream_ == nullptr ? 0 : stream_->backlog()) + (kept() ? kept()->bytes() : 0) +
           (waiting() ? waiting()->bytes() : 0);
}

std::string WebSocketSession::peer() const {
    return stream_ == nullptr ? "" : stream_->peer();
}

CloseStatus WebSocketSession::close_status() const noexcept {
    if (!conversation()) return {};
    return {.code = conversation()->code,
            .reason = conversation()->reason ? *conversation()->reason : std::string_view(),
            .clean = conversation()->clean};
}

Handle WebSocketSession::handle() {
    Handle handle;
    if (stream_ == nullptr) return handle;
    Particulars& its = need_particulars();
    if (!std::exchange(its.named, true)) its.name = worker_.entry().give_name(*this);
    handle.loop_ = worker_.number();
    handle.slot_ = its.name.slot;
    handle.generation_ = its.name.generation;
    return handle;
}

detail::States& WebSocketSession::states() {
    return need_particulars().states;
}

}  // namespace longwire::engine
