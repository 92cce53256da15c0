#include "handshakes.hpp"

#include "frames.hpp"
#include "giving_up.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <utility>

using namespace std::string_view_literals;

Handshakes::Handshakes(Plan plan)
    : plan_(std::move(plan)),
      request_(opening_request(plan_.path, false)),
      farewell_(masked_frame(0x88, "\x03\xe8"sv)),
      connections_(plan_.connections),
      tally_(plan_.seconds, plan_.server) {}

void Handshakes::run() {
    for (Connection& connection : connections_) begin(connection);
    if (plan_.turns > 0) {
        while (ended_ < connections_.size()) turn();
        std::printf("%llu\n", static_cast<unsigned long long>(tally_.messages()));
        return;
    }
    while (!tally_.over()) turn();
    tally_.report();
}

void Handshakes::begin(Connection& connection) {
    if (plan_.turns > 0 && connection.times == plan_.turns) {
        ++ended_;
        return;
    }
    ++connection.times;
    connection.stage = Stage::connecting;
    connection.answer.clear();
    connection.began = Clock::now();
    connection.socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    // Closing it then forgets it at once, at both ends: those that linger would use up the ports.
    const linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connection.socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(plan_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS)
        give_up("cannot connect to port " + std::to_string(plan_.port));
    watch(connection, EPOLL_CTL_ADD, EPOLLOUT);
}

void Handshakes::ask(Connection& connection) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection.socket, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) give_up("cannot connect to port " + std::to_string(plan_.port));
    connection.stage = Stage::opening;
    watch(connection, EPOLL_CTL_MOD, EPOLLIN);
    if (send(connection.socket, request_.data(), request_.size(), MSG_NOSIGNAL) < 0)
        give_up("cannot write");
}

void Handshakes::receive(Connection& connection) {
    std::array<char, 2048> buffer;
    const auto size = recv(connection.socket, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    // Some end the connection after their close frame, and some together with it.
    if (connection.stage == Stage::closing) return end(connection);
    if (size <= 0) give_up("the server ended a connection before the handshake");
    connection.answer.append(buffer.data(), static_cast<std::size_t>(size));
    if (connection.answer.size() > buffer.size()) give_up("the server's answer has no end");
    if (connection.answer.find("\r\n\r\n") != std::string::npos) opened(connection);
}

void Handshakes::opened(Connection& connection) {
    check_opening_answer(connection.answer, false);
    tally_.took(Clock::now() - connection.began);
    connection.stage = Stage::closing;
    if (send(connection.socket, farewell_.data(), farewell_.size(), MSG_NOSIGNAL) < 0)
        give_up("the server ended a connection after the handshake");
}

void Handshakes::end(Connection& connection) {
    close(connection.socket);
    tally_.count(1);
    begin(connection);
}

void Handshakes::watch(Connection& connection, int how, std::uint32_t events) const {
    epoll_event event = {};
    event.events = events;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, how, connection.socket, &event);
}

void Handshakes::turn() {
    std::array<epoll_event, 512> events;
    const int ready = epoll_wait(epoll_, events.data(), events.size(), 10'000);
    if (ready == 0) give_up("nothing came for 10 seconds");
    for (int index = 0; index < ready; ++index) {
        auto& connection =
            *static_cast<Connection*>(events.at(static_cast<std::size_t>(index)).data.ptr);
        if (connection.stage == Stage::connecting)
            ask(connection);
        else
            receive(connection);
    }
}
