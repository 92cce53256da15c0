#include "engine/client/client_session.hpp"

#include "protocol/utf8.hpp"

#include <array>
#include <span>

namespace longwire::engine {

namespace {

constexpr std::size_t longest_reason = 123;

std::mutex& url_mutex() noexcept {
    static std::mutex mutex;
    return mutex;
}

/// The URL, shared with the Client that was made before it where it is the same.
std::shared_ptr<const std::string> share_url(std::string_view url) {
    static std::weak_ptr<const std::string> latest;
    const std::scoped_lock lock(url_mutex());
    if (auto known = latest.lock(); known && *known == url) return known;
    auto made = std::make_shared<const std::string>(url);
    latest = made;
    return made;
}

}  // namespace

ClientSession::ClientSession(Client& client, std::string_view url,
                             std::shared_ptr<const ClientOptions> options,
                             std::unique_ptr<ClientHandlers> handlers)
    : options_(std::move(options)),
      client_(&client),
      handlers_(std::move(handlers)),
      url_(share_url(url)) {}

std::array<std::mutex, 64>& ClientSession::mutexes() noexcept {
    static std::array<std::mutex, 64> all;
    return all;
}

std::mutex& ClientSession::mutex_of(const ClientSession& session) noexcept {
    return mutexes()[reinterpret_cast<std::uintptr_t>(&session) / 64 % mutexes().size()];
}

void ClientSession::lock_all() {
    for (std::mutex& each : mutexes()) each.lock();
    url_mutex().lock();
}

void ClientSession::unlock_all() noexcept {
    url_mutex().unlock();
    for (std::mutex& each : mutexes()) each.unlock();
}

void ClientSession::start() {
    ClientLoop& loop = ClientLoop::instance();
    if (!loop.works()) {
        state_ = ReadyState::closed;
        return;
    }
    loop.post([self = shared_from_this()] {
        if (self->ready_state() == ReadyState::connecting) self->drive_ = self->drive();
        // Otherwise whoever closes it, or destroys it, has yet to be heard.
    });
}

void ClientSession::leave() {
    if (is_of_parent()) return ClientLoop::keep_of_parent(shared_from_this());
    ClientLoop& loop = ClientLoop::instance();
    std::unique_ptr<ClientHandlers> handlers;
    {
        const std::scoped_lock lock(mutex());
        client_ = nullptr;
        if (state_ == ReadyState::connecting) state_ = ReadyState::closing;
        // Gone with the Client, whatever the loop has still to do.
        handlers = std::move(handlers_);
    }
    if (!loop.works()) {
        loop.keep(shared_from_this());
        return;
    }
    if (!loop.is_here()) calling_.wait(true);
    loop.post([self = shared_from_this()] { self->abandon(); });
    if (!loop.is_here()) asking_.wait(true);
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
    if (is_of_parent()) return {};
    {
        const std::scoped_lock lock(mutex());
        if (state_ == ReadyState::closing || state_ == ReadyState::closed) return {};
        state_ = ReadyState::closing;
        farewell_ = std::make_unique<Farewell>(Farewell{code, std::string(reason)});
    }
    ClientLoop::instance().post([self = shared_from_this()] { self->act_on_close(); });
    return {};
}

std::string ClientSession::url() const {
    const std::scoped_lock lock(mutex());
    return *url_;
}

ReadyState ClientSession::ready_state() const {
    if (is_of_parent()) return ReadyState::closed;
    const std::scoped_lock lock(mutex());
    return state_;
}

std::string ClientSession::protocol() const {
    const std::scoped_lock lock(mutex());
    return agreed_ ? agreed_->protocol : "";
}

std::string ClientSession::extensions() const {
    const std::scoped_lock lock(mutex());
    return agreed_ ? agreed_->extensions : "";
}

std::size_t ClientSession::buffered_amount() const {
    const std::scoped_lock lock(mutex());
    return (outbox_ ? outbox_->payload() : 0) + backlog_ -
           ClientOutbox::heads_of(backlog_messages_);
}

std::optional<std::chrono::microseconds> ClientSession::round_trip() const {
    const std::scoped_lock lock(mutex());
    if (round_trip_ == 0) return std::nullopt;
    return std::chrono::microseconds(round_trip_);
}

}  // namespace longwire::engine
