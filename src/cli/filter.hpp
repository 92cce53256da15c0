#pragma once

#include "cli/connect.hpp"
#include "cli/conversation.hpp"
#include "cli/front.hpp"
#include "cli/palette.hpp"
#include "cli/signals.hpp"
#include "cli/standard_output.hpp"

#include <string>
#include <string_view>

namespace longwire::cli {

/// `longwire connect` in a pipe: messages on standard output, all else on standard error.
class Filter final : public Front {
public:
    explicit Filter(const ConnectOptions& options);

    /// The whole of it, on a loop; gives the exit code.
    Task<int> run();

    void opened(const WebSocket& socket, std::chrono::microseconds took) override;
    void received(Message message) override;
    void sent(Message message) override;
    [[nodiscard]] bool is_behind() const noexcept override;
    Task<> caught_up() override;
    void ponged(std::chrono::microseconds took) override;
    void closed(const CloseStatus& status) override;
    void comes_back(std::string_view why, std::chrono::milliseconds after) override;
    void refused(const Error& error) override;
    void trouble(std::string_view line) override;
    Task<> shown() override;

private:
    Task<> feed();
    Task<bool> feed_arguments();
    Task<bool> feed_input();
    [[nodiscard]] bool is_sendable(std::string_view payload);
    [[nodiscard]] Message message_of(std::string_view payload) const noexcept;
    Task<> hear_signals();
    Task<> leave_when_unread();
    [[nodiscard]] std::string line_of(Message message) const;
    void say(std::string_view line);

    const ConnectOptions& options_;
    Signals signals_;
    StandardOutput output_;
    Conversation conversation_;
    Palette palette_;   // of standard output
    Palette warnings_;  // of standard error
    bool to_terminal_;
    bool flushing_ = false;
    bool interrupted_ = false;
    int input_code_ = 0;  // where something of the input could not be sent
};

}  // namespace longwire::cli
