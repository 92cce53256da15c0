#pragma once

#include "engine/client/client_handlers.hpp"
#include "engine/client/client_loop.hpp"
#include "engine/client/client_outbox.hpp"
#include "engine/owned_coroutine.hpp"

#include <longwire/client.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::engine {

/// What stands behind a Client: made and asked by any thread, it lives on the loop of all Clients,
/// and stays there for as long as something of it has to be ended. There may be many thousands:
/// what is needed only at times is made only then, and what is the same for all is shared.
class ClientSession : public std::enable_shared_from_this<ClientSession> {
public:
    ClientSession(Client& client, std::string_view url,
                  std::shared_ptr<const ClientOptions> options,
                  std::unique_ptr<ClientHandlers> handlers);

    // ---- any thread
    void start();
    /// The Client is being destroyed: no event is told any more once this returns.
    void leave();
    SendStatus send(Message message);
    Result<void> close(CloseCode code, std::string_view reason);
    [[nodiscard]] std::string url() const;
    [[nodiscard]] ReadyState ready_state() const;
    [[nodiscard]] std::string protocol() const;
    [[nodiscard]] std::string extensions() const;
    [[nodiscard]] std::size_t buffered_amount() const;
    [[nodiscard]] std::optional<std::chrono::microseconds> round_trip() const;
    template <class Handler>
    void set(const ClientEvent<Handler>& event, Handler handler);

    /// Around a fork: nothing of any session is changing.
    static void lock_all();
    static void unlock_all() noexcept;

private:
    /// What server and client agreed on.
    struct Agreement {
        std::string protocol;
        std::string extensions;

        friend bool operator==(const Agreement&, const Agreement&) = default;
    };
    /// That the connection is to be closed.
    struct Farewell {
        CloseCode code;
        std::string reason;
        OwnedCoroutine patience = {};                 // while messages have yet to leave before it
        std::shared_ptr<ClientSession> session = {};  // where the Client is gone already
    };
    /// How a connection ended, or why none came about.
    struct Ended {
        std::optional<Error> error = {};
        CloseCode code = CloseCode::abnormal_closure;
        std::string reason = {};
        bool clean = false;

        [[nodiscard]] CloseStatus status() const {
            return {.code = code, .reason = reason, .clean = clean};
        }
    };

    // ---- the loop's thread
    OwnedCoroutine drive();
    Task<bool> establish();
    Task<Result<WebSocket>> reach();
    Task<std::optional<Error>> ask_hook(ClientRequest& request);
    [[nodiscard]] std::optional<Error> take_over(WebSocket socket);
    Task<bool> end_or_come_back();
    [[nodiscard]] std::optional<std::chrono::milliseconds> delay_after(const Ended& ended);
    [[nodiscard]] Ended lose();
    void finish(const Ended& ended);
    [[nodiscard]] Error error_of(const Ended& ended) const;
    void stop_driving();
    void act_on_close();
    void say_farewell();
    void abandon();
    OwnedCoroutine lose_patience();
    OwnedCoroutine beat();
    void note_traffic();
    template <class Handler, class... Arguments>
    void tell(const ClientEvent<Handler>& event, Arguments&&... arguments);
    void close_after_throw();

    // Sending: client_sending.cpp
    [[nodiscard]] std::size_t waiting() const noexcept;
    [[nodiscard]] bool admits(Message message) const noexcept;
    [[nodiscard]] bool may_send_at_once(const ClientLoop& loop) const noexcept;
    SendStatus send_at_once(Message message);
    void begin_sending();
    OwnedCoroutine see_off(Sending sending);
    [[nodiscard]] bool take_batch();
    [[nodiscard]] Sending pass_on();
    void note_backlog();
    void count_backlog(std::size_t in_socket) noexcept;
    void take_back_unsent(std::size_t most);

    /// Where there is a connection.
    [[nodiscard]] WebSocket& socket() noexcept {
        return *socket_;  // NOLINT(bugprone-unchecked-optional-access)
    }
    /// A mutex each would be an eighth of an idle Client. None is held while another is taken.
    static std::array<std::mutex, 64>& mutexes() noexcept;
    [[nodiscard]] static std::mutex& mutex_of(const ClientSession& session) noexcept;
    /// Made before this process was forked: it is the parent's, with its connection and the thread
    /// that drives it, and nothing of it is touched here.
    [[nodiscard]] bool is_of_parent() const noexcept { return forks_ != ClientLoop::forks(); }
    [[nodiscard]] std::mutex& mutex() const noexcept { return mutex_of(*this); }

    const std::shared_ptr<const ClientOptions> options_;
    // Guarded by the mutex.
    Client* client_;  // null once it is destroyed
    std::unique_ptr<ClientHandlers> handlers_;
    std::shared_ptr<const std::string> url_;
    std::shared_ptr<const Agreement> agreed_;
    std::unique_ptr<ClientOutbox> outbox_;  // what no socket has been given yet
    // What it has been given, or is about to be, and the operating system has not taken.
    std::size_t backlog_ = 0;
    std::unique_ptr<Farewell> farewell_;
    std::uint32_t backlog_messages_ = 0;  // whose heads are in the backlog with their payloads
    std::uint32_t round_trip_ = 0;        // in microseconds; 0: none
    ReadyState state_ = ReadyState::connecting;
    bool sending_ = false;  // somebody sees to it that the outbox is emptied
    // Not guarded: it stays.
    const std::uint16_t forks_ = ClientLoop::forks();
    // Set by the loop with the mutex, and waited for by who destroys the Client.
    std::atomic<bool> calling_ = false;  // a handler runs
    std::atomic<bool> asking_ = false;   // before_connect has begun

    // The loop's own.
    bool seeing_off_ : 1 = false;
    bool opening_ : 1 = false;  // on_open is being told
    bool reaching_ : 1 = true;  // a connection is being made, or about to be
    OwnedCoroutine drive_;
    OwnedCoroutine sender_;
    OwnedCoroutine heart_;
    std::optional<WebSocket> socket_;      // while there is a connection
    std::unique_ptr<ClientOutbox> batch_;  // what the socket is being given
    std::unique_ptr<Error> failure_;       // of the latest try
    std::unique_ptr<Backoff> backoff_;
};

template <class Handler>
void ClientSession::set(const ClientEvent<Handler>& event, Handler handler) {
    std::unique_lock lock(mutex());
    if (!handlers_) handlers_ = std::make_unique<ClientHandlers>();
    handlers_->own |= event.bit;
    handlers_->running &= static_cast<std::uint8_t>(~event.bit);
    // What is replaced is destroyed when the mutex is free again.
    std::swap((*handlers_).*event.own, handler);
    lock.unlock();
}

}  // namespace longwire::engine
