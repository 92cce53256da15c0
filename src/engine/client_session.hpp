#pragma once

#include "engine/client_loop.hpp"
#include "engine/owned_coroutine.hpp"

#include <longwire/client.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::engine {

/// What stands behind a Client: made and asked by any thread, it lives on the loop of all Clients,
/// and stays there for as long as something of it has to be ended.
class ClientSession : public std::enable_shared_from_this<ClientSession> {
public:
    ClientSession(Client& client, std::string_view url,
                  std::shared_ptr<const ClientOptions> options);

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
    void set(Handler ClientOptions::* which, Handler handler);

private:
    struct Kept {
        MessageType type;
        std::string payload;
    };
    struct Farewell {
        CloseCode code;
        std::string reason;
    };
    struct Ended {
        std::optional<Error> error = {};  // no connection could be made
        CloseCode code = CloseCode::abnormal_closure;
        std::string reason = {};
        bool clean = false;

        /// Null where there was a connection.
        [[nodiscard]] const Error* why() const noexcept { return error ? &*error : nullptr; }
        [[nodiscard]] CloseStatus status() const {
            return {.code = code, .reason = reason, .clean = clean};
        }
    };

    // ---- the loop's thread
    OwnedCoroutine drive();
    OwnedCoroutine send_outbox();
    OwnedCoroutine beat();
    Task<Result<WebSocket>> reach();
    Task<Ended> connection();
    Task<Ended> converse(WebSocket& socket);
    [[nodiscard]] std::optional<std::chrono::milliseconds> delay_after(const Ended& ended);
    void begin_sending();
    void act_on_close();
    void finish(const Ended& ended);
    void lose();
    void note_traffic();
    template <class Handler, class... Arguments>
    void tell(Handler ClientOptions::* which, std::string_view name, Arguments&&... arguments);

    [[nodiscard]] bool asked_to_end() const;
    [[nodiscard]] bool admits(std::size_t size) const noexcept;

    const std::shared_ptr<const ClientOptions> options_;
    mutable std::mutex mutex_;
    // Guarded by the mutex.
    Client* client_;                                 // null once it is destroyed
    std::shared_ptr<const ClientOptions> handlers_;  // the options, or a copy with other handlers
    std::string url_;
    std::string protocol_;
    std::string extensions_;
    std::list<Kept> outbox_;       // not a deque: an empty one costs 600 bytes
    std::size_t outbox_size_ = 0;  // of the payloads
    std::size_t backlog_ = 0;      // the connection's, when it was looked at last
    std::unique_ptr<Farewell> farewell_;
    std::uint32_t round_trip_ = 0;  // in microseconds; 0: none
    ReadyState state_ = ReadyState::connecting;
    bool sending_ = false;  // the outbox is being emptied, or is about to be
    std::atomic<bool> calling_ = false;

    // The loop's own.
    OwnedCoroutine drive_;
    OwnedCoroutine sender_;
    OwnedCoroutine heart_;
    WebSocket* socket_ = nullptr;       // while it is open
    std::unique_ptr<Backoff> backoff_;  // with `reconnect`
    bool opening_ = false;              // on_open is being told
    bool reaching_ = false;             // a connection is being made
};

template <class Handler>
void ClientSession::set(Handler ClientOptions::* which, Handler handler) {
    const std::scoped_lock lock(mutex_);
    auto changed = std::make_shared<ClientOptions>(*handlers_);
    (*changed).*which = std::move(handler);
    handlers_ = std::move(changed);
}

}  // namespace longwire::engine
