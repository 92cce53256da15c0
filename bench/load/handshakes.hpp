#pragma once

#include "plan.hpp"
#include "tally.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

/// Connections that are made, upgraded, closed, and made again: so many at a time.
class Handshakes {
public:
    explicit Handshakes(Plan plan);
    ~Handshakes() { close(epoll_); }
    Handshakes(const Handshakes&) = delete;
    Handshakes& operator=(const Handshakes&) = delete;

    void run();

private:
    enum class Stage { connecting, opening, closing };
    struct Connection {
        int socket = -1;
        Stage stage = Stage::connecting;
        std::size_t times = 0;
        Clock::time_point began;
        std::string answer;
    };

    void begin(Connection& connection);
    void ask(Connection& connection);
    void receive(Connection& connection);
    void opened(Connection& connection);
    void end(Connection& connection);
    void watch(Connection& connection, int how, std::uint32_t events) const;
    void turn();

    Plan plan_;
    int epoll_ = epoll_create1(0);
    std::string request_;
    std::string farewell_;
    std::vector<Connection> connections_;
    std::size_t ended_ = 0;  // connections that have been made as often as they should
    Tally tally_;
};
