#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace longwire {

/// A text message that carries its number, and some more bytes.
inline std::string numbered(std::size_t number, std::size_t size) {
    std::string text = std::to_string(number) + ' ';
    text.resize(std::max(size, text.size()), '.');
    return text;
}
inline std::size_t number_of(std::string_view text) {
    return std::strtoul(std::string(text.substr(0, 12)).c_str(), nullptr, 10);
}

/// WebSocket clients on one channel, read by a thread of their own: each has to get messages 1, 2,
/// 3 and so on (`numbered`).
class Crowd {
public:
    Crowd(std::uint16_t port, const std::string& path, std::size_t size) {
        rlimit limit = {};
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        epoll_ = epoll_create1(EPOLL_CLOEXEC);
        for (std::size_t index = 0; index < size; ++index) {
            members_.push_back(std::make_unique<Member>());
            open(*members_.back(), port, path);
        }
        thread_ = std::thread([this] { read(); });
    }
    ~Crowd() {
        stopping_ = true;
        thread_.join();
        for (const auto& member : members_) ::close(member->socket);
        ::close(epoll_);
    }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    /// Waits until everybody has got so many; false once somebody has got something else, or none
    /// gets anything any more.
    bool await(std::size_t count) const {
        std::size_t idle = 0;
        for (std::uint64_t before = 0; finished_by(count) < members_.size();) {
            if (wrong_) return false;
            const std::uint64_t now = all_;
            idle = now == before ? idle + 1 : 0;
            before = now;
            if (idle > 30'000) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return !wrong_;
    }

private:
    struct Member {
        int socket = -1;
        std::string received;
        std::atomic<std::size_t> count = 0;
    };

    void open(Member& member, std::uint16_t port, const std::string& path) const {
        member.socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::connect(member.socket, reinterpret_cast<sockaddr*>(&address), sizeof address),
                  0);
        const std::string request =
            "GET " + path +
            " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
        ASSERT_EQ(::send(member.socket, request.data(), request.size(), 0),
                  static_cast<ssize_t>(request.size()));
        std::string head;
        std::array<char, 1> byte = {};
        while (!head.ends_with("\r\n\r\n") && ::recv(member.socket, byte.data(), 1, 0) == 1)
            head += byte[0];
        ASSERT_TRUE(head.starts_with("HTTP/1.1 101")) << head;
        epoll_event event = {.events = EPOLLIN, .data = {.ptr = &member}};
        ASSERT_EQ(epoll_ctl(epoll_, EPOLL_CTL_ADD, member.socket, &event), 0);
    }

    void read() {
        std::array<epoll_event, 64> events = {};
        while (!stopping_) {
            const int ready = epoll_wait(epoll_, events.data(), events.size(), 10);
            for (int index = 0; index < ready; ++index)
                receive(*static_cast<Member*>(events.at(std::size_t(index)).data.ptr));
        }
    }

    void receive(Member& member) {
        const ssize_t got = ::recv(member.socket, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (got <= 0) {
            if (got == 0) wrong_ = true;
            if (got == 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, member.socket, nullptr);
            return;
        }
        member.received.append(buffer_.data(), std::size_t(got));
        std::size_t at = 0;
        for (;;) {
            const std::string_view rest = std::string_view(member.received).substr(at);
            if (rest.size() < 4) break;
            const auto byte = [&](std::size_t index) {
                return std::size_t(static_cast<unsigned char>(rest[index]));
            };
            const bool is_long = byte(1) == 126;
            const std::size_t head = is_long ? 4 : 2;
            const std::size_t size = is_long ? byte(2) << 8U | byte(3) : byte(1);
            if (rest.size() < head + size) break;
            if (byte(0) != 0x81 || number_of(rest.substr(head, size)) != member.count + 1)
                wrong_ = true;
            ++member.count;
            ++all_;
            at += head + size;
        }
        member.received.erase(0, at);
    }

    [[nodiscard]] std::size_t finished_by(std::size_t count) const {
        std::size_t finished = 0;
        for (const auto& member : members_)
            if (member->count >= count) ++finished;
        return finished;
    }

    int epoll_ = -1;
    std::vector<std::unique_ptr<Member>> members_;
    std::array<char, 256 * 1024> buffer_ = {};
    std::atomic<std::uint64_t> all_ = 0;
    std::atomic<bool> wrong_ = false;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

/// A connection that does not read until it is let, and for which the systems keep little.
class SlowSocket {
public:
    SlowSocket(std::uint16_t port, std::string_view request) {
        socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
        const int little = 2304;
        setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
        // (What a sender's system keeps goes by the size of a segment, and loopback's are large.)
        const int segment = 536;
        setsockopt(socket_, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
        const timeval limit = {.tv_sec = 20, .tv_usec = 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::send(socket_, request.data(), request.size(), 0),
                  static_cast<ssize_t>(request.size()));
    }
    ~SlowSocket() { ::close(socket_); }
    SlowSocket(const SlowSocket&) = delete;
    SlowSocket& operator=(const SlowSocket&) = delete;

    /// Reads until what was read holds `end` (from `from` on); false where the connection is over,
    /// or gives nothing for 20 seconds.
    bool read_until(std::string_view end, std::size_t from = 0) {
        while (text.find(end, from) == std::string::npos) {
            std::array<char, 65536> buffer = {};
            const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
            if (got <= 0) return false;
            text.append(buffer.data(), std::size_t(got));
            const std::size_t fresh = std::size_t(got) + end.size();
            from = std::max(from, text.size() - std::min(text.size(), fresh));
        }
        return true;
    }

    /// What is there already.
    void read_what_there_is() {
        std::array<char, 65536> buffer = {};
        for (;;) {
            const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got <= 0) return;
            text.append(buffer.data(), std::size_t(got));
        }
    }

    std::string text;  // all that was read

private:
    int socket_ = -1;
};

}  // namespace longwire
