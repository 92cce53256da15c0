#include "cli/connect.hpp"

#include "cli/exit_code.hpp"

#include <fmt/core.h>
#include <unistd.h>
#include <longwire/longwire.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::cli {

namespace {

// A longer line is sent in messages of this size at most.
constexpr std::size_t longest_line = std::size_t{1024} * 1024;

int exit_code_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid_url:
            return bad_url;
        case ErrorCode::invalid_argument:
            return usage;
        case ErrorCode::name_not_resolved:
            return name_not_resolved;
        case ErrorCode::connection_refused:
        case ErrorCode::connection_failed:
        case ErrorCode::timed_out:
            return not_connected;
        case ErrorCode::handshake_refused:
            return handshake_refused;
        case ErrorCode::handshake_invalid:
            return protocol_error;
        case ErrorCode::tls_failed:
        case ErrorCode::certificate_rejected:
            return tls_failed;
        case ErrorCode::certificate_unusable:
            return usage;
        default:
            return failed;
    }
}

/// What the library's words cannot say: which options help.
std::string_view remedy_for(ErrorCode code) noexcept {
    return code == ErrorCode::certificate_rejected
               ? " (--cacert FILE trusts a root, --insecure any certificate)"
               : "";
}

/// The lines of standard input, read without blocking the loop.
class InputLines {
public:
    /// The next line without its line break; nothing at the end of the input.
    Task<std::optional<std::string>> next() {
        for (;;) {
            if (auto line = take_line()) co_return line;
            if (ended_) co_return std::nullopt;
            co_await readable(STDIN_FILENO);
            read_some();
        }
    }

private:
    std::optional<std::string> take_line() {
        const std::size_t end = pending_.find('\n', searched_);
        if (end == std::string::npos && pending_.size() < longest_line && !ended_) {
            searched_ = pending_.size();
            return std::nullopt;
        }
        if (pending_.empty()) return std::nullopt;
        searched_ = 0;
        std::string line = pending_.substr(0, std::min(end, longest_line));
        pending_.erase(0, line.size() + (line.size() == end ? 1 : 0));
        if (line.ends_with('\r')) line.pop_back();
        return line;
    }

    void read_some() {
        std::array<char, 16384> buffer = {};
        const auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (size > 0)
            pending_.append(buffer.data(), static_cast<std::size_t>(size));
        else if (size == 0 || (errno != EAGAIN && errno != EINTR))
            ended_ = true;
    }

    std::string pending_;
    std::size_t searched_ = 0;
    bool ended_ = false;
};

using Clock = std::chrono::steady_clock;

/// What the sender and the receiver of one connection know of each other.
struct Talk {
    Clock::time_point last_heard = Clock::now();
    bool over = false;
};

std::chrono::milliseconds milliseconds_of(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

/// Sends what is typed or piped in, and closes at its end. Beside it messages are received.
Task<> send_lines(WebSocket& socket, std::chrono::milliseconds quiet, std::shared_ptr<Talk> talk) {
    InputLines lines;
    for (;;) {
        const auto line = co_await lines.next();
        if (talk->over) co_return;
        if (!line) break;
        co_await socket.send(*line);
        if (talk->over) co_return;
    }
    // Many servers drop the answers that they have not sent when our close frame comes.
    const auto ended = Clock::now();
    for (;;) {
        const auto since = Clock::now() - std::max(ended, talk->last_heard);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(quiet - since);
        if (left.count() <= 0) break;
        co_await sleep_for(left);
        if (talk->over) co_return;
    }
    socket.close();
}

/// Text of a server as a terminal may have it: what would steer the terminal is spelled out.
std::string harmless(std::string_view text) {
    std::string shown;
    for (std::size_t place = 0; place < text.size(); ++place) {
        const auto byte = static_cast<unsigned char>(text[place]);
        // U+0080 to U+009F steer some terminals as well.
        const bool high = byte == 0xC2 && place + 1 < text.size() &&
                          static_cast<unsigned char>(text[place + 1]) < 0xA0;
        if (high)
            shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++place]));
        else if ((byte < 0x20 && byte != '\t') || byte == 0x7F)
            shown += fmt::format("\\x{:02x}", byte);
        else
            shown += text[place];
    }
    return shown;
}

void print_message(const Message& message) {
    if (message.is_text()) {
        static const bool terminal = isatty(STDOUT_FILENO) != 0;
        const std::string shown = terminal ? harmless(message.text()) : std::string(message.text());
        std::fwrite(shown.data(), 1, shown.size(), stdout);
        std::fputc('\n', stdout);
        std::fflush(stdout);
    } else {
        fmt::print(stderr, "longwire connect: a binary message of {} bytes came\n", message.size());
    }
}

int report_close(const CloseStatus& status) {
    if (status.clean &&
        (status.code == CloseCode::normal || status.code == CloseCode::no_status_received))
        return success;
    std::string words = fmt::format("{} {}", to_number(status.code), in_words(status.code));
    if (!status.reason.empty()) words += fmt::format(": {}", harmless(status.reason));
    fmt::print(stderr, "longwire connect: the connection was closed: {}\n", words);
    return status.code == CloseCode::protocol_error || status.code == CloseCode::invalid_payload
               ? protocol_error
               : closed_by_peer;
}

std::vector<HeaderField> fields_of(const std::vector<std::string>& lines) {
    std::vector<HeaderField> fields;
    for (const std::string_view line : lines) {
        const std::size_t colon = std::min(line.find(':'), line.size());
        std::string_view value = line.substr(std::min(colon + 1, line.size()));
        while (value.starts_with(' ')) value.remove_prefix(1);
        fields.push_back({.name = line.substr(0, colon), .value = value});
    }
    return fields;
}

Task<int> converse(const ConnectOptions& options) {
    const std::vector<HeaderField> headers = fields_of(options.headers);
    longwire::ConnectOptions connecting;
    connecting.subprotocols = NameList(std::span<const std::string>(options.subprotocols));
    connecting.headers = headers;
    connecting.origin = options.origin;
    connecting.tls = {.roots_file = options.roots_file,
                      .certificate_file = options.certificate_file,
                      .key_file = options.key_file,
                      .verify = !options.insecure};
    connecting.handshake_timeout = milliseconds_of(options.timeout_seconds);
    connecting.max_message_size = std::size_t{64} * 1024 * 1024;

    auto socket = co_await longwire::connect(options.url, connecting);
    if (!socket) {
        fmt::print(stderr, "longwire connect: {}{}\n", socket.error().message(),
                   remedy_for(socket.error().code()));
        co_return exit_code_of(socket.error().code());
    }
    // The sender may wait for input beyond the end of this coroutine, and of its socket.
    const auto talk = std::make_shared<Talk>();
    spawn(send_lines(*socket, milliseconds_of(options.wait_seconds), talk));
    while (const auto message = co_await socket->receive()) {
        talk->last_heard = Clock::now();
        print_message(*message);
    }
    talk->over = true;
    co_return report_close(socket->close_status());
}

}  // namespace

int connect(const ConnectOptions& options) {
    return run(converse(options));
}

}  // namespace longwire::cli
