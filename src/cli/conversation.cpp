#include "cli/conversation.hpp"

#include "cli/ending.hpp"
#include "cli/exit_code.hpp"
#include "cli/header_lines.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <span>
#include <utility>

namespace longwire::cli {

namespace {

constexpr std::chrono::milliseconds usual_wait{200};
constexpr std::uint8_t max_redirects = 10;

}  // namespace

Conversation::Conversation(const ConnectOptions& options, Front& front)
    : options_(options), front_(front), headers_(fields_of(options.headers)) {}

longwire::ConnectOptions Conversation::terms() const {
    longwire::ConnectOptions terms;
    terms.subprotocols = NameList(std::span<const std::string>(options_.subprotocols));
    terms.headers = headers_;
    terms.origin = options_.origin;
    terms.user = options_.user;
    terms.bearer = options_.bearer;
    terms.cookies = options_.cookies;
    terms.proxy = options_.proxy;
    terms.environment_proxy = !options_.direct;
    terms.max_redirects = options_.follow ? max_redirects : std::uint8_t{0};
    terms.tls = {.roots_file = options_.roots_file,
                 .certificate_file = options_.certificate_file,
                 .key_file = options_.key_file,
                 .verify = !options_.insecure,
                 .pinned_keys = options_.pinned_keys};
    terms.handshake_timeout = options_.timeout;
    terms.limits = options_.limits;
    terms.limits.ping_every = options_.ping_every.value_or(std::chrono::milliseconds(0));
    return terms;
}

Task<int> Conversation::hold() {
    spawn(converse());
    while (!exit_code_) co_await changed_.change();
    reaching_.request_stop();
    while (is_reaching_) co_await changed_.change();
    // It must not outlive the loop.
    socket_.reset();
    co_await front_.shown();
    co_return exit_code_.value_or(failed);
}

Task<Result<WebSocket>> Conversation::reach() {
    const longwire::ConnectOptions terms = this->terms();
    is_reaching_ = true;
    auto socket = co_await until(reaching_.get_token(), longwire::connect(options_.url, terms));
    is_reaching_ = false;
    changed_.announce();
    co_return socket;
}

Task<> Conversation::converse() {
    for (;;) {
        const auto began = Clock::now();
        auto socket = co_await reach();
        if (exit_code_) co_return;
        if (!socket) {
            const auto delay = backoff_.after(socket.error());
            const bool again = co_await come_back(delay, socket.error().message());
            if (again) continue;
            if (!exit_code_) front_.refused(socket.error());
            finish(exit_code_of(socket.error().code()));
            co_return;
        }
        backoff_.connected();
        // Kept here too: whoever finishes lets go of the other at once.
        const auto connection = std::make_shared<WebSocket>(std::move(*socket));
        socket_ = connection;
        front_.opened(*connection,
                      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began));
        co_await talk();
        const CloseStatus status = connection->close_status();
        // The reason goes with the connection.
        const std::string why = "the connection was closed: " + in_words(status);
        const auto delay = leaving_ ? std::nullopt : backoff_.after(status);
        const bool again = co_await come_back(delay, why);
        if (again) continue;
        end_as(status);
        co_return;
    }
}

Task<> Conversation::talk() {
    const auto socket = socket_;
    last_heard_ = Clock::now();
    changed_.announce();
    while (const auto message = co_await socket->receive()) {
        last_heard_ = Clock::now();
        const std::size_t most = options_.count.value_or(SIZE_MAX);
        if (received_ >= most) continue;
        front_.received(*message);
        if (front_.is_behind()) co_await front_.caught_up();
        if (++received_ == most) close(CloseCode::normal, {});
    }
}

Task<bool> Conversation::come_back(std::optional<std::chrono::milliseconds> after,
                                   std::string why) {
    if (!options_.reconnect || leaving_ || exit_code_ || !after) co_return false;
    socket_.reset();
    next_attempt_ = Clock::now() + *after;
    front_.comes_back(why, *after);
    co_await sleep_for(*after);
    next_attempt_ = {};
    co_return true;
}

void Conversation::end_as(const CloseStatus& status) {
    front_.closed(status);
    if (interrupted_by_ != 0) return finish(signalled + interrupted_by_);
    if (!options_.count) return finish(exit_code_of(status));
    if (received_ >= *options_.count) return finish(success);
    front_.trouble(fmt::format("only {} of {} messages came", received_, *options_.count));
    const int code = exit_code_of(status);
    finish(code == success ? failed : code);
}

void Conversation::finish(int exit_code) {
    if (exit_code_) return;
    exit_code_ = exit_code;
    changed_.announce();
}

Task<bool> Conversation::send(Message message) {
    for (;;) {
        while (!exit_code_ && (!socket_ || socket_->ready_state() == ReadyState::closed))
            co_await changed_.change();
        if (exit_code_ || leaving_) co_return false;
        const auto socket = socket_;
        // NOLINTNEXTLINE(misc-const-correctness): awaiting it changes it
        Sending sending = socket->send(message);
        if (sending == SendStatus::dropped) {
            while (!exit_code_ && socket_ == socket) co_await changed_.change();
            continue;
        }
        // Shown before the answer can be.
        front_.sent(message);
        co_await sending;
        if (front_.is_behind()) co_await front_.caught_up();
        co_return true;
    }
}

std::shared_ptr<WebSocket> Conversation::open_socket() const noexcept {
    return state() == State::open && !leaving_ ? socket_ : nullptr;
}

Task<> Conversation::ping(std::string text) {
    const auto socket = socket_;
    if (state() != State::open) {
        front_.trouble("there is no connection to send a ping on");
        co_return;
    }
    if (!text.empty()) socket->ping(text);
    const auto took = co_await socket->ping_and_wait();
    if (took) front_.ponged(*took);
}

Task<> Conversation::measure() {
    const auto socket = socket_;
    if (socket) co_await socket->ping_and_wait();
}

void Conversation::close(CloseCode code, std::string_view reason) {
    leaving_ = true;
    if (socket_ && socket_->ready_state() != ReadyState::closed)
        socket_->close(code, reason);
    else
        finish(success);
    changed_.announce();
}

Task<> Conversation::close_when_quiet() {
    while (!exit_code_ && !socket_) co_await changed_.change();
    // Who counts awaits what is to be counted, unless a time for it was given as well.
    if (options_.count && !options_.wait) co_return;
    if (options_.wait == std::chrono::milliseconds::max()) co_return;
    // Many servers drop the answers that they have not sent when our close frame comes.
    const auto wait = options_.wait.value_or(usual_wait);
    if (wait.count() > 0) co_await be_heard();
    const auto ended = Clock::now();
    while (!exit_code_) {
        const auto since = Clock::now() - std::max(ended, last_heard_);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(wait - since);
        if (left.count() <= 0) break;
        co_await sleep_for(left);
    }
    if (!exit_code_) close(CloseCode::normal, {});
}

/// A server that is far away or busy is not quiet, but has yet to come to what it was sent last.
Task<> Conversation::be_heard() {
    const auto socket = open_socket();
    if (socket) (void)co_await within(options_.timeout, socket->ping_and_wait());
}

void Conversation::interrupt(int signal) {
    const bool again = std::exchange(interrupted_by_, signal) != 0;
    const bool connected = socket_ && socket_->ready_state() != ReadyState::closed;
    if (again || !connected) {
        if (connected) socket_->terminate();
        return finish(signalled + signal);
    }
    close(signal == SIGINT ? CloseCode::normal : CloseCode::going_away, {});
}

Conversation::State Conversation::state() const noexcept {
    if (exit_code_) return State::over;
    if (next_attempt_ != Clock::time_point()) return State::waiting;
    if (!socket_) return State::connecting;
    switch (socket_->ready_state()) {
        case ReadyState::open:
            return State::open;
        case ReadyState::closing:
            return State::closing;
        default:
            return leaving_ ? State::closing : State::connecting;
    }
}

std::chrono::milliseconds Conversation::until_attempt() const {
    return std::chrono::ceil<std::chrono::milliseconds>(next_attempt_ - Clock::now());
}

std::optional<std::chrono::microseconds> Conversation::round_trip() const {
    return socket_ ? socket_->round_trip() : std::nullopt;
}

std::string_view Conversation::protocol() const {
    return socket_ ? socket_->protocol() : std::string_view();
}

}  // namespace longwire::cli
