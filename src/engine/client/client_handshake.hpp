#pragma once

#include "engine/client/connect_plan.hpp"
#include "engine/worker.hpp"
#include "http/response_parser.hpp"
#include "net/session.hpp"
#include "net/stream.hpp"

#include <longwire/error.hpp>
#include <longwire/result.hpp>
#include <longwire/websocket.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace longwire::engine {

/// The client's side of the opening handshake (RFC 6455, section 4.1) on a connected stream.
class ClientHandshake final : public net::Session {
public:
    using Done = std::function<void(Result<WebSocket>)>;

    /// `done` is called once, unless the handshake is given up before. `plan` has to
    /// stay as it is until then.
    ClientHandshake(Worker& worker, const ConnectPlan& plan, Done done);

    /// Sends the request.
    void attach(net::Stream& stream);
    /// The time is over. True: the server had refused, and `done` was told so; its answer was not
    /// whole.
    [[nodiscard]] bool conclude();
    /// Ends the connection, and calls nobody.
    void give_up() noexcept;

    void on_receive(std::span<std::byte> bytes) override;
    void on_end() override;
    void on_drained() override {}
    void on_timer() override;
    void on_leaving() override;
    void on_closed(net::Ending ending) override;

private:
    ~ClientHandshake() override = default;

    void judge(std::span<std::byte> rest);
    void open(std::span<std::byte> rest);
    void collect(std::span<std::byte> bytes);
    void refuse();
    void fail(ErrorCode code, const std::string& why);
    void settle(Result<WebSocket> result);

    Worker& worker_;
    const ConnectPlan& plan_;
    Done done_;
    net::Stream* stream_ = nullptr;
    http::ResponseParser parser_;
    std::string key_;
    bool refused_ = false;  // what comes is the body of another answer than 101
    bool body_is_cut_ = true;
};

}  // namespace longwire::engine
