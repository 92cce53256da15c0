#pragma once

#include <longwire/http_reply.hpp>
#include <longwire/request.hpp>
#include <longwire/response.hpp>
#include <longwire/states.hpp>
#include <longwire/task.hpp>

#include <concepts>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace longwire {

namespace engine {
struct PendingUpgrade;
}

/// A handshake that is about to be accepted; `on_upgrade` may still refuse it. On the connection's
/// loop only.
class Upgrade {
public:
    [[nodiscard]] const Request& request() const noexcept;

    /// Answers with `response` instead of 101. Its status must not be 101.
    void refuse(Response response);
    /// Answers with `status` and one line of text: `upgrade.refuse(401, "Sign in first.")`.
    void refuse(int status, std::string_view line) { refuse(Response::text(status, line)); }

    /// Adds a header field to the 101 response: a cookie, say. A Sec-WebSocket-Protocol chooses the
    /// subprotocol, in place of `WebSocketOptions::subprotocols`; one that the client has not
    /// offered is left out, and the log says so.
    void header(std::string_view name, std::string_view value);

    /// The T that `WebSocket::state` gives once the connection is open: what was found out about
    /// the client here need not be found out again. Made (by `T()`) at the first call; gone with
    /// the connection, or with the handshake if that is refused.
    template <class T>
    T& state() {
        return states().get<T>();
    }

    /// For a decision that another part of the program makes, in a handler that is not a
    /// coroutine: the handler returns, and what is then done with the reply is the answer. A
    /// response with the status 101 lets the client in (`on_open` runs within `send`, if that is
    /// called on the connection's loop), with the fields it has, but for those that the handshake
    /// writes itself; any other refuses. The client's handshake waits for as long as the reply is
    /// kept. `refuse` and `header` have no effect any more. What `state` holds stays; it may be a
    /// `shared_ptr` to what is only known later. Once for each upgrade.
    [[nodiscard]] HttpReply answer_later();

    Upgrade(const Upgrade&) = delete;
    Upgrade& operator=(const Upgrade&) = delete;

private:
    friend struct engine::PendingUpgrade;
    explicit Upgrade(engine::PendingUpgrade& pending) noexcept : pending_(pending) {}
    ~Upgrade() = default;
    [[nodiscard]] detail::States& states() noexcept;

    engine::PendingUpgrade& pending_;
};

/// What decides about handshakes (`WebSocketHandlers::on_upgrade`): a function, or a coroutine that
/// gives `Task<>`, of an `Upgrade&`. The handshake waits until it returns; the client is let in
/// unless it was refused. One that throws refuses with 500, and the log says so.
///
/// A coroutine may await what it needs to know: it may ask another server, or connect to the one
/// that the client is to be joined with, and take over its status or subprotocol. It goes on to its
/// own end if the client goes away meanwhile; what it decides then has no effect.
class UpgradeHandler {
public:
    UpgradeHandler() = default;
    template <class Function>
        requires(std::invocable<Function&, Upgrade&> &&
                 !std::same_as<std::remove_cvref_t<Function>, UpgradeHandler>)
    UpgradeHandler(Function function) {  // NOLINT(google-explicit-constructor)
        if constexpr (std::is_same_v<std::invoke_result_t<Function&, Upgrade&>, Task<>>)
            coroutine_ = std::move(function);
        else
            function_ = std::move(function);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return function_ || coroutine_; }

private:
    friend struct engine::PendingUpgrade;
    std::function<void(Upgrade&)> function_;
    std::function<Task<>(Upgrade&)> coroutine_;
};

}  // namespace longwire
