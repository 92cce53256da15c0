#pragma once

#include "cli/condition.hpp"
#include "cli/connect.hpp"
#include "cli/conversation.hpp"
#include "cli/front.hpp"
#include "cli/history_file.hpp"
#include "cli/line_editor.hpp"
#include "cli/message_display.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "cli/typing_area.hpp"

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::cli {

/// `longwire connect` with a person at a terminal.
class TerminalFront final : public Front {
public:
    explicit TerminalFront(const ConnectOptions& options);

    /// The whole of it, on a loop; gives the exit code.
    Task<int> run();

    void opened(const WebSocket& socket, std::chrono::microseconds took) override;
    void received(Message message) override;
    void sent(Message message) override;
    [[nodiscard]] bool is_behind() const noexcept override { return false; }
    Task<> caught_up() override;
    void ponged(std::chrono::microseconds took) override;
    void closed(const CloseStatus& status) override;
    void comes_back(std::string_view why, std::chrono::milliseconds after) override;
    void refused(const Error& error) override;
    void trouble(std::string_view line) override;
    Task<> shown() override;

private:
    Task<> hear_keys();
    Task<> hear_plain_lines();
    Task<> hear_signals();
    Task<> send_waiting();
    Task<> keep_status();
    void entered(const std::string& line);
    void show_choices(const std::vector<std::string>& choices);
    void send_file(const std::string& path, MessageType type);
    void end_of_input();

    void print(std::string_view lines);
    void note(std::string_view line);
    void redraw();
    void erase();
    [[nodiscard]] std::string status() const;

    struct Outgoing {
        MessageType type;
        std::string payload;
    };

    const ConnectOptions& options_;
    Signals signals_;
    Terminal terminal_;
    MessageDisplay display_;
    HistoryFile history_;
    std::unique_ptr<LineEditor> editor_;  // none where the cursor cannot be moved
    TypingArea area_;
    Conversation conversation_;
    std::deque<Outgoing> waiting_;
    std::size_t waiting_size_ = 0;
    Condition entered_;
    std::string shown_status_;
    bool over_ = false;
};

}  // namespace longwire::cli
