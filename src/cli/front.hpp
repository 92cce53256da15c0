#pragma once

#include <longwire/error.hpp>
#include <longwire/message.hpp>
#include <longwire/task.hpp>
#include <longwire/websocket.hpp>

#include <chrono>
#include <string_view>

namespace longwire::cli {

/// Where a conversation is seen: a terminal, or the output of a filter.
class Front {
public:
    Front() = default;
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;
    virtual ~Front() = default;

    virtual void opened(const WebSocket& socket, std::chrono::microseconds took) = 0;
    virtual void received(Message message) = 0;
    virtual void sent(Message message) = 0;
    /// Whether too much of it cannot be seen yet: then whoever receives or sends awaits
    /// `caught_up`. (Not a Task for each message: where nothing waits, nothing is to be suspended.)
    [[nodiscard]] virtual bool is_behind() const noexcept = 0;
    virtual Task<> caught_up() = 0;
    virtual void ponged(std::chrono::microseconds took) = 0;
    virtual void closed(const CloseStatus& status) = 0;
    virtual void comes_back(std::string_view why, std::chrono::milliseconds after) = 0;
    /// No connection came about, and none will.
    virtual void refused(const Error& error) = 0;
    /// One line about something else that went wrong.
    virtual void trouble(std::string_view line) = 0;
    /// Awaits that all of it can be seen.
    virtual Task<> shown() = 0;
};

}  // namespace longwire::cli
