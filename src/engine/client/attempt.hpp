#pragma once

#include "engine/client/client_handshake.hpp"
#include "engine/client/connect_plan.hpp"
#include "engine/worker.hpp"
#include "net/connector.hpp"
#include "net/descriptor.hpp"
#include "net/timer_wheel.hpp"
#include "net/tunnel.hpp"

#include <longwire/error.hpp>
#include <longwire/result.hpp>
#include <longwire/websocket.hpp>

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace longwire::engine {

/// One attempt to reach a server: name, connection, proxy, TLS, handshake, and the same again where
/// that leads to, all within one time limit. Awaited; it lies in the frame of `connect`, and
/// whatever it had begun is given up when that frame goes.
class Attempt final : private net::Timer {
public:
    Attempt(Worker& worker, std::unique_ptr<ConnectPlan> plan) noexcept;
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    ~Attempt();

    [[nodiscard]] bool await_ready();
    void await_suspend(std::coroutine_handle<> awaiter) noexcept { awaiter_ = awaiter; }
    [[nodiscard]] Result<WebSocket> await_resume();

private:
    // What is being waited for.
    enum class Step : std::uint8_t { connecting, tunnelling, shaking };

    void begin();
    void on_timer() override;
    void reached(net::Descriptor socket);
    void shake(net::Descriptor socket);
    void shaken(Result<WebSocket> result);
    [[nodiscard]] Error by_proxy(const Error& error) const;
    [[nodiscard]] std::string step_in_words() const;
    void settle(Result<WebSocket> result);
    void give_up() noexcept;

    Worker& worker_;
    std::unique_ptr<ConnectPlan> plan_;
    std::coroutine_handle<> awaiter_;
    std::optional<net::Connector> connector_;
    std::optional<net::Tunnel> tunnel_;
    net::Ref<ClientHandshake> handshake_;
    std::optional<Result<WebSocket>> result_;
    Step step_ = Step::connecting;
};

}  // namespace longwire::engine
