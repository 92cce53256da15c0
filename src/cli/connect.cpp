#include "cli/connect.hpp"

#include "cli/exit_code.hpp"
#include "cli/filter.hpp"
#include "cli/secret.hpp"
#include "cli/terminal.hpp"
#include "cli/terminal_front.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <longwire/longwire.hpp>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::cli {

namespace {

constexpr std::size_t max_header_file = 65536;

/// What is not open would become a socket, and be read and written as if it were still a pipe.
void open_standard_descriptors() {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(descriptor, F_GETFD) < 0) [[maybe_unused]]
            const int opened = ::open("/dev/null", O_RDWR);
}

/// "@FILE" among the header fields stands for the lines of the file.
Result<std::vector<std::string>> header_lines(const std::vector<std::string>& given) {
    std::vector<std::string> lines;
    for (const std::string& header : given) {
        if (!header.starts_with('@')) {
            lines.push_back(header);
            continue;
        }
        const auto text = read_file(header.substr(1), max_header_file);
        if (!text) return Failure(text.error());
        for (std::string_view rest = *text; !rest.empty();) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            std::string_view line = rest.substr(0, end);
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (!line.empty()) lines.emplace_back(line);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return lines;
}

/// A URL may be written without a scheme, as "localhost:8000/path" or ":8000/path".
std::string with_scheme(std::string_view url) {
    constexpr auto known = std::to_array<std::string_view>(
        {"ws:", "wss:", "http:", "https:", "ws+unix:", "wss+unix:"});
    const bool has_one = url.find("://") != std::string_view::npos ||
                         std::ranges::any_of(known, [&](std::string_view scheme) {
                             return url.starts_with(scheme);
                         });
    if (has_one || url.empty() || url.starts_with('/')) return std::string(url);
    return std::string(url.starts_with(':') ? "ws://localhost" : "ws://") + std::string(url);
}

/// `given` with what it names in files and in the environment, and what a person adds to it.
Result<ConnectOptions> completed(const ConnectOptions& given) {
    ConnectOptions options = given;
    const auto secrets =
        std::to_array<std::pair<std::string*, std::string_view>>({{&options.user, "--user"},
                                                                  {&options.bearer, "--bearer"},
                                                                  {&options.cookies, "--cookie"},
                                                                  {&options.proxy, "--proxy"}});
    for (const auto& [value, name] : secrets) {
        auto found = secret_value(*value, name);
        if (!found) return Failure(found.error());
        *value = std::move(*found);
    }
    if (!options.user.empty() && options.user.find(':') == std::string::npos) {
        auto password = ask_password(fmt::format("Password of {}: ", options.user));
        if (!password) return Failure(password.error());
        options.user += ":" + *password;
    }
    auto headers = header_lines(options.headers);
    if (!headers) return Failure(headers.error());
    for (const std::string& line : *headers)
        if (line.find(':') == std::string::npos)
            return failure(ErrorCode::invalid_argument,
                           fmt::format("--header: \"{}\" has no colon; write 'NAME: VALUE'", line));
    options.headers = std::move(*headers);
    options.url = with_scheme(options.url);
    return options;
}

bool wants_filter(const ConnectOptions& options) {
    return !Terminal::is_there() || options.json || options.binary || options.one_message ||
           options.count || options.wait || !options.messages.empty();
}

}  // namespace

int connect(const ConnectOptions& given) {
    open_standard_descriptors();
    // The widths of characters, and libedit's notion of letters.
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before any other thread
    if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) std::setlocale(LC_CTYPE, "");
    auto options = completed(given);
    if (!options) {
        fmt::print(stderr, "longwire connect: {}\n", options.error().message());
        return exit_code_of_input(options.error());
    }
    if (wants_filter(*options)) {
        Filter filter(*options);
        return run(filter.run());
    }
    constexpr std::chrono::milliseconds usual_ping = std::chrono::seconds(15);
    if (!options->ping_every) options->ping_every = usual_ping;
    TerminalFront front(*options);
    return run(front.run());
}

}  // namespace longwire::cli
