#pragma once

#include "protocol/handshake_key.hpp"
#include "raw_connection.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace longwire {

/// A server of which a test writes every byte.
class RawServer {
public:
    /// `receive_buffer` bounds what is under way to it at a time; 0: as the system has it.
    explicit RawServer(int receive_buffer = 0) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (listener_ < 0) std::abort();
        if (receive_buffer > 0)
            setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener_, 8), 0);
        socklen_t size = sizeof address;
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    ~RawServer() { ::close(listener_); }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string url() const { return "ws://" + host() + "/"; }

    /// Waits for the next client.
    [[nodiscard]] RawConnection accept() const {
        return RawConnection(::accept(listener_, nullptr, nullptr));
    }

private:
    int listener_;
    std::uint16_t port_ = 0;
};

/// The value of the first field of that name in the head of a message.
inline std::string field_in(std::string_view head, std::string_view name) {
    const std::string begin = "\r\n" + std::string(name) + ": ";
    const std::size_t found = head.find(begin);
    if (found == std::string_view::npos) return "";
    const std::string_view value = head.substr(found + begin.size());
    return std::string(value.substr(0, value.find("\r\n")));
}

/// The answer to a client's request that opens the connection; `more_fields` end in CRLF.
inline std::string switching_to(std::string_view request, std::string_view more_fields = "") {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           protocol::accept_key(field_in(request, "Sec-WebSocket-Key")) + "\r\n" +
           std::string(more_fields) + "\r\n";
}

/// Waits for the next client and opens its connection; gives what it asked with, if that is wanted.
inline RawConnection open_next(const RawServer& server, std::string* request = nullptr) {
    RawConnection connection = server.accept();
    const std::string head = connection.read_until("\r\n\r\n");
    if (request != nullptr) *request = head;
    connection.send(switching_to(head));
    return connection;
}

/// A frame as a client sent it, unmasked.
struct ClientFrame {
    unsigned first = 0;
    bool masked = false;
    std::string payload;
};

inline ClientFrame read_frame(RawConnection& connection) {
    ClientFrame frame;
    const auto number = [&](std::size_t size) {
        std::uint64_t value = 0;
        for (const char letter : connection.read(size))
            value = value << 8 | static_cast<std::uint8_t>(letter);
        return value;
    };
    frame.first = static_cast<unsigned>(number(1));
    const std::uint64_t second = number(1);
    frame.masked = (second & 0x80) != 0;
    std::uint64_t length = second & 0x7F;
    if (length >= 126) length = number(length == 126 ? 2 : 8);
    const std::string key = frame.masked ? connection.read(4) : std::string(4, '\0');
    frame.payload = connection.read(static_cast<std::size_t>(length));
    for (std::size_t index = 0; index < frame.payload.size() && key.size() == 4; ++index)
        frame.payload[index] = static_cast<char>(frame.payload[index] ^ key[index % 4]);
    return frame;
}

/// A client that runs in a thread of its own until its coroutine ends.
class RunningClient {
public:
    explicit RunningClient(std::function<Task<>()> coroutine)
        : thread_([coroutine = std::move(coroutine)] { EXPECT_EQ(run(coroutine()), 0); }) {}
    ~RunningClient() { wait(); }
    RunningClient(const RunningClient&) = delete;
    RunningClient& operator=(const RunningClient&) = delete;

    void wait() {
        if (thread_.joinable()) thread_.join();
    }

private:
    std::thread thread_;
};

}  // namespace longwire
