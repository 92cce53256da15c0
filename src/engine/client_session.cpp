#include "engine/client_session.hpp"

#include "engine/log.hpp"
#include "protocol/utf8.hpp"

#include <longwire/connect.hpp>
#include <longwire/http_answer.hpp>
#include <longwire/run.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace longwire::engine {

namespace {

// Up to this much may wait, whatever the size of the message that comes on top.
constexpr std::size_t always_admitted = std::size_t{64} * 1024;
constexpr std::size_t longest_reason = 123;

ConnectOptions connect_options(const ClientOptions& options, const ClientRequest& request,
                               std::span<const HeaderField> headers) {
    ConnectOptions connecting;
    connecting.subprotocols = NameList(std::span<const std::string>(options.subprotocols));
    connecting.headers = headers;
    connecting.origin = options.origin;
    connecting.user = request.user;
    connecting.bearer = request.bearer;
    connecting.cookies = request.cookies;
    connecting.proxy = options.proxy;
    connecting.environment_proxy = options.environment_proxy;
    connecting.max_redirects = options.max_redirects;
    connecting.max_message_size = options.max_message_size;
    connecting.max_backlog = options.max_backlog;
    connecting.compression = options.compression;
    connecting.compression_threshold = options.compression_threshold;
    connecting.tls = {.roots_file = options.roots_file,
                      .certificate_file = options.certificate_file,
                      .key_file = options.key_file,
                      .verify = options.verify,
                      .pinned_keys = options.pinned_keys,
                      .oldest = options.oldest};
    connecting.handshake_timeout = options.handshake_timeout;
    connecting.ping_after = options.ping_after;
    connecting.idle_timeout = options.idle_timeout;
    connecting.close_timeout = options.close_timeout;
    connecting.frame_timeout = options.frame_timeout;
    connecting.max_control_frames = options.max_control_frames;
    return connecting;
}

}  // namespace

template <class Handler, class... Arguments>
void ClientSession::tell(Handler ClientOptions::* which, std::string_view name,
                         Arguments&&... arguments) {
    std::unique_lock lock(mutex_);
    if (client_ == nullptr) return;
    Client& client = *client_;
    // A handler may set another one, and so end what it is one of.
    const auto handlers = handlers_;
    calling_ = true;
    lock.unlock();
    bool threw = false;
    try {
        const Handler& handler = (*handlers).*which;
        if (handler) handler(client, std::forward<Arguments>(arguments)...);
    } catch (...) {
        threw = true;
        log(LogLevel::warning, std::string(name) + " of a Client threw an exception (" +
                                   std::string(current_exception_words()) +
                                   "); its connection is closed with 1011");
    }
    if (threw && socket_ != nullptr) socket_->close(CloseCode::internal_error, "internal error");
    calling_ = false;
    calling_.notify_all();
}

ClientSession::ClientSession(Client& client, std::string_view url,
                             std::shared_ptr<const ClientOptions> options)
    : options_(std::move(options)), client_(&client), handlers_(options_), url_(url) {}

// ---- any thread ---------------------------------------------------------------------------------

void ClientSession::start() {
    ClientLoop& loop = ClientLoop::instance();
    if (!loop.works()) state_ = ReadyState::closed;
    loop.post([self = shared_from_this()] {
        if (!self->asked_to_end())
            self->drive_ = self->drive();
        else
            self->act_on_close();
    });
}

void ClientSession::leave() {
    ClientLoop& loop = ClientLoop::instance();
    {
        const std::scoped_lock lock(mutex_);
        client_ = nullptr;
    }
    if (!loop.is_here()) calling_.wait(true);
    loop.post([self = shared_from_this()] {
        self->lose();
        // Destroying the connection closes it with 1000.
        self->drive_.reset();
    });
}

bool ClientSession::admits(std::size_t size) const noexcept {
    if (state_ == ReadyState::connecting)
        return options_->max_queue > 0 && outbox_size_ + size <= options_->max_queue;
    if (state_ != ReadyState::open) return false;
    const std::size_t waiting = outbox_size_ + backlog_;
    return waiting <= always_admitted || waiting + size <= options_->max_backlog;
}

SendStatus ClientSession::send(Message message) {
    ClientLoop& loop = ClientLoop::instance();
    const bool here = loop.is_here();
    std::unique_lock lock(mutex_);
    if (here && socket_ != nullptr && state_ == ReadyState::open && (opening_ || outbox_.empty())) {
        lock.unlock();
        const SendStatus status = socket_->send(message).status();
        note_traffic();
        return status;
    }
    if (!admits(message.size())) return SendStatus::dropped;
    outbox_.push_back({message.type(), std::string(message.text())});
    outbox_size_ += message.size();
    if (state_ != ReadyState::open) return SendStatus::buffered;
    const bool waits = backlog_ > 0;
    if (!std::exchange(sending_, true)) {
        lock.unlock();
        loop.post([self = shared_from_this()] { self->begin_sending(); });
    }
    return waits ? SendStatus::buffered : SendStatus::sent;
}

Result<void> ClientSession::close(CloseCode code, std::string_view reason) {
    const auto number = to_number(code);
    if (code != CloseCode::normal && (number < 3000 || number > 4999))
        return failure(ErrorCode::invalid_argument,
                       "a Client cannot close with " + std::to_string(number) +
                           "; use 1000, or a number from 3000 to 4999");
    if (reason.size() > longest_reason ||
        !protocol::is_valid_utf8(std::as_bytes(std::span(reason.data(), reason.size()))))
        return failure(ErrorCode::invalid_argument,
                       "a Client cannot close for that reason; it may be 123 bytes of UTF-8 long");
    {
        const std::scoped_lock lock(mutex_);
        if (state_ == ReadyState::closing || state_ == ReadyState::closed) return {};
        state_ = ReadyState::closing;
        farewell_ = std::make_unique<Farewell>(Farewell{code, std::string(reason)});
    }
    ClientLoop::instance().post([self = shared_from_this()] { self->act_on_close(); });
    return {};
}

std::string ClientSession::url() const {
    const std::scoped_lock lock(mutex_);
    return url_;
}

ReadyState ClientSession::ready_state() const {
    const std::scoped_lock lock(mutex_);
    return state_;
}

std::string ClientSession::protocol() const {
    const std::scoped_lock lock(mutex_);
    return protocol_;
}

std::string ClientSession::extensions() const {
    const std::scoped_lock lock(mutex_);
    return extensions_;
}

std::size_t ClientSession::buffered_amount() const {
    const std::scoped_lock lock(mutex_);
    return outbox_size_ + backlog_;
}

std::optional<std::chrono::microseconds> ClientSession::round_trip() const {
    const std::scoped_lock lock(mutex_);
    if (round_trip_ == 0) return std::nullopt;
    return std::chrono::microseconds(round_trip_);
}

bool ClientSession::asked_to_end() const {
    const std::scoped_lock lock(mutex_);
    return client_ == nullptr || farewell_ != nullptr;
}

// ---- the loop's thread --------------------------------------------------------------------------

OwnedCoroutine ClientSession::drive() {
    if (const auto& reconnect = options_->reconnect)
        backoff_ = std::make_unique<Backoff>(*reconnect);
    for (;;) {
        const Ended ended = co_await connection();
        const auto delay = asked_to_end() ? std::nullopt : delay_after(ended);
        if (!delay) {
            finish(ended);
            co_return;
        }
        {
            const std::scoped_lock lock(mutex_);
            // A close that was asked for just now acts while we wait.
            if (!farewell_) state_ = ReadyState::connecting;
        }
        const Interruption interruption = {.error = ended.why(),
                                           .status = ended.status(),
                                           .tries = backoff_->tries(),
                                           .delay = *delay};
        tell(&ClientOptions::on_reconnecting, "on_reconnecting", interruption);
        co_await sleep_for(*delay);
    }
}

/// One connection, from the first try to its end.
Task<ClientSession::Ended> ClientSession::connection() {
    reaching_ = true;
    auto made = co_await reach();
    reaching_ = false;
    if (!made) co_return Ended{.error = std::move(made.error())};
    if (backoff_) backoff_->connected();
    co_return co_await converse(*made);
}

std::optional<std::chrono::milliseconds> ClientSession::delay_after(const Ended& ended) {
    if (!backoff_) return std::nullopt;
    const Error* const why = ended.why();
    if (why == nullptr) return backoff_->after(ended.status());
    const HttpAnswer* const answer = why->answer();
    const bool may_be_let_in = options_->before_connect && answer != nullptr &&
                               !answer->from_proxy &&
                               (answer->status == 401 || answer->status == 403);
    if (!may_be_let_in) return backoff_->after(*why);
    return backoff_->after(Error(why->code(), why->message()));
}

Task<Result<WebSocket>> ClientSession::reach() {
    const ClientOptions& options = *options_;
    ClientRequest request = {.url = url(),
                             .headers = options.headers,
                             .user = options.user,
                             .bearer = options.bearer,
                             .cookies = options.cookies};
    if (options.before_connect) {
        try {
            co_await options.before_connect(request);
        } catch (...) {
            co_return failure(ErrorCode::cancelled, "before_connect threw an exception (" +
                                                        std::string(current_exception_words()) +
                                                        ")");
        }
        if (request.give_up) co_return failure(ErrorCode::cancelled, "before_connect has given up");
        const std::scoped_lock lock(mutex_);
        url_ = request.url;
    }
    std::vector<HeaderField> headers;
    headers.reserve(request.headers.size());
    for (const auto& [name, value] : request.headers)
        headers.push_back({.name = name, .value = value});
    const ConnectOptions connecting = connect_options(options, request, headers);
    co_return co_await connect(request.url, connecting);
}

Task<ClientSession::Ended> ClientSession::converse(WebSocket& socket) {
    socket_ = &socket;
    {
        const std::scoped_lock lock(mutex_);
        protocol_ = socket.protocol();
        extensions_ = socket.extensions();
        if (!farewell_) state_ = ReadyState::open;
        sending_ = true;  // once on_open has had its say
    }
    if (!asked_to_end()) {
        opening_ = true;
        tell(&ClientOptions::on_open, "on_open");
        opening_ = false;
    }
    begin_sending();
    if (options_->ping_every.count() > 0) heart_ = beat();
    while (const auto message = co_await socket.receive()) {
        tell(&ClientOptions::on_message, "on_message", *message);
        note_traffic();
    }
    // What ended the connection may be the sender, further down on this stack.
    co_await sleep_for(std::chrono::milliseconds(1));
    lose();
    const CloseStatus status = socket.close_status();
    Ended ended;
    ended.code = status.code;
    ended.reason = status.reason;
    ended.clean = status.clean;
    co_return ended;
}

/// Ends what needs a connection, of which there is none any more.
void ClientSession::lose() {
    sender_.reset();
    heart_.reset();
    socket_ = nullptr;
    const std::scoped_lock lock(mutex_);
    sending_ = false;
    backlog_ = 0;
    round_trip_ = 0;
    const std::size_t kept = options_->reconnect ? options_->max_queue : 0;
    while (outbox_size_ > kept && !outbox_.empty()) {
        outbox_size_ -= outbox_.back().payload.size();
        outbox_.pop_back();
    }
}

void ClientSession::begin_sending() {
    if (socket_ != nullptr) sender_ = send_outbox();
}

OwnedCoroutine ClientSession::send_outbox() {
    for (;;) {
        Kept next;
        {
            const std::scoped_lock lock(mutex_);
            // The rest is for the next connection, if there is one.
            if (socket_->ready_state() != ReadyState::open) co_return;
            if (outbox_.empty()) {
                sending_ = false;
                break;
            }
            next = std::move(outbox_.front());
            outbox_.pop_front();
            outbox_size_ -= next.payload.size();
            backlog_ = socket_->buffered_amount() + next.payload.size();
        }
        const auto bytes = std::as_bytes(std::span(next.payload));
        co_await socket_->send(Message(next.type, bytes));
        note_traffic();
    }
    std::unique_lock lock(mutex_);
    if (!farewell_) co_return;
    const Farewell farewell = *farewell_;
    lock.unlock();
    socket_->close(farewell.code, farewell.reason);
}

OwnedCoroutine ClientSession::beat() {
    for (;;) {
        co_await sleep_for(options_->ping_every);
        (void)co_await socket_->ping_and_wait();
        note_traffic();
    }
}

void ClientSession::note_traffic() {
    if (socket_ == nullptr) return;
    const auto round_trip = socket_->round_trip().value_or(std::chrono::microseconds(0));
    const std::size_t backlog = socket_->buffered_amount();
    const std::scoped_lock lock(mutex_);
    round_trip_ = static_cast<std::uint32_t>(round_trip.count());
    backlog_ = backlog;
}

void ClientSession::act_on_close() {
    if (socket_ != nullptr) {
        {
            const std::scoped_lock lock(mutex_);
            // Whoever sends what was sent before says goodbye too.
            if (std::exchange(sending_, true)) return;
        }
        begin_sending();
        return;
    }
    if (ready_state() == ReadyState::closed) return;
    Ended ended;
    if (std::exchange(reaching_, false))
        ended.error = Error(ErrorCode::cancelled,
                            "the Client was closed before its connection was established");
    else
        ended.clean = true;  // it was only waiting to try again
    drive_.reset();
    finish(ended);
}

void ClientSession::finish(const Ended& ended) {
    std::string server;
    {
        const std::scoped_lock lock(mutex_);
        state_ = ReadyState::closed;
        outbox_.clear();
        outbox_size_ = 0;
        server = url_;
    }
    if (ended.error)
        tell(&ClientOptions::on_error, "on_error", *ended.error);
    else if (!ended.clean)
        tell(&ClientOptions::on_error, "on_error",
             Error(ErrorCode::connection_failed,
                   ended.code == CloseCode::abnormal_closure
                       ? "the connection was lost, without a closing handshake"
                       : "the connection failed: " + std::to_string(to_number(ended.code)) + " " +
                             (ended.reason.empty() ? std::string(in_words(ended.code))
                                                   : ended.reason)));
    CloseStatus status = ended.status();
    status.clean = status.clean && status.code != CloseCode::abnormal_closure;
    tell(&ClientOptions::on_close, "on_close", status);
}

}  // namespace longwire::engine
