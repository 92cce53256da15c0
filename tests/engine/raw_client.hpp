#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace longwire {

/// A TCP connection that sends the bytes a test writes, and reads what the server really sent.
/// Gives up after 20 seconds without a byte, so that a broken server fails the test.
class RawClient {
public:
    /// `from` is the address of this machine to connect from.
    explicit RawClient(std::uint16_t port, const char* from = "127.0.0.1")
        : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval limit = {.tv_sec = 20, .tv_usec = 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        inet_pton(AF_INET, from, &address.sin_addr);
        // The port is chosen when it connects, or many connections could not be had.
        const int on = 1;
        setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ~RawClient() { close(); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// Sends all of it; false where the server has ended the connection.
    [[nodiscard]] bool try_send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    void send(std::string_view bytes) const { ASSERT_TRUE(try_send(bytes)); }

    /// Reads until `size` bytes are there, or the connection ends.
    std::string read(std::size_t size) {
        while (pending_.size() < size && fill()) {
        }
        return take(size);
    }

    /// Reads up to and with `end`.
    std::string read_until(std::string_view end) {
        std::size_t found = 0;
        while ((found = pending_.find(end)) == std::string::npos && fill()) {
        }
        return take(found == std::string::npos ? pending_.size() : found + end.size());
    }

    /// Reads to the server's end of the connection. `was_reset` then says whether it was a reset.
    std::string read_all() {
        while (fill()) {
        }
        return take(pending_.size());
    }

    [[nodiscard]] bool was_reset() const noexcept { return reset_; }

    void shut() const { ::shutdown(socket_, SHUT_WR); }
    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

    /// Makes the opening handshake and gives the head of the answer.
    std::string upgrade(std::string_view path, std::string_view more_fields = "") {
        send("GET " + std::string(path) +
             " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
             std::string(more_fields) + "\r\n");
        return read_until("\r\n\r\n");
    }

private:
    bool fill() {
        std::array<char, 65536> buffer = {};
        const auto size = ::recv(socket_, buffer.data(), buffer.size(), 0);
        reset_ = reset_ || size < 0;
        if (size <= 0) return false;
        pending_.append(buffer.data(), static_cast<std::size_t>(size));
        return true;
    }

    std::string take(std::size_t size) {
        std::string taken = pending_.substr(0, size);
        pending_.erase(0, taken.size());
        return taken;
    }

    int socket_;
    std::string pending_;
    bool reset_ = false;
};

/// A client's frame, masked with `key`.
inline std::string client_frame(int opcode, std::string_view payload, bool fin = true,
                                std::array<char, 4> key = {0x11, 0x22, 0x33, 0x44}) {
    std::string frame;
    frame += static_cast<char>((fin ? 0x80 : 0) | opcode);
    if (payload.size() < 126) {
        frame += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() < 65536) {
        frame += static_cast<char>(0x80 | 126);
        frame += static_cast<char>(payload.size() >> 8);
        frame += static_cast<char>(payload.size() & 0xFF);
    } else {
        frame += static_cast<char>(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8)
            frame += static_cast<char>(payload.size() >> shift & 0xFF);
    }
    frame.append(key.data(), key.size());
    for (std::size_t index = 0; index < payload.size(); ++index)
        frame += static_cast<char>(payload[index] ^ key[index % 4]);
    return frame;
}

/// A server's frame with a payload of less than 126 bytes.
inline std::string server_frame(int opcode, std::string_view payload) {
    std::string frame;
    frame += static_cast<char>(0x80 | opcode);
    frame += static_cast<char>(payload.size());
    frame += payload;
    return frame;
}

/// The payload of a close frame.
inline std::string close_payload(int code, std::string_view reason = "") {
    std::string payload;
    payload += static_cast<char>(code >> 8);
    payload += static_cast<char>(code & 0xFF);
    payload += reason;
    return payload;
}

inline constexpr int continuation = 0;
inline constexpr int text = 1;
inline constexpr int binary = 2;
inline constexpr int close_opcode = 8;
inline constexpr int ping_opcode = 9;
inline constexpr int pong_opcode = 10;

}  // namespace longwire
