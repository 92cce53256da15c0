// What an idle Client costs on the heap. bench/memory measures it with ten thousand of them.
#include "raw_server.hpp"

#include <gtest/gtest.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <longwire/longwire.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace longwire {
namespace {

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/// Bytes that are allocated now, with what the allocator adds to each piece.
std::size_t heap() {
    const auto all = mallinfo2();
    return all.uordblks + all.hblkhd;
}

/// A socket and nothing else, closed with this: a RawConnection keeps what it has read.
class Socket {
public:
    explicit Socket(int number) noexcept : number_(number) {}
    ~Socket() {
        if (number_ >= 0) ::close(number_);
    }
    Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

/// Clients that are connected to a server which takes no memory of this program.
class Crowd {
public:
    Crowd() {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(listener_.number(), reinterpret_cast<sockaddr*>(&address), sizeof address),
                  0);
        EXPECT_EQ(::listen(listener_.number(), 8), 0);
        socklen_t size = sizeof address;
        getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&address), &size);
        url_ = "ws://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
    }

    void grow(std::size_t count) {
        for (; count > 0; --count) {
            clients_.emplace_back(url_, ClientOptions{.on_open = [this](Client&) { ++open_; },
                                                      .on_message = [](Client&, Message) {}});
            shake_hands();
        }
        while (open_ < clients_.size()) std::this_thread::yield();
        // What the last of them have still to do is done before what a further one does.
        const Client last(url_, {.on_close = [this](Client&, const CloseStatus&) { ++closed_; }});
        (void)accept();
        while (closed_.exchange(0) == 0) std::this_thread::yield();
    }

private:
    [[nodiscard]] Socket accept() const {
        return Socket(::accept(listener_.number(), nullptr, nullptr));
    }
    void shake_hands() {
        const Socket& socket = sockets_.emplace_back(accept());
        std::string request;
        std::array<char, 1024> buffer = {};
        while (!request.ends_with("\r\n\r\n")) {
            const auto size = ::recv(socket.number(), buffer.data(), buffer.size(), 0);
            ASSERT_GT(size, 0);
            request.append(buffer.data(), static_cast<std::size_t>(size));
        }
        const std::string answer = switching_to(request);
        ASSERT_EQ(::send(socket.number(), answer.data(), answer.size(), MSG_NOSIGNAL),
                  std::ssize(answer));
    }

    Socket listener_ = Socket(::socket(AF_INET, SOCK_STREAM, 0));
    std::string url_;
    std::atomic<std::size_t> open_ = 0;
    std::atomic<std::size_t> closed_ = 0;
    std::vector<Socket> sockets_;
    std::deque<Client> clients_;
};

TEST(ClientMemory, AnIdleClientTakesLessThanAKilobyte) {
    constexpr std::size_t count = 400;
    Crowd crowd;
    // What exists once, and the tables that grow, exist after these.
    crowd.grow(100);
    const std::size_t before = heap();
    crowd.grow(count);
    const std::size_t each = (heap() - before) / count;
    EXPECT_LT(each, 1000U);
    EXPECT_GT(each, 100U) << "nothing was measured";
}

#endif

}  // namespace
}  // namespace longwire
