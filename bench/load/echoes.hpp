#pragma once

#include "audience.hpp"
#include "plan.hpp"
#include "tally.hpp"
#include "wire.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Connections that stay, and the messages that go over them.
class Echoes {
public:
    explicit Echoes(Plan plan);
    ~Echoes() { close(epoll_); }
    Echoes(const Echoes&) = delete;
    Echoes& operator=(const Echoes&) = delete;

    void run();

private:
    struct Connection {
        Wire wire;
        std::size_t sent = 0;      // of a burst
        std::size_t received = 0;  // of its answers
        std::size_t bursts = 0;    // that were begun
        Clock::time_point began;
        std::string pending;  // deflate: what is not a whole frame yet
        char last = 0;        // events: the byte before what comes
    };

    void open(Connection& connection);
    void shake_hands(Connection& connection);
    /// Whether the first connection publishes for all others.
    [[nodiscard]] bool fans_out() const { return !audience_.publish.empty(); }
    void begin(Connection& connection);
    void push(Connection& connection);
    void watch(Connection& connection, int how, std::uint32_t events) const;
    void turn();
    /// Whether there may be more.
    bool receive(Connection& connection);
    /// The bytes of so many answers as came with these, where answers differ in size.
    std::size_t counted(Connection& connection, std::string_view bytes) const;
    std::size_t whole_frames(Connection& connection, std::string_view bytes) const;

    Plan plan_;
    int epoll_ = epoll_create1(0);
    TlsContext tls_;
    Audience audience_;
    std::vector<Connection> connections_;
    std::string burst_;
    std::size_t answer_ = 0;   // its size
    std::size_t missing_ = 0;  // fan: those that have not received the whole burst
    std::size_t ended_ = 0;    // connections that have made all their turns
    Tally tally_;
    std::vector<char> buffer_ = std::vector<char>(std::size_t{1} << 20U);
};
