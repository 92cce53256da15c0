// The limit: TCP that sends back what comes, with one read and one write an event, and no
// WebSocket. Usage: echo PORT
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace {

void watch(int epoll, int how, int socket, std::uint32_t events) {
    epoll_event event = {};
    event.events = events;
    event.data.fd = socket;
    epoll_ctl(epoll, how, socket, &event);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listening, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(arguments[1])));
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    if (bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
    listen(listening, 4096);
    const int epoll = epoll_create1(0);
    watch(epoll, EPOLL_CTL_ADD, listening, EPOLLIN);
    std::vector<char> buffer(std::size_t{512} * 1024);
    std::map<int, std::string> unsent;
    std::array<epoll_event, 256> events;
    for (;;) {
        const int ready = epoll_wait(epoll, events.data(), events.size(), -1);
        for (int index = 0; index < ready; ++index) {
            const epoll_event event = events.at(static_cast<std::size_t>(index));
            const int socket = event.data.fd;
            if (socket == listening) {
                for (int peer = 0;
                     (peer = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;)
                    watch(epoll, EPOLL_CTL_ADD, peer, EPOLLIN);
                continue;
            }
            if ((event.events & EPOLLOUT) != 0) {
                std::string& rest = unsent[socket];
                const auto sent = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
                if (sent > 0) rest.erase(0, static_cast<std::size_t>(sent));
                if (!rest.empty()) continue;
                unsent.erase(socket);
                watch(epoll, EPOLL_CTL_MOD, socket, EPOLLIN);
            }
            // What it has not taken yet comes first.
            if ((event.events & EPOLLIN) == 0 || unsent.contains(socket)) continue;
            const auto size = recv(socket, buffer.data(), buffer.size(), 0);
            if (size <= 0) {
                close(socket);
                continue;
            }
            const auto all = static_cast<std::size_t>(size);
            const auto sent = send(socket, buffer.data(), all, MSG_NOSIGNAL);
            const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
            if (taken == all) continue;
            unsent[socket].assign(buffer.data() + taken, all - taken);
            watch(epoll, EPOLL_CTL_MOD, socket, EPOLLOUT);
        }
    }
}
