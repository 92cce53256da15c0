// The client that the conformance program tests: it sends every message back as it came.

#include <longwire/longwire.hpp>

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace {

using longwire::Compression;
using longwire::Task;

constexpr int usage = 2;
constexpr std::string_view help =
    R"(usage: echo_client [--compress off|shared|dedicated] URL [AGENT]

Connects to URL and sends every message back until the connection is closed. With AGENT it takes a
whole test from the server there: it asks URL/getCaseCount, runs URL/runCase?case=N&agent=AGENT for
each N, and ends with URL/updateReports?agent=AGENT.

examples:
  echo_client ws://127.0.0.1:9001/                     one connection
  echo_client ws://127.0.0.1:9001 longwire             all cases of a testing server
  echo_client --compress off ws://127.0.0.1:9001 plain

exit codes: 0 it is done, 1 the server cannot be reached, 2 a wrong option
)";

struct Order {
    std::string url;
    std::string agent;
    Compression compression = Compression::shared;
};

longwire::ConnectOptions options_for(const Order& order) {
    longwire::ConnectOptions options;
    options.limits.max_message_size = std::size_t{64} * 1024 * 1024;
    options.limits.max_backlog = options.limits.max_message_size;
    options.limits.compression = order.compression;
    options.limits.compression_threshold = 0;
    return options;
}

void complain(const std::string& url, const longwire::Error& error) {
    const std::string words(error.message());
    std::fprintf(stderr, "echo_client: %s: %s\n", url.c_str(), words.c_str());
}

Task<bool> echo(std::string url, longwire::ConnectOptions options) {
    auto socket = co_await longwire::connect(url, options);
    if (!socket) {
        // Some cases are answers that a client must not take: no reason to stop.
        complain(url, socket.error());
        co_return false;
    }
    while (auto message = co_await socket->receive()) co_await socket->send(*message);
    co_return true;
}

/// The one message that a server says before it closes; nothing if it cannot be reached.
Task<std::optional<std::string>> ask(std::string url, longwire::ConnectOptions options) {
    auto socket = co_await longwire::connect(url, options);
    if (!socket) {
        complain(url, socket.error());
        co_return std::nullopt;
    }
    std::string answer;
    while (auto message = co_await socket->receive()) answer = message->text();
    co_return answer;
}

Task<int> take_all_cases(Order order) {
    const longwire::ConnectOptions options = options_for(order);
    const auto answer = co_await ask(order.url + "/getCaseCount", options);
    if (!answer) co_return 1;
    int count = 0;
    const auto parsed = std::from_chars(answer->data(), answer->data() + answer->size(), count);
    if (parsed.ec != std::errc()) {
        std::fprintf(stderr, "echo_client: %s/getCaseCount answers \"%s\", which is no number\n",
                     order.url.c_str(), answer->c_str());
        co_return 1;
    }
    for (int number = 1; number <= count; ++number)
        co_await echo(
            order.url + "/runCase?case=" + std::to_string(number) + "&agent=" + order.agent,
            options);
    const auto done = co_await ask(order.url + "/updateReports?agent=" + order.agent, options);
    co_return done ? 0 : 1;
}

Task<int> take_one(Order order) {
    const bool connected = co_await echo(order.url, options_for(order));
    co_return connected ? 0 : 1;
}

std::optional<Compression> compression_named(std::string_view word) {
    if (word == "off") return Compression::off;
    if (word == "shared") return Compression::shared;
    if (word == "dedicated") return Compression::dedicated;
    return std::nullopt;
}

std::optional<Order> read_order(int count, char** words) {
    Order order;
    for (int index = 1; index < count; ++index) {
        const std::string_view word = words[index];
        if (word == "--compress" && index + 1 < count) {
            const auto compression = compression_named(words[++index]);
            if (!compression) return std::nullopt;
            order.compression = *compression;
        } else if (word.starts_with('-') || !order.agent.empty()) {
            return std::nullopt;
        } else if (order.url.empty()) {
            order.url = word;
        } else {
            order.agent = word;
        }
    }
    if (order.url.empty()) return std::nullopt;
    return order;
}

}  // namespace

int main(int count, char** words) {
    if (count == 2 && std::string_view(words[1]) == "--help") {
        std::fwrite(help.data(), 1, help.size(), stdout);
        return 0;
    }
    const auto order = read_order(count, words);
    if (!order) {
        std::fprintf(stderr, "echo_client: what is wanted is not clear; --help says how to ask\n");
        return usage;
    }
    return longwire::run(order->agent.empty() ? take_one(*order) : take_all_cases(*order));
}
