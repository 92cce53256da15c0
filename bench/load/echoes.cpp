#include "echoes.hpp"

#include "frames.hpp"
#include "giving_up.hpp"

#include <array>
#include <cstdio>
#include <utility>

Echoes::Echoes(Plan plan)
    : plan_(std::move(plan)), connections_(plan_.connections), tally_(plan_.seconds, plan_.server) {
    if (plan_.kind == "tls") tls_ = tls_context();
    const bool compressed = plan_.kind == "deflate";
    const std::string payload =
        compressed ? deflated(json_of(plan_.size)) : std::string(plan_.size, 'a');
    std::string frame = masked_frame(compressed ? 0xC1 : 0x82, payload);
    answer_ = head_of(0x82, plan_.size, false).size() + plan_.size;
    for (const char* const kind : {"fan", "events", "pusher", "socketio"})
        if (plan_.kind == kind) audience_ = audience_of(kind, plan_.path, payload);
    if (fans_out()) {
        frame = audience_.publish;
        answer_ = audience_.events ? 1 : audience_.answer;
    }
    if (plan_.kind == "raw") answer_ = frame.size();
    for (std::size_t count = 0; count < plan_.depth; ++count) burst_ += frame;
    for (Connection& connection : connections_) open(connection);
}

void Echoes::run() {
    tally_ = Tally(plan_.seconds, plan_.server);
    std::size_t sending = connections_.size();
    if (fans_out()) {
        sending = 1;
        missing_ = connections_.size() - 1;
        begin(connections_.front());
    } else {
        for (Connection& connection : connections_) begin(connection);
    }
    if (plan_.turns > 0) {
        while (ended_ < sending) turn();
        std::printf("%llu\n", static_cast<unsigned long long>(tally_.messages()));
        return;
    }
    while (!tally_.over()) turn();
    tally_.report();
}

void Echoes::open(Connection& connection) {
    const auto index = static_cast<std::size_t>(&connection - connections_.data());
    connection.wire.open(plan_.port, index, tls_.get());
    if (audience_.events && index > 0)
        open_events(connection.wire, audience_.path);
    else if (plan_.kind != "raw")
        shake_hands(connection);
    connection.wire.stop_waiting();
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
}

void Echoes::shake_hands(Connection& connection) {
    const bool compressed = plan_.kind == "deflate";
    if (connection.wire.send(opening_request(plan_.path, compressed)) < 0) give_up("cannot write");
    std::string answer;
    for (char letter = 0; !answer.ends_with("\r\n\r\n"); answer += letter)
        if (connection.wire.receive(&letter, 1) != 1) give_up("the server ended the connection");
    check_opening_answer(std::move(answer), compressed);
    enter(plan_.kind, connection.wire);
}

void Echoes::begin(Connection& connection) {
    if (plan_.turns > 0 && connection.bursts == plan_.turns) {
        ++ended_;
        return;
    }
    ++connection.bursts;
    connection.sent = 0;
    connection.began = Clock::now();
    push(connection);
}

void Echoes::push(Connection& connection) {
    const std::string_view burst = burst_;
    while (connection.sent < burst.size()) {
        const auto sent = connection.wire.send(burst.substr(connection.sent));
        if (sent < 0) return watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
        connection.sent += static_cast<std::size_t>(sent);
    }
}

void Echoes::watch(Connection& connection, int how, std::uint32_t events) const {
    epoll_event event = {};
    event.events = events;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, how, connection.wire.socket(), &event);
}

void Echoes::turn() {
    std::array<epoll_event, 512> events;
    const int ready = epoll_wait(epoll_, events.data(), events.size(), 10'000);
    if (ready == 0) give_up("nothing came for 10 seconds");
    for (int index = 0; index < ready; ++index) {
        const epoll_event& event = events.at(static_cast<std::size_t>(index));
        auto& connection = *static_cast<Connection*>(event.data.ptr);
        if ((event.events & EPOLLOUT) != 0) {
            watch(connection, EPOLL_CTL_MOD, EPOLLIN);
            push(connection);
        }
        if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) continue;
        while (receive(connection)) {
        }
    }
}

bool Echoes::receive(Connection& connection) {
    const auto size = connection.wire.receive(buffer_.data(), buffer_.size());
    if (size == 0) give_up("the server ended a connection");
    if (size < 0) return false;
    const bool more = static_cast<std::size_t>(size) == buffer_.size();
    const std::size_t came = counted(connection, {buffer_.data(), static_cast<std::size_t>(size)});
    const std::size_t before = connection.received / answer_;
    connection.received += came;
    tally_.count(connection.received / answer_ - before);
    if (connection.received < answer_ * plan_.depth) return more;
    connection.received -= answer_ * plan_.depth;
    if (!fans_out()) {
        tally_.took(Clock::now() - connection.began);
        begin(connection);
    } else if (--missing_ == 0) {
        tally_.took(Clock::now() - connections_.front().began);
        missing_ = connections_.size() - 1;
        begin(connections_.front());
    }
    return more;
}

std::size_t Echoes::counted(Connection& connection, std::string_view bytes) const {
    if (plan_.kind == "deflate") return whole_frames(connection, bytes);
    return audience_.events ? events_in(bytes, connection.last) : bytes.size();
}

/// Counts each whole frame as one answer, since compressed ones differ in size.
std::size_t Echoes::whole_frames(Connection& connection, std::string_view bytes) const {
    std::string& pending = connection.pending;
    pending += bytes;
    std::size_t frames = 0;
    std::size_t begin = 0;
    const auto byte = [&](std::size_t place) {
        return static_cast<std::size_t>(static_cast<unsigned char>(pending[place]));
    };
    while (pending.size() - begin >= 4) {
        std::size_t length = byte(begin + 1) & 0x7FU;
        const std::size_t head = length == 126 ? 4 : 2;
        if (length == 126) length = byte(begin + 2) << 8U | byte(begin + 3);
        if (pending.size() - begin < head + length) break;
        begin += head + length;
        ++frames;
    }
    pending.erase(0, begin);
    return frames * answer_;
}
