#include "engine/websocket_session.hpp"

#include "engine/log.hpp"
#include "engine/prepared_frame.hpp"

#include <algorithm>
#include <utility>

namespace longwire::engine {

namespace {

// Up to this much may wait, whatever the size of the message that comes on top.
constexpr std::size_t always_admitted = std::size_t{64} * 1024;

}  // namespace

struct WebSocketSession::State {
    const void* key;
    std::unique_ptr<void, void (*)(void*)> object;
    std::unique_ptr<State> next;
};

/// What a connection has beyond a callback's when a coroutine reads it: the message that was taken
/// last, the one that waits to be taken, input that waits to be decoded, and how it ended.
struct WebSocketSession::Conversation {
    std::coroutine_handle<> receiver;
    std::vector<std::byte> taken;
    std::vector<std::byte> waiting;
    std::vector<std::byte> held;
    std::size_t held_decoded = 0;
    std::string reason;
    CloseCode code = CloseCode::abnormal_closure;
    MessageType type = MessageType::text;
    bool ready = false;  // a message waits
    bool clean = false;
};

/// The handler that the protocol's Connection calls.
struct WebSocketSession::Events {
    WebSocketSession& session;

    void write(std::span<const std::byte> head, std::span<const std::byte> payload) const {
        if (session.stream_ != nullptr) session.stream_->write(head, payload);
    }

    protocol::Flow on_message(MessageType type, std::span<std::byte> payload) const {
        const bool closing = session.connection_.state() != ReadyState::open;
        if (session.conversation_) {
            Conversation& conversation = *session.conversation_;
            // What comes after our close frame is for a receive that awaits it already.
            if (closing && !conversation.receiver) return protocol::Flow::proceed;
            conversation.waiting.assign(payload.begin(), payload.end());
            conversation.type = type;
            conversation.ready = true;
            return protocol::Flow::pause;
        }
        const auto& handler = session.terms_.handlers.on_message;
        if (handler && !closing)
            session.guard("on_message", [&] { handler(session.facade_, Message(type, payload)); });
        return protocol::Flow::proceed;
    }

    // Pongs are not asked of `admit`: they end a peer that sends pings and reads nothing.
    void on_ping(std::span<const std::byte> /*payload*/) const {
        if (session.buffered_amount() > session.terms_.max_backlog + always_admitted)
            session.terminate();
        else
            session.count_control_frame();
    }
    void on_pong(std::span<const std::byte> /*payload*/) const { session.count_control_frame(); }

    void on_closed(CloseCode code, std::string_view reason, bool clean) const {
        session.protocol_closed(code, reason, clean);
    }

    void shutdown_write() const { session.protocol_done(); }
};

WebSocketSession::WebSocketSession(Worker& worker, protocol::Role role, const Terms& terms,
                                   std::string_view protocol, std::shared_ptr<const void> owned)
    : worker_(worker),
      terms_(terms),
      connection_(role, terms.limits),
      facade_(*this, WebSocket::Ownership::borrowed),
      protocol_(protocol),
      last_heard_(worker.loop().now()),
      owned_(std::move(owned)) {}

WebSocketSession::~WebSocketSession() = default;

protocol::DeflateWishes wishes_of(const Terms& terms) noexcept {
    return {.no_context_takeover = terms.compression == Compression::shared};
}

void WebSocketSession::compress(const protocol::DeflateParameters& agreed) {
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
Task<> run_route(net::Ref<WebSocketSession> session, const Terms& terms, Request request) {
    if (const auto* plain = std::get_if<WebSocketCoroutine>(&terms.coroutine))
        co_await (*plain)(session->facade());
    else
        co_await std::get<WebSocketRequestCoroutine>(terms.coroutine)(session->facade(),
                                                                      std::move(request));
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
    worker_.spawn(run_route(self, terms_, std::move(request)),
                  [self](const std::exception_ptr& exception) {
                      self->guard("the coroutine of a route", [&] {
                          if (exception) std::rethrow_exception(exception);
                      });
                      self->close(CloseCode::normal, {});
                  });
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

// ---- what comes ---------------------------------------------------------------------------------

void WebSocketSession::on_receive(std::span<std::byte> bytes) {
    last_heard_ = worker_.loop().now();
    pinged_ = false;
    if (conversation_) {
        receive_for_coroutine(bytes);
    } else {
        Events events{*this};
        connection_.receive(bytes, events);
    }
    watch_frame(bytes.size());
    count_held();
}

void WebSocketSession::watch_frame(std::size_t received) {
    const auto frame = connection_.unfinished_frame();
    if (!frame || stream_ == nullptr || terms_.frame_timeout.count() == 0) return;
    // The same frame as before has more than what came just now.
    if (frame->received > received && frame_began_ != net::Loop::Clock::time_point()) return;
    frame_began_ = last_heard_;
    if (connection_.state() == ReadyState::open) arm_timer();
}

std::chrono::milliseconds WebSocketSession::frame_time_left() const noexcept {
    constexpr std::uint64_t slowest = 4096;  // bytes a second
    const auto frame = connection_.unfinished_frame();
    if (!frame || terms_.frame_timeout.count() == 0) return std::chrono::milliseconds::max();
    const std::chrono::seconds for_its_length(frame->length / slowest);
    const auto deadline = frame_began_ + terms_.frame_timeout + for_its_length;
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - worker_.loop().now());
}

void WebSocketSession::count_control_frame() {
    if (!control_frames_.count(worker_.loop().now(), terms_.max_control_frames))
        close(CloseCode::policy_violation, "too many pings and pongs");
}

std::size_t WebSocketSession::held_now() const noexcept {
    std::size_t held = connection_.held();
    if (conversation_)
        held += conversation_->taken.capacity() + conversation_->waiting.capacity() +
                conversation_->held.capacity();
    return held;
}

void WebSocketSession::count_held() {
    if (held_.count(worker_.loop(), finished_ ? 0 : held_now())) return;
    log(LogLevel::warning,
        "closed a connection whose message is not whole: all connections "
        "together keep more than the server's max_memory");
    close(CloseCode::try_again_later, "the server is short of memory");
}

void WebSocketSession::receive_for_coroutine(std::span<std::byte> bytes) {
    Events events{*this};
    Conversation& conversation = *conversation_;
    while (!bytes.empty() && wants_input()) {
        bytes = bytes.subspan(connection_.receive(bytes, events));
        if (conversation.ready) resume_receiver();
    }
    if (wants_input() || stream_ == nullptr) return;
    // A message waits, and the coroutine is busy: what follows stays here, and what follows that
    // with the peer, until it is taken. Up to then pings are answered and a close is seen.
    conversation.held.assign(bytes.begin(), bytes.end());
    conversation.held_decoded = 0;
    stream_->pause_reading();
}

bool WebSocketSession::wants_input() const noexcept {
    return !conversation_->ready || connection_.state() != ReadyState::open;
}

void WebSocketSession::decode_held() {
    Conversation& conversation = *conversation_;
    Events events{*this};
    while (wants_input() && conversation.held_decoded < conversation.held.size()) {
        const auto rest = std::span(conversation.held).subspan(conversation.held_decoded);
        conversation.held_decoded += connection_.receive(rest, events);
    }
    if (conversation.held_decoded == conversation.held.size()) {
        conversation.held = {};
        conversation.held_decoded = 0;
    }
}

void WebSocketSession::on_end() {
    Events events{*this};
    connection_.end_of_stream(events);
}

void WebSocketSession::on_drained() {
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
        conversation_->reason = reason;
        conversation_->clean = clean;
        resume_senders(SendStatus::dropped);
        if (!conversation_->ready) resume_receiver();
        return;
    }
    resume_senders(SendStatus::dropped);
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
    if (named_) worker_.entry().take_name(name_);
    named_ = false;
    resume_senders(SendStatus::dropped);
    if (conversation_ && !conversation_->ready) resume_receiver();
}

void WebSocketSession::close(CloseCode code, std::string_view reason) {
    if (connection_.state() != ReadyState::open) return;
    Events events{*this};
    connection_.close(code, reason, events);
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

void WebSocketSession::on_timer() {
    if (stream_ == nullptr) return;
    if (connection_.state() == ReadyState::closing) {
        stream_->close(net::Ending::timed_out);
        return;
    }
    const auto now = worker_.loop().now();
    const bool paused = conversation_ && conversation_->ready;
    // A peer that we do not read cannot be heard.
    if (paused) last_heard_ = frame_began_ = now;
    if (frame_time_left().count() <= 0) {
        log(LogLevel::debug, "closed a connection that sent a frame too slowly");
        close(CloseCode::policy_violation, "sends too slowly");
        return;
    }
    const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(now - last_heard_);
    if (terms_.idle_timeout.count() > 0 && silent >= terms_.idle_timeout) {
        log(LogLevel::debug, "closed a connection that was silent for too long");
        stream_->close(net::Ending::timed_out);
        return;
    }
    if (terms_.ping_after.count() > 0 && silent >= terms_.ping_after && !pinged_) {
        pinged_ = true;
        ping({});
    }
    arm_timer();
}

void WebSocketSession::arm_timer() {
    const auto silent =
        std::chrono::duration_cast<std::chrono::milliseconds>(worker_.loop().now() - last_heard_);
    auto after = std::chrono::milliseconds::max();
    if (terms_.ping_after.count() > 0 && !pinged_) after = terms_.ping_after - silent;
    if (terms_.idle_timeout.count() > 0) after = std::min(after, terms_.idle_timeout - silent);
    after = std::min(after, frame_time_left());
    if (after != std::chrono::milliseconds::max())
        stream_->arm(std::max(after, std::chrono::milliseconds(1)));
}

void WebSocketSession::report_throw(std::string_view what) noexcept {
    log(LogLevel::warning, std::string(what) + " threw an exception (" +
                               std::string(current_exception_words()) +
                               "); its connection is closed with 1011");
    close(CloseCode::internal_error, "internal error");
}

// ---- sending ------------------------------------------------------------------------------------

bool WebSocketSession::admit(std::size_t size) {
    if (stream_ == nullptr || stream_->broken() || connection_.state() != ReadyState::open)
        return false;
    const auto fits = [&] {
        const std::size_t waiting = stream_->backlog();
        if (waiting > 0 && worker_.loop().too_much_for_one(waiting)) return false;
        return waiting <= always_admitted || waiting + size <= terms_.max_backlog;
    };
    if (fits()) return true;
    stream_->push();
    if (fits()) return true;
    if (terms_.overflow == Terms::Overflow::close) {
        log(LogLevel::debug, "closed a connection that reads too slowly: its backlog is full");
        close(CloseCode::policy_violation, "reads too slowly");
    }
    return false;
}

SendStatus WebSocketSession::status_of_sent() const noexcept {
    return stream_ != nullptr && stream_->congested() ? SendStatus::buffered : SendStatus::sent;
}

Sending WebSocketSession::send(Message message) {
    if (!admit(message.size())) return {*this, SendStatus::dropped};
    Events events{*this};
    connection_.send(message.type(), message.bytes(), events);
    return {*this, status_of_sent()};
}

Sending WebSocketSession::send(const PreparedMessage& message) {
    const PreparedMessage::Frame& frame = *message.frame_;
    std::span<const std::byte> bytes(frame.bytes);
    if (connection_.role() == protocol::Role::client)  // every frame needs a mask of its own
        return send(Message(frame.type, bytes.subspan(frame.header_size)));
    // With a context of its own, this connection's frame is like no other's.
    if (dedicated_) return send(Message(frame.type, bytes.subspan(frame.header_size)));
    if (!admit(bytes.size())) return {*this, SendStatus::dropped};
    protocol::Compression* const shared = connection_.compression();
    if (shared != nullptr && bytes.size() - frame.header_size >= shared->threshold)
        bytes = frame.compressed_by(*shared);
    // Below this, counting references costs more than copying.
    constexpr std::size_t worth_sharing = 2048;
    if (bytes.size() < worth_sharing)
        stream_->write(bytes);
    else
        stream_->write_shared(message.frame_, bytes);
    return {*this, status_of_sent()};
}

void WebSocketSession::ping(std::string_view payload) {
    if (!admit(payload.size())) return;
    Events events{*this};
    connection_.ping(std::as_bytes(std::span(payload.substr(0, 125))), events);
}

bool WebSocketSession::room_to_send() const noexcept {
    if (stream_ == nullptr || connection_.state() != ReadyState::open) return true;
    return !stream_->congested() && stream_->backlog() <= always_admitted;
}

void WebSocketSession::await_room(Sending& sending) noexcept {
    // Few wait on one connection; the first to wait is the first to go on.
    Sending** end = &senders_;
    while (*end != nullptr) end = &(*end)->next_;
    sending.next_ = nullptr;
    *end = &sending;
    stream_->tell_when_drained();
}

void WebSocketSession::forget_sender(const Sending& sending) noexcept {
    for (Sending** link = &senders_; *link != nullptr; link = &(*link)->next_) {
        if (*link != &sending) continue;
        *link = sending.next_;
        return;
    }
}

void WebSocketSession::resume_senders(SendStatus status) {
    const net::Ref<WebSocketSession> self(this);
    // Those who wait now, and not those who begin to wait again meanwhile. Each lies in the frame
    // of its coroutine, is gone once that goes on, and may take others with it.
    std::size_t waiting = 0;
    for (const Sending* sending = senders_; sending != nullptr; sending = sending->next_) ++waiting;
    for (; waiting > 0 && senders_ != nullptr; --waiting) {
        Sending& first = *senders_;
        senders_ = first.next_;
        first.status_ = status;
        first.awaiter_.resume();
    }
}

// ---- receiving, in a coroutine ------------------------------------------------------------------

bool WebSocketSession::message_ready() {
    Conversation& conversation = need_conversation();
    if (conversation.ready) return true;
    // A small buffer is kept for the next message; a large one is not kept by an idle connection.
    constexpr std::size_t worth_keeping = 4096;
    if (conversation.taken.capacity() > worth_keeping) conversation.taken = {};
    decode_held();
    if (conversation.ready || ready_state() == ReadyState::closed || stream_ == nullptr)
        return true;
    stream_->resume_reading();
    return false;
}

void WebSocketSession::forget_receiver() noexcept {
    conversation_->receiver = {};
}

void WebSocketSession::await_message(std::coroutine_handle<> receiver) noexcept {
    conversation_->receiver = receiver;
}

std::optional<Message> WebSocketSession::take_message() noexcept {
    Conversation& conversation = *conversation_;
    if (!std::exchange(conversation.ready, false)) return std::nullopt;
    conversation.taken.swap(conversation.waiting);
    return Message(conversation.type, conversation.taken);
}

void WebSocketSession::resume_receiver() {
    const net::Ref<WebSocketSession> self(this);
    if (const auto receiver = std::exchange(conversation_->receiver, {})) receiver.resume();
}

// ---- what is asked of it ------------------------------------------------------------------------

ReadyState WebSocketSession::ready_state() const noexcept {
    return connection_.state();
}

std::size_t WebSocketSession::buffered_amount() const noexcept {
    return stream_ == nullptr ? 0 : stream_->backlog();
}

std::string WebSocketSession::peer() const {
    return stream_ == nullptr ? "" : stream_->peer();
}

CloseStatus WebSocketSession::close_status() const noexcept {
    if (!conversation_) return {};
    return {.code = conversation_->code,
            .reason = conversation_->reason,
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
