#include "cli/filter.hpp"

#include "cli/clock_text.hpp"
#include "cli/ending.hpp"
#include "cli/exit_code.hpp"
#include "cli/harmless.hpp"
#include "cli/input_messages.hpp"
#include "cli/json_display.hpp"
#include "cli/json_event.hpp"
#include "cli/refusal.hpp"

#include <fmt/core.h>
#include <simdjson.h>
#include <unistd.h>
#include <longwire/run.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <system_error>

namespace longwire::cli {

Filter::Filter(const ConnectOptions& options)
    : options_(options),
      signals_({SIGINT, SIGTERM, SIGHUP}),
      conversation_(options, *this),
      palette_(options.colours, STDOUT_FILENO),
      warnings_(options.colours, STDERR_FILENO),
      to_terminal_(isatty(STDOUT_FILENO) != 0) {}

Task<int> Filter::run() {
    spawn(output_.serve());
    spawn(output_.unread());
    spawn(hear_signals());
    spawn(leave_when_unread());
    spawn(feed());
    const int code = co_await conversation_.hold();
    if (const auto error = output_.failure()) {
        say(fmt::format("standard output cannot be written: {}; what came since is lost",
                        std::generic_category().message(*error)));
        co_return output_failed;
    }
    if (output_.is_unread()) co_return success;
    co_return code == success ? input_code_ : code;
}

Task<> Filter::feed() {
    // g++ 12 destroys a choice between two tasks twice if it is awaited where it is made.
    const Task<bool> feeding = options_.messages.empty() ? feed_input() : feed_arguments();
    const bool fed = co_await feeding;
    if (fed) co_await conversation_.close_when_quiet();
}

/// False: nothing can be sent any more.
Task<bool> Filter::feed_arguments() {
    for (const std::string& payload : options_.messages) {
        if (!is_sendable(payload)) continue;
        const bool sent = co_await conversation_.send(message_of(payload));
        if (!sent) co_return false;
    }
    co_return true;
}

Task<bool> Filter::feed_input() {
    InputMessages input(options_.one_message ? InputMessages::Cut::nowhere
                                             : InputMessages::Cut::lines);
    for (;;) {
        const auto payload = input.take();
        if (!payload) {
            if (input.is_finished()) break;
            co_await input.more();
            input.read();
            continue;
        }
        if (!is_sendable(*payload)) continue;
        const Message message = message_of(*payload);
        if (const auto socket = conversation_.open_socket()) {
            // NOLINTNEXTLINE(misc-const-correctness): awaiting it changes it
            Sending sending = socket->send(message);
            if (sending.status() != SendStatus::dropped) {
                sent(message);
                co_await sending;
                if (is_behind()) co_await caught_up();
                continue;
            }
        }
        const bool sent = co_await conversation_.send(message);
        if (!sent) co_return false;
    }
    if (input.was_too_large()) {
        trouble(fmt::format("a message of more than {} MiB was not sent",
                            InputMessages::max_size >> 20U));
        input_code_ = failed;
    }
    if (const auto error = input.failure()) {
        trouble(fmt::format("standard input cannot be read: {}",
                            std::generic_category().message(*error)));
        input_code_ = input_failed;
    }
    co_return true;
}

bool Filter::is_sendable(std::string_view payload) {
    if (options_.binary || simdjson::validate_utf8(payload.data(), payload.size())) return true;
    trouble(
        "what is not UTF-8 cannot be a text message, and was not sent (--binary sends any "
        "bytes)");
    input_code_ = failed;
    return false;
}

Message Filter::message_of(std::string_view payload) const noexcept {
    const Message text = Message::text(payload);
    return options_.binary ? Message::binary(text.bytes()) : text;
}

Task<> Filter::hear_signals() {
    for (;;) {
        co_await readable(signals_.descriptor());
        const auto signal = signals_.take();
        if (!signal) continue;
        // What nobody reads must not keep anyone who wants to go.
        if (flushing_ || interrupted_) std::_Exit(signalled + *signal);
        interrupted_ = true;
        conversation_.interrupt(*signal);
    }
}

Task<> Filter::leave_when_unread() {
    while (!output_.is_unread()) co_await output_.change();
    conversation_.close(CloseCode::normal, {});
}

std::string Filter::line_of(Message message) const {
    std::string line = options_.with_time ? time_in_full() + " " : "";
    if (options_.pretty) {
        if (const auto laid_out = json_display(message.text(), "", palette_))
            return line + *laid_out + "\n";
    }
    // A terminal must not be steered; a program gets what came.
    line += to_terminal_ ? harmless(message.text()) : message.text();
    return line + "\n";
}

void Filter::opened(const WebSocket& socket, std::chrono::microseconds /*took*/) {
    if (options_.json) output_.put(json_event::open(options_.url, socket));
}

void Filter::received(Message message) {
    if (options_.json)
        output_.put(json_event::message(Direction::in, message));
    else if (options_.binary)
        output_.put(message.text());
    else if (message.is_text())
        output_.put(line_of(message));
    else
        trouble(
            fmt::format("a binary message of {} bytes came (--binary writes them to standard "
                        "output)",
                        message.size()));
}

void Filter::sent(Message message) {
    if (options_.json) output_.put(json_event::message(Direction::out, message));
}

bool Filter::is_behind() const noexcept {
    return output_.is_full();
}

Task<> Filter::caught_up() {
    while (output_.is_full()) co_await output_.change();
}

void Filter::ponged(std::chrono::microseconds took) {
    if (options_.json) output_.put(json_event::pong(took));
}

void Filter::closed(const CloseStatus& status) {
    if (options_.json) output_.put(json_event::close(status));
    if (exit_code_of(status) != success)
        trouble(fmt::format("the connection was closed: {}", in_words(status)));
}

void Filter::comes_back(std::string_view why, std::chrono::milliseconds after) {
    if (options_.json) output_.put(json_event::reconnecting(why, after));
    if (!options_.quiet)
        trouble(fmt::format("{}; connecting again in {:.1f} s", why,
                            static_cast<double>(after.count()) / 1000));
}

void Filter::refused(const Error& error) {
    if (options_.json) output_.put(json_event::error(error, exit_code_of(error.code())));
    trouble(harmless(error.message()) + remedy_for(error));
    if (!options_.quiet) fmt::print(stderr, "{}", refusal_in_full(error, options_, warnings_));
}

void Filter::trouble(std::string_view line) {
    if (!output_.is_unread()) say(line);
}

void Filter::say(std::string_view line) {
    fmt::print(stderr, "{} {}\n", warnings_.paint(Tone::trouble, "longwire connect:"), line);
}

Task<> Filter::shown() {
    flushing_ = true;
    co_await output_.empty();
}

}  // namespace longwire::cli
