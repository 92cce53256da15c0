// The load that bench/compare gives each server: as cheap as it can be, so that the server is the
// one that is busy. Frames are made once; what comes is counted by its bytes.
//
//   load KIND PORT PATH CONNECTIONS DEPTH SIZE SECONDS PID
//
// KIND: echo, raw (the same bytes without a handshake), fan (the first connection publishes, all
// others receive), deflate (an echo of compressed JSON), idle. Prints messages a second, processor
// time of PID a message in microseconds, and p99 in microseconds; of idle, the resident bytes of
// PID a connection.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "load: %s\n", why.c_str());
    std::exit(1);
}

struct Plan {
    std::string kind;
    int port;
    std::string path;
    std::size_t connections;
    std::size_t depth;
    std::size_t size;
    double seconds;
    int server;
};

struct Connection {
    int socket = -1;
    std::size_t sent = 0;      // of a burst
    std::size_t received = 0;  // of its answers
    Clock::time_point began;
    std::string pending;  // deflate: what is not a whole frame yet
};

double processor_seconds(int process) {
    double all = 0;
    // Of each thread: the process's own file tells of its first only.
    const std::string command = "cat /proc/" + std::to_string(process) + "/task/*/schedstat";
    FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) give_up("cannot read the processor time of the server");
    unsigned long long nanoseconds = 0;
    while (std::fscanf(pipe, "%llu %*u %*u", &nanoseconds) == 1)
        all += static_cast<double>(nanoseconds) / 1e9;
    pclose(pipe);
    return all;
}

std::size_t resident_bytes(int process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/statm");
    std::size_t size = 0;
    std::size_t resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::string json_of(std::size_t size) {
    std::string json = R"({"type":"trades","items":[)";
    unsigned number = 12345;
    constexpr std::array symbols = {"BTC-USD", "ETH-USD", "SOL-EUR", "XRP-USD", "ADA-GBP"};
    for (unsigned item = 0; json.size() < size; ++item) {
        number = number * 1103515245 + 12345;
        json += R"({"id":)" + std::to_string(1000000 + item * 7) + R"(,"symbol":")" +
                symbols.at((number >> 16U) % symbols.size()) + R"(","price":)" +
                std::to_string((number >> 8U) % 60000) + "." + std::to_string(number % 100) +
                R"(,"side":")" + ((number >> 20U) % 2 != 0 ? "buy" : "sell") + R"(","time":)" +
                std::to_string(1700000000U + item * 3) + "},";
    }
    json.resize(size - 2);
    return json + "]}";
}

std::string deflated(const std::string& text) {
    std::string output(text.size() + 128, '\0');
    z_stream stream = {};
    deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    deflate(&stream, Z_SYNC_FLUSH);
    output.resize(output.size() - stream.avail_out - 4);
    deflateEnd(&stream);
    return output;
}

std::string head_of(unsigned first, std::size_t size, bool masked) {
    const unsigned mask = masked ? 0x80 : 0;
    std::string head(1, static_cast<char>(first));
    const auto put = [&](std::size_t value, unsigned bytes) {
        while (bytes-- > 0) head += static_cast<char>(value >> 8 * bytes & 0xFF);
    };
    if (size < 126) {
        put(mask | size, 1);
    } else if (size < 65536) {
        put(mask | 126, 1);
        put(size, 2);
    } else {
        put(mask | 127, 1);
        put(size, 8);
    }
    return head;
}

std::string masked_frame(unsigned first, const std::string& payload) {
    constexpr std::string_view key = "\x12\x34\x56\x78";
    std::string frame = head_of(first, payload.size(), true) + std::string(key);
    for (std::size_t index = 0; index < payload.size(); ++index)
        frame += static_cast<char>(payload[index] ^ key[index % 4]);
    return frame;
}

/// All connections, and what goes over them.
class Load {
public:
    explicit Load(Plan plan) : plan_(std::move(plan)), connections_(plan_.connections) {
        const bool compressed = plan_.kind == "deflate";
        const std::string payload =
            compressed ? deflated(json_of(plan_.size)) : std::string(plan_.size, 'a');
        std::string frame = masked_frame(compressed ? 0xC1 : 0x82, payload);
        answer_ = head_of(0x82, plan_.size, false).size() + plan_.size;
        if (plan_.kind == "raw") answer_ = frame.size();
        for (std::size_t count = 0; count < plan_.depth; ++count) burst_ += frame;
        for (Connection& connection : connections_) open(connection);
    }

    void run() {
        if (plan_.kind == "idle") return;
        if (plan_.kind == "fan") {
            missing_ = connections_.size() - 1;
            begin(connections_.front());
        } else {
            for (Connection& connection : connections_) begin(connection);
        }
        const auto start = Clock::now();
        auto begun = start;
        double before = 0;
        bool measuring = false;
        for (unsigned turns = 0;; ++turns) {
            turn();
            if (turns % 32 != 0) continue;
            const auto now = Clock::now();
            if (!measuring && now - start > std::chrono::milliseconds(500)) {
                measuring = true;
                begun = now;
                before = processor_seconds(plan_.server);
                messages_ = 0;
                times_.clear();
            }
            const double taken = std::chrono::duration<double>(now - begun).count();
            if (!measuring || taken < plan_.seconds) continue;
            report(taken, processor_seconds(plan_.server) - before);
            return;
        }
    }

private:
    void open(Connection& connection) {
        const std::size_t index = static_cast<std::size_t>(&connection - connections_.data());
        connection.socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(plan_.port));
        // More than some 28,000 connections have no room between two addresses.
        address.sin_addr.s_addr =
            htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(index / 20000));
        if (connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            give_up("cannot connect to port " + std::to_string(plan_.port));
        const int on = 1;
        setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (plan_.kind != "raw") shake_hands(connection.socket);
        fcntl(connection.socket, F_SETFL, O_NONBLOCK);
        epoll_event event = {};
        event.events = EPOLLIN;
        event.data.ptr = &connection;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
    }

    void shake_hands(int socket) const {
        std::string request = "GET " + plan_.path +
                              " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        if (plan_.kind == "deflate")
            request +=
                "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; "
                "server_no_context_takeover\r\n";
        request += "\r\n";
        if (write(socket, request.data(), request.size()) < 0) give_up("cannot write");
        std::string answer;
        for (char letter = 0; !answer.ends_with("\r\n\r\n"); answer += letter)
            if (read(socket, &letter, 1) != 1) give_up("the server ended the connection");
        if (answer.find(" 101 ") == std::string::npos) give_up("refused: " + answer);
        std::transform(answer.begin(), answer.end(), answer.begin(), ::tolower);
        if (plan_.kind == "deflate" && answer.find("permessage-deflate") == std::string::npos)
            give_up("the server does not compress");
    }

    void begin(Connection& connection) {
        connection.sent = 0;
        connection.began = Clock::now();
        push(connection);
    }

    void push(Connection& connection) const {
        while (connection.sent < burst_.size()) {
            const auto sent = send(connection.socket, burst_.data() + connection.sent,
                                   burst_.size() - connection.sent, MSG_NOSIGNAL);
            if (sent < 0) return watch(connection, EPOLLIN | EPOLLOUT);
            connection.sent += static_cast<std::size_t>(sent);
        }
    }

    void watch(Connection& connection, std::uint32_t events) const {
        epoll_event event = {};
        event.events = events;
        event.data.ptr = &connection;
        epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket, &event);
    }

    void turn() {
        std::array<epoll_event, 512> events;
        const int ready = epoll_wait(epoll_, events.data(), events.size(), 10'000);
        if (ready == 0) give_up("nothing came for 10 seconds");
        for (int index = 0; index < ready; ++index) {
            const epoll_event& event = events.at(static_cast<std::size_t>(index));
            auto& connection = *static_cast<Connection*>(event.data.ptr);
            if ((event.events & EPOLLOUT) != 0) {
                watch(connection, EPOLLIN);
                push(connection);
            }
            if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(connection);
        }
    }

    void receive(Connection& connection) {
        const auto size = recv(connection.socket, buffer_.data(), buffer_.size(), 0);
        if (size == 0) give_up("the server ended a connection");
        if (size < 0) return;
        const std::size_t came =
            plan_.kind == "deflate"
                ? whole_frames(connection, {buffer_.data(), static_cast<std::size_t>(size)})
                : static_cast<std::size_t>(size);
        const std::size_t before = connection.received / answer_;
        connection.received += came;
        messages_ += connection.received / answer_ - before;
        if (connection.received < answer_ * plan_.depth) return;
        connection.received -= answer_ * plan_.depth;
        if (plan_.kind != "fan") {
            times_.push_back(Clock::now() - connection.began);
            begin(connection);
        } else if (--missing_ == 0) {
            times_.push_back(Clock::now() - connections_.front().began);
            missing_ = connections_.size() - 1;
            begin(connections_.front());
        }
    }

    /// Counts each whole frame as one answer, since compressed ones differ in size.
    std::size_t whole_frames(Connection& connection, std::string_view bytes) const {
        std::string& pending = connection.pending;
        pending += bytes;
        std::size_t frames = 0;
        std::size_t begin = 0;
        const auto byte = [&](std::size_t place) {
            return static_cast<std::size_t>(static_cast<unsigned char>(pending[place]));
        };
        while (pending.size() - begin >= 4) {
            std::size_t length = byte(begin + 1) & 0x7FU;
            const std::size_t head = length == 126 ? 4 : 2;
            if (length == 126) length = byte(begin + 2) << 8U | byte(begin + 3);
            if (pending.size() - begin < head + length) break;
            begin += head + length;
            ++frames;
        }
        pending.erase(0, begin);
        return frames * answer_;
    }

    void report(double seconds, double processor) {
        const auto messages = static_cast<double>(messages_);
        const auto worst = times_.begin() + static_cast<std::ptrdiff_t>(times_.size() * 99 / 100);
        std::nth_element(times_.begin(), worst, times_.end());
        const double p99 =
            times_.empty() ? 0 : std::chrono::duration<double, std::micro>(*worst).count();
        std::printf("%.1f %.5f %.1f\n", messages / seconds, processor * 1e6 / messages, p99);
    }

    Plan plan_;
    int epoll_ = epoll_create1(0);
    std::vector<Connection> connections_;
    std::string burst_;
    std::size_t answer_ = 0;
    std::size_t missing_ = 0;
    std::uint64_t messages_ = 0;
    std::vector<Clock::duration> times_;
    std::vector<char> buffer_ = std::vector<char>(std::size_t{1} << 20U);
};

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> given(arguments + 1, arguments + count);
    if (given.size() != 8) give_up("KIND PORT PATH CONNECTIONS DEPTH SIZE SECONDS PID");
    rlimit limit = {};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    const Plan plan = {.kind = given[0],
                       .port = std::stoi(given[1]),
                       .path = given[2],
                       .connections = std::stoul(given[3]),
                       .depth = std::stoul(given[4]),
                       .size = std::stoul(given[5]),
                       .seconds = std::stod(given[6]),
                       .server = std::stoi(given[7])};
    const std::size_t before = resident_bytes(plan.server);
    Load load(plan);
    if (plan.kind == "idle") {
        sleep(1);
        std::printf("%.0f\n", static_cast<double>(resident_bytes(plan.server) - before) /
                                  static_cast<double>(plan.connections));
        return 0;
    }
    load.run();
}
