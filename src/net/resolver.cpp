#include "net/resolver.hpp"

#include <ares.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
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
    Socket(Channel& channel, int number, std::uint32_t events) noexcept;
    ~Socket();
    void change(std::uint32_t events) noexcept;

private:
    void on_ready(std::uint32_t events) override;

    Channel& channel_;
    int number_;
};

/// The name servers as they were when it was made, and what they were asked.
class Resolver::Channel {
public:
    /// `lookups` as c-ares has it: "f" for the hosts file alone; empty: as the system says.
    Channel(Resolver& resolver, const char* lookups);
    ~Channel() {
        // Calls what is under way with ARES_EDESTRUCTION; their owners are told.
        if (handle_ != nullptr) ares_destroy(handle_);
    }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    [[nodiscard]] Resolver& resolver() const noexcept { return resolver_; }
    [[nodiscard]] ares_channel handle() const noexcept { return handle_; }
    [[nodiscard]] bool idle() const noexcept { return under_way_ == 0; }
    void ask(const std::string& host, std::uint16_t port, int family, ares_addrinfo_callback told,
             void* data);
    void answered() noexcept { --under_way_; }
    void watch(int socket, bool readable, bool writable);
    void process(int readable, int writable) const { ares_process_fd(handle_, readable, writable); }
    /// Until it has to be looked at again; nothing where it does not.
    [[nodiscard]] std::optional<std::chrono::milliseconds> patience() const;

private:
    Resolver& resolver_;
    ares_channel handle_ = nullptr;
    std::size_t under_way_ = 0;
    std::map<int, std::unique_ptr<Socket>> sockets_;
};

/// What c-ares calls.
struct Resolver::Glue {
    using Nodes = std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)>;

    struct Asked {
        Channel& channel;
        std::shared_ptr<Lookup::State> state;
    };

    static void socket_state(void* data, ares_socket_t socket, int readable, int writable) {
        static_cast<Channel*>(data)->watch(socket, readable != 0, writable != 0);
    }

    static std::vector<Address> addresses_in(const Nodes& nodes) {
        std::vector<Address> addresses;
        if (nodes != nullptr)
            for (const ares_addrinfo_node* node = nodes->nodes; node != nullptr;
                 node = node->ai_next)
                addresses.emplace_back(node->ai_addr, node->ai_addrlen);
        return addresses;
    }

    static Error not_found(const std::string& host, std::string_view why) {
        return {ErrorCode::name_not_resolved, "cannot find the host \"" + host +
                                                  "\": " + std::string(why) +
                                                  "; check the name and the network"};
    }

    static void finished(void* data, int status, int /*timeouts*/, ares_addrinfo* found) {
        const std::unique_ptr<Asked> asked(static_cast<Asked*>(data));
        const Nodes nodes(found, &ares_freeaddrinfo);
        asked->channel.answered();
        const auto done = std::exchange(asked->state->done, {});
        if (!done) return;
        auto addresses = addresses_in(nodes);
        if (status != ARES_SUCCESS || addresses.empty())
            return done(Failure(not_found(asked->state->host, ares_strerror(status))));
        done(std::move(addresses));
    }

    /// Of the hosts file: all that it has, or nothing.
    static void read(void* data, int status, int /*timeouts*/, ares_addrinfo* found) {
        const Nodes nodes(found, &ares_freeaddrinfo);
        if (status == ARES_SUCCESS) *static_cast<std::vector<Address>*>(data) = addresses_in(nodes);
    }
};

Resolver::Socket::Socket(Channel& channel, int number, std::uint32_t events) noexcept
    : channel_(channel), number_(number) {
    channel_.resolver().loop_.watch(*this, number_, events);
}

Resolver::Socket::~Socket() {
    channel_.resolver().loop_.unwatch(*this, number_);
}

void Resolver::Socket::change(std::uint32_t events) noexcept {
    channel_.resolver().loop_.change(*this, number_, events);
}

void Resolver::Socket::on_ready(std::uint32_t events) {
    const int number = number_;
    const bool readable = (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
    const bool writable = (events & EPOLLOUT) != 0;
    const Channel& channel = channel_;
    // May destroy this Socket.
    channel.process(readable ? number : ARES_SOCKET_BAD, writable ? number : ARES_SOCKET_BAD);
    channel.resolver().arm_timeout();
}

Resolver::Channel::Channel(Resolver& resolver, const char* lookups) : resolver_(resolver) {
    const Sources& sources = resolver.sources_;
    std::string file = sources.file;
    std::string order = lookups;
    ares_options options = {};
    int given =
        ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF | ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT;
    options.sock_state_cb = &Glue::socket_state;
    options.sock_state_cb_data = this;
    options.resolvconf_path = file.data();
    options.udp_port = options.tcp_port = sources.port;
    if (!order.empty()) {
        options.lookups = order.data();
        given |= ARES_OPT_LOOKUPS;
    }
    if (ares_init_options(&handle_, &options, given) != ARES_SUCCESS) handle_ = nullptr;
    if (handle_ != nullptr && !sources.servers.empty())
        ares_set_servers_ports_csv(handle_, sources.servers.c_str());
}

void Resolver::Channel::ask(const std::string& host, std::uint16_t port, int family,
                            ares_addrinfo_callback told, void* data) {
    ares_addrinfo_hints hints = {};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NUMERICSERV | ARES_AI_ENVHOSTS;
    ++under_way_;
    ares_getaddrinfo(handle_, host.c_str(), std::to_string(port).c_str(), &hints, told, data);
}

void Resolver::Channel::watch(int socket, bool readable, bool writable) {
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

std::optional<std::chrono::milliseconds> Resolver::Channel::patience() const {
    timeval limit = {};
    if (sockets_.empty() || ares_timeout(handle_, nullptr, &limit) == nullptr) return std::nullopt;
    return std::chrono::milliseconds(limit.tv_sec * 1000 + limit.tv_usec / 1000 + 1);
}

// -------------------------------------------------------------------------------------------------

Resolver::Resolver(Loop& loop) : Resolver(loop, Sources()) {}

Resolver::Resolver(Loop& loop, Sources sources) : loop_(loop), sources_(std::move(sources)) {
    ares_library_init(ARES_LIB_INIT_ALL);
    hosts_ = std::make_unique<Channel>(*this, "f");
    read_again();
}

Resolver::~Resolver() {
    channels_.clear();
    hosts_.reset();
    ares_library_cleanup();
}

Resolver::FileState Resolver::state_of_file() const noexcept {
    struct stat status = {};
    if (::stat(sources_.file.c_str(), &status) != 0) return {};
    return {.inode = status.st_ino,
            .size = status.st_size,
            .seconds = status.st_mtim.tv_sec,
            .nanoseconds = status.st_mtim.tv_nsec};
}

void Resolver::read_again() {
    // (Taken before it is read: a change meanwhile is seen the next time.)
    file_ = state_of_file();
    channels_.push_back(std::make_unique<Channel>(*this, ""));
}

Resolver::Lookup Resolver::lookup(const std::string& host, std::uint16_t port, int family,
                                  Done done) {
    auto state = std::make_shared<Lookup::State>(host, std::move(done));
    Lookup lookup(state);
    const auto settle = [&](Result<std::vector<Address>> result) {
        const auto told = std::exchange(state->done, {});
        told(std::move(result));
    };
    if (state_of_file() != file_) read_again();
    Channel& channel = *channels_.back();
    if (channel.handle() == nullptr || hosts_->handle() == nullptr) {
        settle(Failure(Glue::not_found(host, "the resolver could not start")));
        return lookup;
    }
    std::vector<Address> known;
    const std::string name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    hosts_->ask(name, port, AF_UNSPEC, &Glue::read, &known);
    hosts_->answered();
    if (!known.empty()) {
        std::erase_if(known, [&](const Address& each) { return each.family() != family; });
        if (known.empty())
            settle(Failure(
                Glue::not_found(host, "the hosts file has an address of another kind alone")));
        else
            settle(std::move(known));
        return lookup;
    }
    channel.ask(host, port, family, &Glue::finished, new Glue::Asked{channel, std::move(state)});
    arm_timeout();
    return lookup;
}

void Resolver::arm_timeout() {
    std::optional<std::chrono::milliseconds> soonest;
    for (const auto& channel : channels_)
        if (const auto patience = channel->patience())
            soonest = std::min(soonest.value_or(*patience), *patience);
    constexpr std::chrono::milliseconds longest{1000};
    if (soonest || channels_.size() > 1)
        loop_.arm(*this, std::min(soonest.value_or(longest), longest));
    else
        disarm();
}

void Resolver::on_timer() {
    // (Not when they have just been answered: that is told from within them.)
    const auto last = channels_.end() - 1;
    channels_.erase(std::remove_if(channels_.begin(), last,
                                   [](const auto& channel) { return channel->idle(); }),
                    last);
    // What they tell may add another.
    for (std::size_t index = 0; index < channels_.size(); ++index)
        channels_[index]->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm_timeout();
}

}  // namespace longwire::net
