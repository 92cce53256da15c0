#include "engine/client/client_options.hpp"
#include "engine/client/client_session.hpp"
#include "engine/log.hpp"
#include "engine/websocket/websocket_session.hpp"
#include "http/url.hpp"

#include <longwire/connect.hpp>
#include <longwire/http_answer.hpp>
#include <longwire/run.hpp>

#include <vector>

namespace longwire::engine {

template <class Handler, class... Arguments>
void ClientSession::tell(const ClientEvent<Handler>& event, Arguments&&... arguments) {
    std::unique_lock lock(mutex());
    if (client_ == nullptr || !ClientLoop::instance().works()) return;
    // As the standard has it: who has closed hears no more messages.
    if (event.bit == client_event::message.bit && state_ != ReadyState::open) return;
    Client& client = *client_;
    // Taken out, for it may be replaced while it runs, and the Client destroyed.
    Handler taken;
    const bool own = handlers_ && (handlers_->own & event.bit) != 0;
    if (own) {
        taken = std::move((*handlers_).*event.own);
        handlers_->running = event.bit;
    }
    const Handler& handler = own ? taken : (*options_).*event.shared;
    calling_ = true;
    lock.unlock();
    bool threw = false;
    try {
        if (handler) handler(client, std::forward<Arguments>(arguments)...);
    } catch (...) {
        threw = true;
        log(LogLevel::warning, std::string(event.name) + " of a Client threw an exception (" +
                                   std::string(current_exception_words()) +
                                   "); its connection is closed with 1011");
    }
    if (threw) close_after_throw();
    lock.lock();
    if (own && handlers_ && std::exchange(handlers_->running, std::uint8_t{0}) == event.bit)
        (*handlers_).*event.own = std::move(taken);
    lock.unlock();
    // Whoever waits is to find nothing of it left.
    taken = nullptr;
    calling_ = false;
    calling_.notify_all();
}

void ClientSession::close_after_throw() {
    if (!socket_) return;
    {
        const std::scoped_lock lock(mutex());
        if (state_ == ReadyState::open) state_ = ReadyState::closing;
    }
    socket().close(CloseCode::internal_error, "internal error");
}

// ---- from the first try to the end --------------------------------------------------------------

/// Its frame is what an idle Client keeps: what is needed only at times is in tasks of their own.
OwnedCoroutine ClientSession::drive() {
    bool goes_on = true;
    while (goes_on) {
        const bool open = co_await establish();
        if (open) {
            while (const auto message = co_await socket().receive()) {
                tell(client_event::message, *message);
                note_traffic();
            }
        }
        goes_on = co_await end_or_come_back();
    }
}

Task<bool> ClientSession::establish() {
    reaching_ = true;
    auto made = co_await reach();
    reaching_ = false;
    std::optional<Error> error;
    if (made)
        error = take_over(std::move(*made));
    else
        error = std::move(made.error());
    if (!error) co_return true;
    failure_ = std::make_unique<Error>(std::move(*error));
    co_return false;
}

Task<Result<WebSocket>> ClientSession::reach() {
    const ClientOptions& options = *options_;
    ClientRequest request = {.url = url(),
                             .headers = options.headers,
                             .user = options.user,
                             .bearer = options.bearer,
                             .cookies = options.cookies};
    if (options.before_connect) {
        auto error = co_await ask_hook(request);
        if (error) co_return Failure(std::move(*error));
    }
    std::vector<HeaderField> headers;
    headers.reserve(request.headers.size());
    for (const auto& [name, value] : request.headers)
        headers.push_back({.name = name, .value = value});
    const auto connecting = connect_options(options, request, headers);
    if (!connecting) co_return Failure(connecting.error());
    co_return co_await connect(request.url, *connecting);
}

Task<std::optional<Error>> ClientSession::ask_hook(ClientRequest& request) {
    {
        const std::scoped_lock lock(mutex());
        if (client_ == nullptr)
            co_return Error(ErrorCode::cancelled, "the Client was destroyed before it connected");
        asking_ = true;
    }
    std::optional<Error> error;
    try {
        co_await options_->before_connect(request);
    } catch (...) {
        error.emplace(ErrorCode::cancelled, "before_connect threw an exception (" +
                                                std::string(current_exception_words()) + ")");
    }
    asking_ = false;
    asking_.notify_all();
    if (!error && request.give_up)
        error.emplace(ErrorCode::cancelled, "before_connect cancelled the connection");
    if (!error) {
        auto url = std::make_shared<const std::string>(request.url);
        const std::scoped_lock lock(mutex());
        if (*url_ != *url) url_.swap(url);
    }
    co_return error;
}

/// A connection is open. Gives why there is none all the same, if nobody wants it any more.
std::optional<Error> ClientSession::take_over(WebSocket socket) {
    // Most of many Clients agree with their servers on the same.
    static thread_local std::weak_ptr<const Agreement> latest;
    const Agreement agreement = {.protocol = std::string(socket.protocol()),
                                 .extensions = socket.extensions()};
    auto agreed = latest.lock();
    if (!agreed || *agreed != agreement) agreed = std::make_shared<const Agreement>(agreement);
    latest = agreed;
    {
        const std::scoped_lock lock(mutex());
        agreed_.swap(agreed);
        if (client_ == nullptr || farewell_)
            return Error(ErrorCode::cancelled,
                         "the Client was closed before its connection was established");
        state_ = ReadyState::open;
    }
    if (options_->reconnect) {
        if (!backoff_)
            backoff_ = std::make_unique<Backoff>(options_->reconnect.value_or(Reconnect()));
        backoff_->connected();
    }
    socket_.emplace(std::move(socket));
    opening_ = true;
    tell(client_event::open);
    opening_ = false;
    {
        const std::scoped_lock lock(mutex());
        sending_ = true;
    }
    begin_sending();
    if (options_->limits.ping_every.count() > 0) heart_ = beat();
    return std::nullopt;
}

Task<bool> ClientSession::end_or_come_back() {
    const Ended ended = lose();
    auto delay = delay_after(ended);
    {
        const std::scoped_lock lock(mutex());
        if (client_ == nullptr || farewell_ || !ClientLoop::instance().works()) delay.reset();
        if (delay) {
            state_ = ReadyState::connecting;
            take_back_unsent(options_->max_queue);
        }
    }
    if (!delay) {
        finish(ended);
        co_return false;
    }
    const Interruption interruption = {.error = ended.error ? &*ended.error : nullptr,
                                       .status = ended.status(),
                                       .tries = backoff_->tries(),
                                       .delay = *delay};
    tell(client_event::reconnecting, interruption);
    co_await sleep_for(*delay);
    co_return true;
}

std::optional<std::chrono::milliseconds> ClientSession::delay_after(const Ended& ended) {
    if (!options_->reconnect) return std::nullopt;
    if (!backoff_) backoff_ = std::make_unique<Backoff>(options_->reconnect.value_or(Reconnect()));
    if (!ended.error) return backoff_->after(ended.status());
    const HttpAnswer* const answer = ended.error->answer();
    const bool may_be_let_in = options_->before_connect && answer != nullptr &&
                               !answer->from_proxy &&
                               (answer->status == 401 || answer->status == 403);
    if (!may_be_let_in) return backoff_->after(*ended.error);
    return backoff_->after(Error(ended.error->code(), ended.error->message()));
}

/// Ends what needs a connection, of which there is none any more, and says how that ended.
ClientSession::Ended ClientSession::lose() {
    Ended ended;
    if (socket_) {
        const CloseStatus status = socket().close_status();
        ended.code = status.code;
        ended.reason = status.reason;
        ended.clean = status.clean;
    } else if (failure_) {
        ended.error = std::move(*failure_);
    }
    failure_.reset();
    heart_.reset();
    sender_.reset();
    seeing_off_ = false;
    socket_.reset();
    const std::scoped_lock lock(mutex());
    round_trip_ = 0;
    return ended;
}

void ClientSession::finish(const Ended& ended) {
    backoff_.reset();
    {
        const std::scoped_lock lock(mutex());
        state_ = ReadyState::closed;
        take_back_unsent(0);
    }
    if (ended.error || !ended.clean) tell(client_event::error, error_of(ended));
    CloseStatus status = ended.status();
    status.clean = status.clean && status.code != CloseCode::abnormal_closure;
    tell(client_event::close, status);
    // If the Client is gone, only this has kept the session; which cannot go from under its own
    // coroutine.
    std::unique_ptr<Farewell> farewell;
    {
        const std::scoped_lock lock(mutex());
        farewell = std::move(farewell_);
    }
    if (farewell && farewell->session)
        ClientLoop::instance().post([session = std::move(farewell->session)] {});
}

Error ClientSession::error_of(const Ended& ended) const {
    if (ended.error) return *ended.error;
    // Not the URL as it is, which may hold a password.
    const auto url = http::parse_url(this->url());
    const std::string whose = "the connection to " + (url ? url->authority() : "the server");
    if (ended.code == CloseCode::abnormal_closure)
        return {ErrorCode::connection_failed, whose + " was lost, without a closing handshake"};
    return {ErrorCode::connection_failed,
            whose + " failed with " + std::to_string(to_number(ended.code)) + ": " +
                (ended.reason.empty() ? std::string(in_words(ended.code)) : ended.reason)};
}

// ---- being closed -------------------------------------------------------------------------------

void ClientSession::stop_driving() {
    drive_.reset();
    reaching_ = false;
    asking_ = false;
    asking_.notify_all();
}

void ClientSession::act_on_close() {
    bool first_the_rest = false;
    {
        const std::scoped_lock lock(mutex());
        if (!farewell_ || state_ == ReadyState::closed) return;
        first_the_rest = sending_;
    }
    if (socket_) {
        if (!first_the_rest)
            say_farewell();
        else
            farewell_->patience = lose_patience();
        return;
    }
    Ended ended;
    if (reaching_)
        ended.error = Error(ErrorCode::cancelled,
                            "the Client was closed before its connection was established");
    else
        ended.clean = true;  // it was only waiting to try again
    stop_driving();
    (void)lose();
    finish(ended);
}

/// A server that reads nothing is not to keep what is closing.
OwnedCoroutine ClientSession::lose_patience() {
    const std::chrono::milliseconds patience = options_->limits.close_timeout.count() > 0
                                                   ? options_->limits.close_timeout
                                                   : std::chrono::seconds(5);
    const WebSocketSession& session = WebSocketSession::of(socket());
    net::Uptake uptake = session.uptake();
    std::optional wait = uptake.first_wait(patience);
    while (wait) {
        co_await sleep_for(*wait);
        wait = session.wait_for(uptake, patience);
        // The socket is given the rest bit by bit.
        if (wait && !uptake.under_way()) uptake = session.uptake();
    }
    ClientLoop::instance().post([self = shared_from_this()] { self->say_farewell(); });
}

void ClientSession::say_farewell() {
    if (!socket_ || !farewell_) return;
    // What it was said with may be gone by the time that it has been said.
    const CloseCode code = farewell_->code;
    const std::string reason = farewell_->reason;
    socket().close(code, reason);
}

/// The Client is gone.
void ClientSession::abandon() {
    {
        const std::scoped_lock lock(mutex());
        if (state_ == ReadyState::closed) return;
        state_ = ReadyState::closing;
        if (!farewell_) farewell_ = std::make_unique<Farewell>(Farewell{CloseCode::normal, ""});
        if (socket_) farewell_->session = shared_from_this();
    }
    act_on_close();
}

// ---- the round trip -----------------------------------------------------------------------------

OwnedCoroutine ClientSession::beat() {
    for (;;) {
        co_await sleep_for(options_->limits.ping_every);
        (void)co_await socket().ping_and_wait();
        note_traffic();
    }
}

void ClientSession::note_traffic() {
    if (!socket_) return;
    const auto round_trip = socket().round_trip();
    if (!round_trip) return;
    const std::scoped_lock lock(mutex());
    round_trip_ = static_cast<std::uint32_t>(round_trip->count());
}

}  // namespace longwire::engine
