#include "engine/websocket/websocket_session.hpp"

#include <longwire/websocket.hpp>

#include <utility>

namespace longwire {

WebSocket::WebSocket(WebSocket&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)) {}

WebSocket& WebSocket::operator=(WebSocket&& other) noexcept {
    if (this == &other) return *this;
    release();
    session_ = std::exchange(other.session_, nullptr);
    return *this;
}

WebSocket::~WebSocket() {
    release();
}

void WebSocket::release() noexcept {
    if (session_ == nullptr || this == &session_->facade()) return;
    session_->close(CloseCode::normal, {});
    session_->release();
    session_ = nullptr;
}

Sending WebSocket::send(const PreparedMessage& message) {
    return session_->send(message);
}
Sending WebSocket::send_part(Message part, Part which) {
    return session_->send_part(part, which);
}
bool WebSocket::subscribe(std::string_view topic) {
    return session_->subscribe(topic);
}
bool WebSocket::unsubscribe(std::string_view topic) {
    return session_->unsubscribe(topic);
}
SendStatus WebSocket::publish(std::string_view topic, const PreparedMessage& message) {
    return session_->publish(topic, message);
}
void WebSocket::ping(std::string_view payload) {
    session_->ping(payload);
}
void WebSocket::close(CloseCode code, std::string_view reason) {
    session_->close(code, reason);
}
void WebSocket::terminate() {
    session_->terminate();
}
ReadyState WebSocket::ready_state() const noexcept {
    return session_->ready_state();
}
std::string_view WebSocket::protocol() const noexcept {
    return session_->protocol();
}
std::string WebSocket::extensions() const {
    return session_->extensions();
}
std::optional<std::chrono::microseconds> WebSocket::round_trip() const noexcept {
    return session_->round_trip();
}
std::size_t WebSocket::buffered_amount() const noexcept {
    return session_->buffered_amount();
}
std::string WebSocket::peer() const {
    return session_->peer();
}
CloseStatus WebSocket::close_status() const noexcept {
    return session_->close_status();
}
void WebSocket::name_user(std::string_view user) {
    session_->name_user(user);
}
Handle WebSocket::handle() {
    return session_->handle();
}

detail::States& WebSocket::states() {
    return session_->states();
}

bool Sending::await_ready() const noexcept {
    return session_->room_to_send(*this);
}

void Sending::await_suspend(std::coroutine_handle<> awaiter) noexcept {
    waiting_ = true;
    session_->await_room(*this, awaiter);
}

void Sending::forget() noexcept {
    session_->forget_sender(*this);
}

bool detail::Receipt::await_ready() noexcept {
    refused_ = !session_->may_receive();
    return refused_ ||
           session_->ready_to_give(wanted_ == Wanted::message ? engine::Intake::Wanted::message
                                                              : engine::Intake::Wanted::part);
}

void detail::Receipt::await_suspend(std::coroutine_handle<> awaiter) noexcept {
    waiting_ = true;
    session_->await_receipt(awaiter);
}

void detail::Receipt::forget() noexcept {
    session_->forget_receiver();
}

std::optional<Message> Receiving::await_resume() noexcept {
    engine::WebSocketSession& session = arrived();
    return refused() ? std::nullopt : session.take_message();
}

std::optional<MessagePart> ReceivingPart::await_resume() {
    engine::WebSocketSession& session = arrived();
    return refused() ? std::nullopt : session.take_part();
}

bool Pinging::await_ready() {
    return !session_->ask_peer();
}

void Pinging::await_suspend(std::coroutine_handle<> awaiter) noexcept {
    waiting_ = true;
    session_->await_pong(*this, awaiter);
}

void Pinging::forget() noexcept {
    session_->forget_pinger(*this);
}

}  // namespace longwire
