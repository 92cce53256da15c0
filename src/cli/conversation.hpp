#pragma once

#include "cli/condition.hpp"
#include "cli/connect.hpp"
#include "cli/front.hpp"

#include <longwire/deadline.hpp>
#include <longwire/longwire.hpp>
#include <longwire/reconnect.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::cli {

/// Talks with one server, and connects again if that was asked for, until one side wants no more.
class Conversation {
public:
    using Clock = std::chrono::steady_clock;

    enum class State : std::uint8_t { connecting, open, closing, waiting, over };

    Conversation(const ConnectOptions& options, Front& front);

    /// The whole of it, on a loop; gives the exit code.
    Task<int> hold();

    /// Awaits that there is a connection, and room for `message`, and sends it. False: it could not
    /// be sent, and none can be any more.
    Task<bool> send(Message message);
    /// The connection, where there is one to send on; null otherwise.
    [[nodiscard]] std::shared_ptr<WebSocket> open_socket() const noexcept;
    /// Sends a ping, one with `text` before it if there is any, and tells how long its answer took.
    Task<> ping(std::string text);
    /// Sends a ping so that there is a round trip to show.
    Task<> measure();
    /// Ends it with a closing handshake, where there is a connection.
    void close(CloseCode code, std::string_view reason);
    /// After the last message: awaits that the server has been quiet, and closes.
    Task<> close_when_quiet();
    /// Closes as a person wishes who pressed Ctrl-C; the second time at once.
    void interrupt(int signal);
    /// Ends it at once.
    void finish(int exit_code);

    [[nodiscard]] State state() const noexcept;
    /// Until the next attempt, while waiting.
    [[nodiscard]] std::chrono::milliseconds until_attempt() const;
    [[nodiscard]] std::optional<std::chrono::microseconds> round_trip() const;
    [[nodiscard]] std::string_view protocol() const;

private:
    Task<> converse();
    Task<> talk();
    /// Awaits the time for another attempt; false: there is to be none.
    Task<bool> come_back(std::optional<std::chrono::milliseconds> after, std::string why);
    Task<Result<WebSocket>> reach();
    /// Awaits that the server has answered a ping, if it does so in time.
    Task<> be_heard();
    void end_as(const CloseStatus& status);
    [[nodiscard]] longwire::ConnectOptions terms() const;

    const ConnectOptions& options_;
    Front& front_;
    std::vector<HeaderField> headers_;
    std::shared_ptr<WebSocket> socket_;
    Backoff backoff_;
    Condition changed_;
    Clock::time_point last_heard_;
    Clock::time_point next_attempt_;
    std::size_t received_ = 0;
    std::optional<int> exit_code_;
    int interrupted_by_ = 0;
    std::stop_source reaching_;
    bool is_reaching_ = false;
    bool leaving_ = false;
};

}  // namespace longwire::cli
