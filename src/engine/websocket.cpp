#include "engine/websocket_session.hpp"

#include <longwire/websocket.hpp>

#include <utility>

namespace longwire {

WebSocket::WebSocket(engine::WebSocketSession& session, Ownership ownership) noexcept
    : session_(&session), ownership_(ownership) {}

WebSocket::WebSocket(WebSocket&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)),
      ownership_(std::exchange(other.ownership_, Ownership::borrowed)) {}

WebSocket& WebSocket::operator=(WebSocket&& other) noexcept {
    if (this == &other) return *this;
    release();
    session_ = std::exchange(other.session_, nullptr);
    ownership_ = std::exchange(other.ownership_, Ownership::borrowed);
    return *this;
}

WebSocket::~WebSocket() {
    release();
}

void WebSocket::release() noexcept {
    if (session_ == nullptr || ownership_ == Ownership::borrowed) return;
    session_->close(CloseCode::normal, {});
    session_->release();
    session_ = nullptr;
}

Sending WebSocket::send(Message message) {
    return session_->send(message);
}
Sending WebSocket::send(const PreparedMessage& message) {
    return session_->send(message);
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
std::size_t WebSocket::buffered_amount() const noexcept {
    return session_->buffered_amount();
}
std::string WebSocket::peer() const {
    return session_->peer();
}
CloseStatus WebSocket::close_status() const noexcept {
    return session_->close_status();
}
Handle WebSocket::handle() {
    return session_->handle();
}

void* WebSocket::find_state(const void* key) const noexcept {
    return session_->find_state(key);
}

void WebSocket::keep_state(const void* key, void* state, void (*destroy)(void*)) {
    session_->keep_state(key, state, destroy);
}

bool Sending::await_ready() const noexcept {
    return session_->room_to_send();
}

void Sending::await_suspend(std::coroutine_handle<> awaiter) noexcept {
    awaiter_ = awaiter;
    waiting_ = true;
    session_->await_room(*this);
}

void Sending::forget() noexcept {
    session_->forget_sender(*this);
}

bool Receiving::await_ready() noexcept {
    return session_->message_ready();
}

void Receiving::await_suspend(std::coroutine_handle<> awaiter) noexcept {
    waiting_ = true;
    session_->await_message(awaiter);
}

void Receiving::forget() noexcept {
    session_->forget_receiver();
}

std::optional<Message> Receiving::await_resume() noexcept {
    waiting_ = false;
    return session_->take_message();
}

}  // namespace longwire
