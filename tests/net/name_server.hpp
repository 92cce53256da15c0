#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace longwire::net {

/// A name server on this machine, of which a test says what it answers.
class NameServer {
public:
    enum class Kind : std::uint8_t { addresses, late_addresses, no_such_name, failure, silence };
    struct Answer {
        Kind kind = Kind::addresses;
        std::vector<std::string> addresses = {};
    };
    /// Called in the server's thread for each question; it may take its time.
    using Answering = std::function<Answer(bool ipv6)>;

    explicit NameServer(Answering answering)
        : answering_(std::move(answering)), socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        socklen_t size = sizeof address;
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~NameServer() {
        over_ = true;
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        ::close(socket_);
    }
    NameServer(const NameServer&) = delete;
    NameServer& operator=(const NameServer&) = delete;

    [[nodiscard]] std::string servers() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    void serve() {
        std::array<char, 512> question = {};
        while (!over_) {
            pollfd ready = {.fd = socket_, .events = POLLIN, .revents = 0};
            if (::poll(&ready, 1, 20) <= 0) {
                send(std::exchange(late_, {}));
                continue;
            }
            Reply reply;
            socklen_t size = sizeof reply.to;
            const auto received = ::recvfrom(socket_, question.data(), question.size(), 0,
                                             reinterpret_cast<sockaddr*>(&reply.to), &size);
            if (received < 17) continue;
            const Kind kind = answer(
                std::string(question.data(), static_cast<std::size_t>(received)), reply.bytes);
            // What is late comes once nobody has asked anything for a while.
            (kind == Kind::late_addresses ? late_ : in_time_).push_back(std::move(reply));
            send(std::exchange(in_time_, {}));
        }
    }

    struct Reply {
        sockaddr_in to = {};
        std::string bytes;
    };

    void send(const std::vector<Reply>& replies) const {
        for (const Reply& reply : replies)
            if (!reply.bytes.empty())
                ::sendto(socket_, reply.bytes.data(), reply.bytes.size(), 0,
                         reinterpret_cast<const sockaddr*>(&reply.to), sizeof reply.to);
    }

    Kind answer(const std::string& question, std::string& reply) const {
        const std::size_t name_end = question.find('\0', 12) + 1;
        const auto type = static_cast<std::uint8_t>(question[name_end + 1]);
        const bool ipv6 = type == 28;
        const Answer said = answering_(ipv6);
        if (said.kind == Kind::silence) return said.kind;
        const char code = said.kind == Kind::no_such_name ? 3 : said.kind == Kind::failure ? 2 : 0;
        reply = question.substr(0, 2);
        reply += '\x81';
        reply += static_cast<char>(0x80 | code);
        reply += std::string("\0\1\0", 3) + static_cast<char>(said.addresses.size());
        reply += std::string(4, '\0') + question.substr(12, name_end + 4 - 12);
        for (const std::string& address : said.addresses) {
            std::array<char, 16> bytes = {};
            inet_pton(ipv6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data());
            const std::size_t size = ipv6 ? 16 : 4;
            reply += std::string("\xC0\x0C\0", 3) + static_cast<char>(type);
            reply += std::string("\0\1\0\0\0\x3C\0", 7) + static_cast<char>(size);
            reply.append(bytes.data(), size);
        }
        return said.kind;
    }

    Answering answering_;
    int socket_;
    std::uint16_t port_ = 0;
    std::vector<Reply> in_time_;
    std::vector<Reply> late_;
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

}  // namespace longwire::net
