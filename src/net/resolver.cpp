#include "net/resolver.hpp"

#include <ares.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace longwire::net {

struct Resolver::Lookup::State {
    std::string host;
    Done done;
};

Resolver::Lookup::Lookup(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

Resolver::Lookup::~Lookup() {
    if (state_) state_->done = {};
}

/// One of the sockets that c-ares speaks to name servers with.
class Resolver::Socket final : private Watcher {
public:
    Socket(Resolver& resolver, int number, std::uint32_t events) noexcept
        : resolver_(resolver), number_(number) {
        resolver_.loop_.watch(*this, number_, events);
    }
    ~Socket() { resolver_.loop_.unwatch(*this, number_); }
    void change(std::uint32_t events) noexcept { resolver_.loop_.change(*this, number_, events); }

private:
    void on_ready(std::uint32_t events) override {
        const auto channel = resolver_.channel_;
        const int number = number_;
        const bool readable = (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
        const bool writable = (events & EPOLLOUT) != 0;
        Resolver& resolver = resolver_;
        // May destroy this Socket.
        ares_process_fd(channel, readable ? number : ARES_SOCKET_BAD,
                        writable ? number : ARES_SOCKET_BAD);
        resolver.arm_timeout();
    }

    Resolver& resolver_;
    int number_;
};

/// What c-ares calls.
struct Resolver::Glue {
    static void socket_state(void* data, ares_socket_t socket, int readable, int writable) {
        static_cast<Resolver*>(data)->watch(socket, readable != 0, writable != 0);
    }

    static void finished(void* data, int status, int /*timeouts*/, ares_addrinfo* found) {
        const std::unique_ptr<std::shared_ptr<Lookup::State>> owner(
            static_cast<std::shared_ptr<Lookup::State>*>(data));
        const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> result(
            found, &ares_freeaddrinfo);
        const auto done = std::exchange((*owner)->done, {});
        if (!done) return;
        std::vector<Address> addresses;
        if (result != nullptr)
            for (const ares_addrinfo_node* node = result->nodes; node != nullptr;
                 node = node->ai_next)
                addresses.emplace_back(node->ai_addr, node->ai_addrlen);
        if (status != ARES_SUCCESS || addresses.empty())
            return done(failure(ErrorCode::name_not_resolved,
                                "cannot find the host \"" + (*owner)->host + "\": " +
                                    ares_strerror(status) + "; check the name and the network"));
        done(std::move(addresses));
    }
};

Resolver::Resolver(Loop& loop, const std::string& servers) : loop_(loop) {
    ares_library_init(ARES_LIB_INIT_ALL);
    ares_options options = {};
    options.sock_state_cb = &Glue::socket_state;
    options.sock_state_cb_data = this;
    if (ares_init_options(&channel_, &options, ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS)
        channel_ = nullptr;
    if (channel_ != nullptr && !servers.empty())
        ares_set_servers_ports_csv(channel_, servers.c_str());
}

Resolver::~Resolver() {
    // Calls what is under way with ARES_EDESTRUCTION; their owners are told.
    if (channel_ != nullptr) ares_destroy(channel_);
    ares_library_cleanup();
}

Resolver::Lookup Resolver::lookup(const std::string& host, std::uint16_t port, int family,
                                  Done done) {
    auto state = std::make_shared<Lookup::State>(host, std::move(done));
    Lookup lookup(state);
    if (channel_ == nullptr) {
        const auto failed = std::exchange(state->done, {});
        failed(failure(ErrorCode::name_not_resolved,
                       "cannot find the host \"" + host + "\": the resolver could not start"));
        return lookup;
    }
    ares_addrinfo_hints hints = {};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NUMERICSERV;
    ares_getaddrinfo(channel_, host.c_str(), std::to_string(port).c_str(), &hints, &Glue::finished,
                     new std::shared_ptr<Lookup::State>(std::move(state)));
    arm_timeout();
    return lookup;
}

void Resolver::watch(int socket, bool readable, bool writable) {
    if (!readable && !writable) {
        sockets_.erase(socket);
        return;
    }
    const std::uint32_t events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);
    const auto found = sockets_.find(socket);
    if (found != sockets_.end())
        found->second->change(events);
    else
        sockets_.emplace(socket, std::make_unique<Socket>(*this, socket, events));
}

void Resolver::arm_timeout() {
    timeval limit = {};
    if (sockets_.empty() || ares_timeout(channel_, nullptr, &limit) == nullptr) {
        disarm();
        return;
    }
    const auto after = std::chrono::milliseconds(limit.tv_sec * 1000 + limit.tv_usec / 1000 + 1);
    loop_.arm(*this, std::min(after, std::chrono::milliseconds(1000)));
}

void Resolver::on_timer() {
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm_timeout();
}

}  // namespace longwire::net
