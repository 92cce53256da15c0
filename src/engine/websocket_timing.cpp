#include "engine/log.hpp"
#include "engine/websocket_events.hpp"
#include "engine/websocket_session.hpp"

#include <algorithm>
#include <utility>

namespace longwire::engine {

namespace {

constexpr int patience_for_pong = 10;  // in intervals of ping_every

}  // namespace

void WebSocketSession::on_timer() {
    if (stream_ == nullptr) return;
    if (connection_.state() == ReadyState::closing) {
        stream_->close(net::Ending::timed_out);
        return;
    }
    const auto now = worker_.loop().now();
    discount_pause();
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
    if (time_to_ping().count() <= 0) send_own_ping();
    arm_timer();
}

std::chrono::milliseconds WebSocketSession::time_to_ping() const noexcept {
    using std::chrono::milliseconds;
    const auto now = worker_.loop().now();
    const auto since = [now](auto then) {
        return std::chrono::duration_cast<milliseconds>(now - then);
    };
    auto left = milliseconds::max();
    if (terms_.ping_after.count() > 0 && !pinged_) left = terms_.ping_after - since(last_heard_);
    if (terms_.ping_every.count() > 0) {
        // One that takes longer than the others to be answered is waited for, if not for good: a
        // peer may leave out the answer to all but the latest ping.
        const int intervals = round_trip_.unanswered() ? patience_for_pong : 1;
        left = std::min(left, intervals * terms_.ping_every - since(round_trip_.pinged()));
    }
    return left;
}

bool WebSocketSession::send_own_ping() {
    pinged_ = true;
    const auto payload = round_trip_.ping();
    if (!admit(payload.size(), terms_.slow_reader)) return false;
    Events events{*this};
    return connection_.ping(payload, events);
}

void WebSocketSession::await_pong(Pinging& pinging, std::coroutine_handle<> awaiter) noexcept {
    pingers_.add(pinging, awaiter);
}

void WebSocketSession::forget_pinger(const Pinging& pinging) noexcept {
    pingers_.forget(pinging);
}

void WebSocketSession::resume_pingers() {
    const net::Ref<WebSocketSession> self(this);
    const bool answered = std::exchange(answered_, false);
    if (!answered && connection_.state() != ReadyState::closed) return;
    pingers_.resume<Pinging>([&](Pinging& pinging) {
        if (answered) pinging.round_trip_ = round_trip_.latest();
        return true;
    });
}

void WebSocketSession::arm_timer() {
    const auto silent =
        std::chrono::duration_cast<std::chrono::milliseconds>(worker_.loop().now() - last_heard_);
    auto after = time_to_ping();
    if (terms_.idle_timeout.count() > 0) after = std::min(after, terms_.idle_timeout - silent);
    after = std::min(after, frame_time_left());
    if (after != std::chrono::milliseconds::max())
        stream_->arm(std::max(after, std::chrono::milliseconds(1)));
}

void WebSocketSession::ping(std::string_view payload) {
    if (!admit(payload.size(), terms_.slow_reader)) return;
    Events events{*this};
    connection_.ping(std::as_bytes(std::span(payload.substr(0, 125))), events);
}

void WebSocketSession::watch_frame(std::size_t received) {
    const auto frame = connection_.unfinished_frame();
    if (!frame || stream_ == nullptr || terms_.frame_timeout.count() == 0) return;
    // The same frame as before has more than what came just now.
    if (frame->received > received && frame_began_ != net::Loop::Clock::time_point()) return;
    frame_began_ = last_heard_;
    if (connection_.state() == ReadyState::open) arm_timer();
}

void WebSocketSession::discount_pause() noexcept {
    if (!conversation_ || !conversation_->arrivals) return;
    auto& paused = conversation_->arrivals->paused;
    if (paused == net::Loop::Clock::time_point()) return;
    // A peer that we do not read cannot be heard, and what it cannot send is not late.
    const auto now = worker_.loop().now();
    last_heard_ = now;
    frame_began_ += now - std::exchange(paused, now);
}

std::chrono::milliseconds WebSocketSession::frame_time_left() const noexcept {
    constexpr std::uint64_t slowest = 4096;  // bytes a second
    const auto frame = connection_.unfinished_frame();
    if (!frame || terms_.frame_timeout.count() == 0) return std::chrono::milliseconds::max();
    // A length is only claimed, and may be any number.
    constexpr std::uint64_t longest = 1'000'000;
    const std::chrono::seconds for_its_length(std::min(frame->length / slowest, longest));
    const auto deadline = frame_began_ + terms_.frame_timeout + for_its_length;
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - worker_.loop().now());
}

void WebSocketSession::count_control_frame() {
    if (!control_frames_.count(worker_.loop().now(), terms_.max_control_frames))
        close(CloseCode::policy_violation, "too many pings and pongs");
}

}  // namespace longwire::engine
