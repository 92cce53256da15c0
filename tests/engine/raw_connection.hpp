#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace longwire {

/// One end of a TCP connection whose bytes a test writes and reads. Gives up after 20 seconds
/// without a byte, so that a broken peer fails the test.
class RawConnection {
public:
    explicit RawConnection(int socket) : socket_(socket) {
        const timeval limit = {.tv_sec = 20, .tv_usec = 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    ~RawConnection() { close(); }
    RawConnection(RawConnection&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), pending_(std::move(other.pending_)) {}
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    [[nodiscard]] static RawConnection to(std::uint16_t port) {
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        return RawConnection(socket);
    }

    /// Sends all of it; false where the peer has ended the connection.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// Reads until `size` bytes are there, or the connection ends.
    std::string read(std::size_t size) {
        while (pending_.size() < size && fill()) {
        }
        return take(size);
    }

    /// Sends what the kernel takes without waiting, and gives how much that was.
    [[nodiscard]] std::size_t send_at_once(std::string_view bytes) const {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }

    /// Whether the kernel takes something more within that time.
    [[nodiscard]] bool has_room_within(std::chrono::milliseconds time) const {
        pollfd waiting = {.fd = socket_, .events = POLLOUT, .revents = 0};
        return ::poll(&waiting, 1, static_cast<int>(time.count())) > 0;
    }

    /// Reads up to and with `end`.
    std::string read_until(std::string_view end) {
        std::size_t found = 0;
        while ((found = pending_.find(end)) == std::string::npos && fill()) {
        }
        return take(found == std::string::npos ? pending_.size() : found + end.size());
    }

    /// Reads to the peer's end of the connection.
    std::string read_all() {
        while (fill()) {
        }
        return take(pending_.size());
    }

    /// Whether nothing comes for so long: no byte, and no end either.
    [[nodiscard]] bool silent_for(std::chrono::milliseconds time) const {
        pollfd waiting = {.fd = socket_, .events = POLLIN, .revents = 0};
        return pending_.empty() && ::poll(&waiting, 1, static_cast<int>(time.count())) == 0;
    }

    /// After `read_all`: whether the peer's end was a reset.
    [[nodiscard]] bool was_reset() const noexcept { return reset_; }

    void shut() const { ::shutdown(socket_, SHUT_WR); }
    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

    /// Ends the connection with a reset, as a machine does that has lost its memory of it.
    void vanish() {
        const linger at_once = {.l_onoff = 1, .l_linger = 0};
        setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        ::close(std::exchange(socket_, -1));
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

}  // namespace longwire
