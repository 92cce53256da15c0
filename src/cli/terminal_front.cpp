#include "cli/terminal_front.hpp"

#include "cli/completion.hpp"
#include "cli/ending.hpp"
#include "cli/harmless.hpp"
#include "cli/input_messages.hpp"
#include "cli/refusal.hpp"
#include "cli/secret.hpp"
#include "cli/typed_command.hpp"
#include "cli/word_wrap.hpp"

#include <fmt/core.h>
#include <simdjson.h>
#include <unistd.h>
#include <longwire/run.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

namespace longwire::cli {

namespace {

using namespace std::chrono_literals;
using Kind = TypedCommand::Kind;

// What is typed without a connection waits for one, up to this.
constexpr std::size_t max_waiting = std::size_t{64} * 1024 * 1024;

std::string duration_in_words(std::chrono::microseconds duration) {
    const auto milliseconds = static_cast<double>(duration.count()) / 1000;
    if (milliseconds < 10) return fmt::format("{:.2f} ms", milliseconds);
    if (milliseconds < 1000) return fmt::format("{:.0f} ms", milliseconds);
    return fmt::format("{:.1f} s", milliseconds / 1000);
}

/// The host and the path of a URL, without scheme, password and query.
std::string place_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find('?'));
    const std::size_t at = url.substr(0, url.find('/')).rfind('@');
    if (at != std::string_view::npos) url.remove_prefix(at + 1);
    return harmless(url);
}

/// A line of ours, which is no message.
std::string starred(std::string_view line) {
    return "* " + word_wrap(line, Terminal::size().columns - 3, "  ");
}

bool is_secure(std::string_view url) {
    return url.starts_with("wss") || url.starts_with("https");
}

}  // namespace

TerminalFront::TerminalFront(const ConnectOptions& options)
    : options_(options),
      signals_({SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP}),
      display_{.palette = Palette(options.colours, STDOUT_FILENO),
               .with_time = options.with_time,
               .pretty = options.pretty},
      area_(display_.palette.paint(Tone::sent, ">") + " "),
      conversation_(options, *this) {
    if (!Terminal::can_move()) return;
    editor_ = std::make_unique<LineEditor>(history_.lines());
    if (editor_->knows_pastes()) terminal_.mark_pastes();
}

Task<int> TerminalFront::run() {
    spawn(hear_signals());
    if (editor_) {
        spawn(hear_keys());
        spawn(keep_status());
    } else {
        spawn(hear_plain_lines());
    }
    spawn(send_waiting());
    const int code = co_await conversation_.hold();
    co_return code;
}

Task<> TerminalFront::hear_keys() {
    for (;;) {
        redraw();
        co_await readable(editor_->descriptor());
        editor_->acknowledge();
        while (auto line = editor_->take()) entered(*line);
        show_choices(editor_->take_choices());
        if (!editor_->ended()) continue;
        end_of_input();
        co_return;
    }
}

Task<> TerminalFront::hear_plain_lines() {
    InputMessages lines(InputMessages::Cut::lines);
    std::string begun;
    for (;;) {
        auto line = lines.take();
        if (!line) {
            if (lines.is_finished()) break;
            co_await lines.more();
            lines.read();
        } else if (line->ends_with('\\')) {
            line->back() = '\n';
            begun += *line;
        } else {
            entered(std::exchange(begun, {}) + *line);
        }
    }
    end_of_input();
}

void TerminalFront::end_of_input() {
    if (!over_) conversation_.close(CloseCode::normal, {});
}

Task<> TerminalFront::hear_signals() {
    for (;;) {
        co_await readable(signals_.descriptor());
        const auto signal = signals_.take();
        if (signal == SIGWINCH) {
            redraw();
        } else if (signal == SIGTSTP) {
            erase();
            terminal_.suspend();
            redraw();
        } else if (signal) {
            conversation_.interrupt(*signal);
        }
    }
}

Task<> TerminalFront::keep_status() {
    for (;;) {
        co_await sleep_for(250ms);
        if (status() != shown_status_) redraw();
    }
}

void TerminalFront::show_choices(const std::vector<std::string>& choices) {
    if (choices.empty()) return;
    constexpr std::size_t most_shown = 100;
    std::string words;
    for (std::size_t index = 0; index < std::min(choices.size(), most_shown); ++index)
        words += (index == 0 ? "" : "  ") + choices[index];
    if (choices.size() > most_shown)
        words += fmt::format("  and {} more", choices.size() - most_shown);
    print(display_.palette.paint(Tone::note, starred(words)) + "\n");
}

void TerminalFront::entered(const std::string& line) {
    history_.add(line);
    TypedCommand command = parse_typed(line);
    switch (command.kind) {
        case Kind::send:
            if (waiting_size_ + command.argument.size() > max_waiting)
                return trouble("too much waits to be sent already; this was not sent");
            waiting_size_ += command.argument.size();
            waiting_.push_back({.type = MessageType::text, .payload = std::move(command.argument)});
            entered_.announce();
            return;
        case Kind::ping:
            spawn(conversation_.ping(std::move(command.argument)));
            return;
        case Kind::close:
            conversation_.close(
                command.code == 0 ? CloseCode::normal : static_cast<CloseCode>(command.code),
                command.argument);
            return;
        case Kind::binary:
            return send_file(command.argument, MessageType::binary);
        case Kind::text:
            return send_file(command.argument, MessageType::text);
        case Kind::pretty:
            display_.pretty = !display_.pretty;
            return note(display_.pretty ? "JSON is formatted from now on"
                                        : "messages are shown as they are from now on");
        case Kind::help:
            return print(std::string(typed_help()) + "\n");
        case Kind::unknown:
            return trouble(command.mistake);
    }
}

void TerminalFront::send_file(const std::string& path, MessageType type) {
    const std::string name = with_home(path);
    // What is no file might never end, or never begin; nothing else would be heard meanwhile.
    std::error_code unknown;
    if (std::filesystem::exists(name, unknown) && !std::filesystem::is_regular_file(name, unknown))
        return trouble(fmt::format("cannot send {}: it is not a file", harmless(name)));
    auto payload = read_file(name, max_waiting - waiting_size_);
    if (!payload) return trouble(harmless(payload.error().message()));
    waiting_size_ += payload->size();
    waiting_.push_back({.type = type, .payload = std::move(*payload)});
    entered_.announce();
}

Task<> TerminalFront::send_waiting() {
    for (;;) {
        while (waiting_.empty()) co_await entered_.change();
        const Outgoing& next = waiting_.front();
        const Message text = Message::text(next.payload);
        if (next.type == MessageType::text &&
            !simdjson::validate_utf8(next.payload.data(), next.payload.size()))
            trouble("what is not UTF-8 cannot be a text message, and was not sent");
        else
            co_await conversation_.send(Message(next.type, text.bytes()));
        waiting_size_ -= next.payload.size();
        waiting_.pop_front();
    }
}

void TerminalFront::print(std::string_view lines) {
    if (!editor_) return Terminal::write(lines);
    std::string drawn = area_.erase();
    drawn += lines;
    if (!over_) {
        shown_status_ = status();
        drawn += area_.draw(editor_->line(), shown_status_, display_.palette.coloured());
    }
    Terminal::write(drawn);
}

void TerminalFront::redraw() {
    if (!editor_ || over_) return;
    shown_status_ = status();
    Terminal::write(area_.draw(editor_->line(), shown_status_, display_.palette.coloured()));
}

void TerminalFront::erase() {
    if (editor_) Terminal::write(area_.erase());
}

void TerminalFront::note(std::string_view line) {
    if (!options_.quiet) print(display_.palette.paint(Tone::note, starred(line)) + "\n");
}

void TerminalFront::trouble(std::string_view line) {
    print(display_.palette.paint(Tone::trouble, starred(line)) + "\n");
}

std::string TerminalFront::status() const {
    std::string line;
    switch (conversation_.state()) {
        case Conversation::State::connecting:
            line = "connecting";
            break;
        case Conversation::State::open:
            line = "open";
            break;
        case Conversation::State::waiting:
            line = fmt::format("again in {} s", (conversation_.until_attempt() + 999ms) / 1s);
            break;
        default:
            line = "closing";
    }
    line += "  " + place_of(options_.url);
    if (const auto protocol = conversation_.protocol(); !protocol.empty())
        line += "  " + harmless(protocol);
    if (is_secure(options_.url)) line += options_.insecure ? "  TLS, unverified" : "  TLS";
    if (const auto round_trip = conversation_.round_trip())
        line += "  " + duration_in_words(*round_trip);
    if (!waiting_.empty() && conversation_.state() != Conversation::State::open)
        line += fmt::format("  {} to send", waiting_.size());
    return line;
}

void TerminalFront::opened(const WebSocket& socket, std::chrono::microseconds took) {
    std::string words =
        fmt::format("connected to {} in {}", place_of(options_.url), duration_in_words(took));
    if (!socket.protocol().empty())
        words += fmt::format(", subprotocol {}", harmless(socket.protocol()));
    note(words + "; /help lists commands");
    if (editor_) spawn(conversation_.measure());
}

void TerminalFront::received(Message message) {
    print(display_.lines_of(Direction::in, message, Terminal::size().columns));
}

Task<> TerminalFront::caught_up() {
    co_return;
}

void TerminalFront::sent(Message message) {
    // Where the line that was typed stays on the screen, nobody needs it twice.
    if (editor_ || !message.is_text())
        print(display_.lines_of(Direction::out, message, Terminal::size().columns));
}

void TerminalFront::ponged(std::chrono::microseconds took) {
    note(fmt::format("pong after {}", duration_in_words(took)));
}

void TerminalFront::closed(const CloseStatus& status) {
    const std::string words = fmt::format("closed: {}", in_words(status));
    if (exit_code_of(status) == 0)
        note(words);
    else
        trouble(words);
}

void TerminalFront::comes_back(std::string_view why, std::chrono::milliseconds after) {
    trouble(fmt::format("{}; connecting again in {:.1f} s", harmless(why),
                        static_cast<double>(after.count()) / 1000));
}

void TerminalFront::refused(const Error& error) {
    over_ = true;
    erase();
    const Palette warnings(options_.colours, STDERR_FILENO);
    fmt::print(stderr, "{} {}{}\n", warnings.paint(Tone::trouble, "longwire connect:"),
               harmless(error.message()), remedy_for(error));
    if (!options_.quiet) fmt::print(stderr, "{}", refusal_in_full(error, options_, warnings));
}

Task<> TerminalFront::shown() {
    over_ = true;
    erase();
    co_return;
}

}  // namespace longwire::cli
