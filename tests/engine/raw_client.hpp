#pragma once

#include "raw_connection.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace longwire {

/// A request that asks for a WebSocket; `more_fields` end in CRLF.
inline std::string upgrade_of(std::string_view path, std::string_view more_fields = "") {
    return "GET " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
           std::string(more_fields) + "\r\n";
}

/// A client of which a test writes every byte.
class RawClient : public RawConnection {
public:
    /// `from` is the address of this machine to connect from.
    explicit RawClient(std::uint16_t port, const char* from = "127.0.0.1")
        : RawConnection(connected(port, from)) {}

    /// Sends all of it; false where the server has ended the connection.
    [[nodiscard]] bool try_send(std::string_view bytes) const { return RawConnection::send(bytes); }

    void send(std::string_view bytes) const { ASSERT_TRUE(try_send(bytes)); }

    /// Makes the opening handshake and gives the head of the answer.
    std::string upgrade(std::string_view path, std::string_view more_fields = "") {
        send(upgrade_of(path, more_fields));
        return read_until("\r\n\r\n");
    }

private:
    static int connected(std::uint16_t port, const char* from) {
        // (Who looks whether somebody waits takes a descriptor for that moment.)
        int socket = -1;
        while ((socket = ::socket(AF_INET, SOCK_STREAM, 0)) < 0 && errno == EMFILE)
            std::this_thread::yield();
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        inet_pton(AF_INET, from, &address.sin_addr);
        // The port is chosen when it connects, or many connections could not be had.
        const int on = 1;
        setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        return socket;
    }
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
