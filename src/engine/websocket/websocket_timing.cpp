#include "engine/log.hpp"
#include "engine/websocket/websocket_particulars.hpp"

#include <algorithm>
#include <utility>

namespace longwire::engine {

namespace {

constexpr int patience_for_pong = 10;  // in intervals of ping_every

}  // namespace

void WebSocketSession::on_timer() {
    if (stream_ == nullptr) return;
    if (connection_.state() == ReadyState::closing) return await_close_frame();
    discount_pause();
    if (frame_time_left().count() <= 0) {
        log(LogLevel::debug, "closed a connection that sent a frame too slowly");
        close(CloseCode::policy_violation, "sends too slowly");
        return;
    }
    const bool ping_is_due = time_to_ping().count() <= 0;
    look_at_uptake();
    if (terms().idle_timeout.count() > 0 && silence() >= terms().idle_timeout) {
        log(LogLevel::debug, "closed a connection that was silent for too long");
        stream_->close(net::Ending::timed_out);
        return;
    }
    if (ping_is_due) send_own_ping();
    arm_timer();
    tidy();
}

/// For how long nothing was heard; it is asked long before that is more than the 32 bits tell.
std::chrono::milliseconds WebSocketSession::silence() const noexcept {
    return std::chrono::milliseconds(worker_.loop().milliseconds() - last_heard_);
}

std::chrono::milliseconds WebSocketSession::time_to_ping() const noexcept {
    using std::chrono::milliseconds;
    auto left = milliseconds::max();
    if (terms().ping_after.count() > 0 && !pinged_) left = terms().ping_after - silence();
    if (terms().ping_every.count() > 0) {
        // One that takes longer than the others to be answered is waited for, if not for good: a
        // peer may leave out the answer to all but the latest ping.
        const RoundTrip& round_trip = particulars_->round_trip;
        const int intervals = round_trip.unanswered() ? patience_for_pong : 1;
        const auto passed =
            std::chrono::duration_cast<milliseconds>(worker_.loop().now() - round_trip.pinged());
        left = std::min(left, intervals * terms().ping_every - passed);
    }
    return left;
}

/// What the peer's system takes while we wait for the peer is a sign of life: it may have yet to
/// get what it is to answer. That is asked of the system where there is nothing else to go by.
void WebSocketSession::look_at_uptake() {
    if (particulars_ && particulars_->uptake.moved(*stream_))
        last_heard_ = worker_.loop().milliseconds();
    if (looked_ || time_to_look().count() > 0) return;
    looked_ = pinged_ = true;
    const net::Uptake now = uptake();
    if (now.under_way()) need_particulars().uptake = now;
}

std::chrono::milliseconds WebSocketSession::time_to_look() const noexcept {
    const auto patience = terms().idle_timeout;
    if (patience.count() == 0) return std::chrono::milliseconds::max();
    if (particulars_ && particulars_->uptake.under_way())
        return particulars_->uptake.first_wait(patience);
    if (looked_) return std::chrono::milliseconds::max();
    const auto ping_after = terms().ping_after;
    const bool pings = ping_after.count() > 0 && ping_after < patience;
    return (pings ? ping_after : patience / 2) - silence();
}

/// The peer can answer our close frame only when it has all that came before it.
void WebSocketSession::await_close_frame() noexcept {
    const auto wait = particulars_ ? particulars_->uptake.wait(*stream_, terms().close_timeout)
                                   : std::optional<std::chrono::milliseconds>();
    if (wait)
        stream_->arm(*wait);
    else
        stream_->close(net::Ending::timed_out);
}

void WebSocketSession::watch_uptake() {
    const net::Uptake now = uptake();
    if (now.under_way() || particulars_) need_particulars().watched = now;
}

bool WebSocketSession::takes() noexcept {
    return stream_ != nullptr && particulars_ && particulars_->watched.moved(*stream_);
}

bool WebSocketSession::ask_peer() {
    return admit(RoundTrip::ping_size, terms().slow_reader) && send_own_ping();
}

/// Also where there is no room for messages: what waits is what the peer is asked about.
bool WebSocketSession::send_own_ping() {
    pinged_ = true;
    if (!can_send() || !admits_control_frame(RoundTrip::ping_size)) return false;
    const auto payload = need_particulars().round_trip.ping(worker_.loop().clock());
    Events events{*this};
    return connection_.ping(payload, events);
}

void WebSocketSession::await_pong(Pinging& pinging, std::coroutine_handle<> awaiter) noexcept {
    need_particulars().pingers.add(pinging, awaiter);
}

void WebSocketSession::forget_pinger(const Pinging& pinging) noexcept {
    if (particulars_) particulars_->pingers.forget(pinging);
}

void WebSocketSession::resume_pingers() {
    const net::Ref<WebSocketSession> self(this);
    const bool answered = answered_;
    answered_ = false;
    if (!answered && connection_.state() != ReadyState::closed) return;
    if (!particulars_) return;
    particulars_->pingers.resume<Pinging>([&](Pinging& pinging) {
        if (answered) pinging.round_trip_ = round_trip();
        return true;
    });
}

void WebSocketSession::arm_timer() {
    auto after = std::min(time_to_ping(), time_to_look());
    if (terms().idle_timeout.count() > 0) after = std::min(after, terms().idle_timeout - silence());
    after = std::min(after, frame_time_left());
    if (after != std::chrono::milliseconds::max())
        stream_->arm(std::max(after, std::chrono::milliseconds(1)));
}

void WebSocketSession::ping(std::string_view payload) {
    if (!admit(payload.size(), terms().slow_reader)) return;
    Events events{*this};
    connection_.ping(std::as_bytes(std::span(payload.substr(0, 125))), events);
}

void WebSocketSession::watch_frame(std::size_t received) {
    const auto frame = connection_.unfinished_frame();
    if (!frame || stream_ == nullptr || terms().frame_timeout.count() == 0) return;
    // The same frame as before has more than what came just now.
    auto& began = need_particulars().frame_began;
    if (frame->received > received && began != net::Loop::Clock::time_point()) return;
    began = worker_.loop().now();
    if (connection_.state() == ReadyState::open) arm_timer();
}

void WebSocketSession::discount_pause() noexcept {
    if (!conversation() || !conversation()->arrivals) return;
    auto& paused = conversation()->arrivals->paused;
    if (paused == net::Loop::Clock::time_point()) return;
    // A peer that we do not read cannot be heard, and what it cannot send is not late.
    const auto now = worker_.loop().now();
    last_heard_ = worker_.loop().milliseconds();
    particulars_->frame_began += now - std::exchange(paused, now);
}

std::chrono::milliseconds WebSocketSession::frame_time_left() const noexcept {
    constexpr std::uint64_t slowest = 4096;  // bytes a second
    const auto frame = connection_.unfinished_frame();
    if (!frame || terms().frame_timeout.count() == 0) return std::chrono::milliseconds::max();
    // A length is only claimed, and may be any number.
    constexpr std::uint64_t longest = 1'000'000;
    const std::chrono::seconds for_its_length(std::min(frame->length / slowest, longest));
    const auto began = particulars_ ? particulars_->frame_began : worker_.loop().now();
    const auto deadline = began + terms().frame_timeout + for_its_length;
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - worker_.loop().now());
}

void WebSocketSession::count_control_frame() {
    if (terms().max_control_frames == 0) return;
    if (!need_particulars().control_frames.count(worker_.loop().now(), terms().max_control_frames))
        close(CloseCode::policy_violation, "too many pings and pongs");
}

/// One large message may fill the backlog beyond its bound: pings and pongs have room of their own.
bool WebSocketSession::admits_control_frame(std::size_t size) {
    if (stream_ == nullptr || stream_->backlog() <= terms().max_backlog + always_admitted)
        return true;
    constexpr std::size_t overhead = 8;
    auto& beyond = need_particulars().control_bytes_beyond;
    beyond += size + overhead;
    return beyond <= always_admitted;
}

void WebSocketSession::take_pong(std::span<const std::byte> payload) {
    const std::uint32_t taken =
        particulars_ ? particulars_->round_trip.answered(payload, worker_.loop().clock()) : 0;
    // One that we asked for cannot be one too many.
    if (taken == 0) return count_control_frame();
    latest_round_trip_ = taken;
    answered_ = !particulars_->pingers.empty();
}

}  // namespace longwire::engine
