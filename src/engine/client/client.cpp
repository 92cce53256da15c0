#include "engine/client/client_options.hpp"
#include "engine/client/client_session.hpp"

#include <longwire/client.hpp>

#include <memory>
#include <utility>

namespace longwire {

namespace {

ClientOptions options_with(const NameList& subprotocols) {
    ClientOptions options;
    const auto names = subprotocols.view();
    options.subprotocols.assign(names.begin(), names.end());
    return options;
}

}  // namespace

Client::Client(std::string_view url, const NameList& subprotocols)
    : Client(url, options_with(subprotocols)) {}

Client::Client(std::string_view url, ClientOptions options) {
    std::unique_ptr<engine::ClientHandlers> handlers;
    auto shared = engine::divide(std::move(options), handlers);
    session_ =
        std::make_shared<engine::ClientSession>(*this, url, std::move(shared), std::move(handlers));
    session_->start();
}

Client::Client(std::string_view url, std::shared_ptr<const ClientOptions> options)
    : session_(std::make_shared<engine::ClientSession>(*this, url, std::move(options), nullptr)) {
    session_->start();
}

Client::~Client() {
    session_->leave();
}

std::string Client::url() const {
    return session_->url();
}

ReadyState Client::ready_state() const {
    return session_->ready_state();
}

std::string Client::protocol() const {
    return session_->protocol();
}

std::string Client::extensions() const {
    return session_->extensions();
}

std::size_t Client::buffered_amount() const {
    return session_->buffered_amount();
}

std::optional<std::chrono::microseconds> Client::round_trip() const {
    return session_->round_trip();
}

SendStatus Client::send(Message message) {
    return session_->send(message);
}

Result<void> Client::close(CloseCode code, std::string_view reason) {
    return session_->close(code, reason);
}

void Client::on_open(std::function<void(Client&)> handler) {
    session_->set(engine::client_event::open, std::move(handler));
}

void Client::on_message(std::function<void(Client&, Message)> handler) {
    session_->set(engine::client_event::message, std::move(handler));
}

void Client::on_error(std::function<void(Client&, const Error&)> handler) {
    session_->set(engine::client_event::error, std::move(handler));
}

void Client::on_close(std::function<void(Client&, const CloseStatus&)> handler) {
    session_->set(engine::client_event::close, std::move(handler));
}

void Client::on_reconnecting(std::function<void(Client&, const Interruption&)> handler) {
    session_->set(engine::client_event::reconnecting, std::move(handler));
}

}  // namespace longwire
