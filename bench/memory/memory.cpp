// What an idle connection costs in heap memory, on the client's side and on the server's, each in
// a process of its own.
#include <longwire/longwire.hpp>

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>

namespace {

using longwire::Task;
using std::chrono::milliseconds;

// Connections to one loopback address; the next go to the next.
constexpr std::size_t per_address = 1000;
// What exists once, and the buffers that grow to their size, exist after these.
constexpr std::size_t warm_up = 100;
constexpr std::size_t at_once = 100;

/// One thing to measure.
struct Case {
    std::string_view name;
    std::string_view path;
    bool tls = false;
    bool objects = false;  // Clients, and not coroutines
    std::size_t load = 0;  // bytes that each sends and has sent back before it is idle
};
constexpr std::array<Case, 8> cases = {{
    {.name = "handlers", .path = "/handlers"},
    {.name = "coroutine", .path = "/coroutine"},
    {.name = "greeted", .path = "/greeted"},
    {.name = "loaded", .path = "/handlers", .load = 100'000},
    {.name = "compressed", .path = "/compressed"},
    {.name = "loaded too", .path = "/compressed", .load = 100'000},
    {.name = "TLS", .path = "/handlers", .tls = true},
    {.name = "Client", .path = "/handlers", .objects = true},
}};

/// Bytes that are allocated now, with what the allocator adds to each piece.
std::size_t heap() {
    const auto all = mallinfo2();
    return all.uordblks + all.hblkhd;
}

void want_descriptors() {
    rlimit limit = {};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

Task<> echo(longwire::WebSocket& socket) {
    while (const auto message = co_await socket.receive()) co_await socket.send(*message);
}

/// Serves until it is ended; writes the port to `out`.
[[noreturn]] void serve(const Case& measured, int out) {
    longwire::Server server;
    longwire::WebSocketHandlers handlers = {
        .on_message = [](longwire::WebSocket& socket, longwire::Message message) {
            socket.send(message);
        }};
    server.websocket("/handlers", handlers,
                     {.limits = {.compression = longwire::Compression::off}});
    server.websocket("/compressed", handlers);
    server.websocket("/coroutine", echo, {.limits = {.compression = longwire::Compression::off}});
    handlers.on_open = [](longwire::WebSocket& socket, const longwire::Request&) {
        socket.send(std::string(1000, 'w'));
    };
    server.websocket("/greeted", handlers, {.limits = {.compression = longwire::Compression::off}});
    server.websocket("/heap",
                     {.on_open = [](longwire::WebSocket& socket, const longwire::Request&) {
                         socket.send(std::to_string(heap()));
                     }});
    longwire::ListenOptions listen = {.host = "0.0.0.0"};
    if (measured.tls) listen.tls = longwire::ServerTls{.self_signed = true};
    const auto listening = server.listen(listen);
    const std::uint16_t port = listening ? listening->port : 0;
    if (!listening) std::fprintf(stderr, "%s\n", listening.error().message().c_str());
    if (::write(out, &port, sizeof port) != sizeof port || port == 0) std::_Exit(1);
    std::_Exit(server.run());
}

struct Clients {
    const Case& measured;
    std::uint16_t port;
    // Here and not in each coroutine, whose frame would keep them for as long as it runs.
    longwire::ConnectOptions options = {.tls = {.verify = false}};
    std::string load = std::string(measured.load, 'x');
    std::atomic<std::size_t> open = 0;
    std::atomic<std::size_t> failed = 0;
    std::deque<longwire::Client> objects = {};

    [[nodiscard]] std::string url(std::size_t number, std::string_view path) const {
        return (measured.tls ? "wss://127.0.0." : "ws://127.0.0.") +
               std::to_string(1 + number / per_address) + ":" + std::to_string(port) +
               std::string(path);
    }
};

/// Sends a message, and gives whether it came back. By itself, so that nothing of it stays.
Task<bool> had_it_back(longwire::WebSocket& socket, const std::string& load) {
    co_await socket.send(load);
    const auto message = co_await socket.receive();
    co_return message.has_value();
}

Task<> hold(Clients& clients, std::string url) {
    auto socket = co_await longwire::connect(url, clients.options);
    if (!socket) {
        if (++clients.failed == 1) std::fprintf(stderr, "%s\n", socket.error().message().c_str());
        co_return;
    }
    if (!clients.load.empty() && !co_await had_it_back(*socket, clients.load)) ++clients.failed;
    ++clients.open;
    while (co_await socket->receive()) {
    }
}

void hold_object(Clients& clients, const std::string& url) {
    clients.objects.emplace_back(
        url, longwire::ClientOptions{
                 .limits = {.compression = longwire::Compression::off},
                 .on_open = [&clients](longwire::Client&) { ++clients.open; },
                 .on_message = [](longwire::Client&, longwire::Message) {},
                 .on_close = [&clients](longwire::Client&,
                                        const longwire::CloseStatus&) { ++clients.failed; }});
}

Task<> open_up_to(Clients& clients, std::size_t count) {
    while (clients.open < count && clients.failed == 0) {
        const std::size_t first = clients.open;
        for (std::size_t number = first; number < std::min(count, first + at_once); ++number) {
            const std::string url = clients.url(number, clients.measured.path);
            if (clients.measured.objects)
                hold_object(clients, url);
            else
                longwire::spawn(hold(clients, url));
        }
        while (clients.open + clients.failed < std::min(count, first + at_once))
            co_await longwire::sleep_for(milliseconds(2));
    }
    // What the last of them have still to do.
    co_await longwire::sleep_for(milliseconds(500));
}

Task<long> heap_of_server(const Clients& clients) {
    auto socket = co_await longwire::connect(clients.url(0, "/heap"), clients.options);
    if (!socket) co_return 0;
    const auto message = co_await socket->receive();
    long bytes = 0;
    if (message) bytes = std::stol(std::string(message->text()));
    co_return bytes;
}

Task<int> measure(const Case& measured, std::uint16_t port, std::size_t count) {
    Clients clients{.measured = measured, .port = port};
    co_await open_up_to(clients, warm_up);
    const long server_before = co_await heap_of_server(clients);
    const auto before = static_cast<long>(heap());
    co_await open_up_to(clients, warm_up + count);
    const auto after = static_cast<long>(heap());
    const long server_after = co_await heap_of_server(clients);
    if (clients.failed > 0) co_return 1;
    const auto each = [&](long bytes) { return bytes / static_cast<long>(count); };
    std::printf("%-12s %10ld %10ld\n", std::string(measured.name).c_str(), each(after - before),
                each(server_after - server_before));
    std::fflush(stdout);
    // Ten thousand closing handshakes are not what is measured.
    std::_Exit(0);
}

/// Runs one case in two processes; false where it failed.
bool run_case(const Case& measured, std::size_t count) {
    std::array<int, 2> ends = {};
    if (::pipe(ends.data()) != 0) return false;
    const pid_t server = ::fork();
    if (server == 0) serve(measured, ends[1]);
    std::uint16_t port = 0;
    int status = 1;
    if (::read(ends[0], &port, sizeof port) == sizeof port && port != 0) {
        const pid_t client = ::fork();
        if (client == 0) std::_Exit(longwire::run(measure(measured, port, count)));
        ::waitpid(client, &status, 0);
    }
    ::kill(server, SIGKILL);
    ::waitpid(server, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    return status == 0;
}

constexpr const char* help =
    "Usage: memory_benchmark [CONNECTIONS]\n"
    "\n"
    "Opens that many idle connections (10000) between two processes, over the loopback, and\n"
    "prints the bytes of heap that each costs the client and the server. Each side needs one file\n"
    "descriptor a connection.\n"
    "\n"
    "  memory_benchmark          all cases with 10000 connections\n"
    "  memory_benchmark 1000     the same with fewer\n";

}  // namespace

int main(int argc, char** argv) {
    std::size_t count = 10'000;
    if (argc > 1) {
        const std::string word = argv[1];
        const auto [end, error] = std::from_chars(word.c_str(), word.c_str() + word.size(), count);
        if (error != std::errc() || *end != 0 || count == 0) {
            const bool asked = word == "--help" || word == "-h";
            std::fputs(help, asked ? stdout : stderr);
            return asked ? 0 : 2;
        }
    }
    want_descriptors();
    std::printf("%zu connections, bytes of heap each\n%-12s %10s %10s\n", count, "", "client",
                "server");
    std::fflush(stdout);
    bool good = true;
    for (const Case& measured : cases) good = run_case(measured, count) && good;
    return good ? 0 : 1;
}
