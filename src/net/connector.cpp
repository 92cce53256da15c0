#include "net/connector.hpp"

#include "net/localhost.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace longwire::net {

namespace {

bool is_refusal(int error) noexcept {
    return error == ECONNREFUSED || error == ENOENT;
}

std::string without_port(const std::string& address) {
    return address.substr(0, address.rfind(':'));
}

}  // namespace

/// One address that is being connected to.
class Connector::Try final : private Watcher {
public:
    Try(Connector& owner, const Address& address) : owner_(owner), address_(address) {}
    ~Try() {
        if (watched_) owner_.loop_.unwatch(*this, socket_.get());
    }
    Try(const Try&) = delete;
    Try& operator=(const Try&) = delete;

    [[nodiscard]] const Address& address() const noexcept { return address_; }

    /// 0, or the errno that ended it at once.
    [[nodiscard]] int begin() {
        socket_ =
            Descriptor(::socket(address_.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!socket_) return errno;
        const int on = 1;
        if (address_.family() != AF_UNIX)
            setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (const auto& local = owner_.local_) {
            // A port is worth choosing once the server is known: then only the pair must be new.
            setsockopt(socket_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
            if (::bind(socket_.get(), local->data(), local->size()) != 0) return errno;
        }
        return connect();
    }

private:
    [[nodiscard]] int connect() {
        const int status = ::connect(socket_.get(), address_.data(), address_.size());
        if (status != 0 && errno == EAGAIN && address_.family() == AF_UNIX) {
            // Its queue is full, and nobody tells when there is room.
            owner_.loop_.arm(*this, owner_.delays_.queue);
            return 0;
        }
        if (status != 0 && errno != EINPROGRESS) return errno;
        // Also one that is connected at once is reported by the loop, never before we return.
        const int error = owner_.loop_.watch(*this, socket_.get(), EPOLLOUT);
        watched_ = error == 0;
        return error;
    }

    void on_timer() override {
        // It may destroy this.
        if (const int error = connect(); error != 0) owner_.lost(*this, error);
    }

    // Either call destroys this.
    void on_ready(std::uint32_t /*events*/) override {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        owner_.loop_.unwatch(*this, socket_.get());
        watched_ = false;
        if (error == 0)
            owner_.won(std::move(socket_));
        else
            owner_.lost(*this, error);
    }

    Connector& owner_;
    Address address_;
    Descriptor socket_;
    bool watched_ = false;
};

Connector::Connector(Loop& loop, std::string host, std::uint16_t port, Done done,
                     ConnectDelays delays)
    : loop_(loop),
      host_(std::move(host)),
      name_(host_ + ":" + std::to_string(port)),
      port_(port),
      done_(std::move(done)),
      delays_(delays) {}

Connector::Connector(Loop& loop, const std::vector<Address>& addresses, std::string name, Done done,
                     ConnectDelays delays)
    : loop_(loop), name_(std::move(name)), done_(std::move(done)), delays_(delays) {
    for (const Address& address : addresses) admit(address);
}

Connector::~Connector() = default;

Connector::Family Connector::family_of(const Address& address) noexcept {
    return address.family() == AF_INET6 ? Family::ipv6 : Family::other;
}

bool Connector::reaches(Family family) const noexcept {
    return !local_ || family_of(*local_) == family;
}

void Connector::leave_from(const Address& local) {
    local_ = local;
    for (const Family family : {Family::ipv6, Family::other})
        if (!reaches(family)) waiting_[family].clear();
}

void Connector::start() {
    // Nothing is settled while the lookups are being made: they may be answered at once.
    starting_ = true;
    if (is_localhost(host_)) {
        // RFC 6761, section 6.3: whatever a name server says, it is this machine.
        for (const std::string_view loopback : {"::1", "127.0.0.1"})
            if (const auto address = Address::from_numeric(loopback, port_)) admit(*address);
    } else if (!host_.empty()) {
        looking_up_ = {reaches(Family::ipv6), reaches(Family::other)};
        for (const Family family : {Family::ipv6, Family::other})
            if (reaches(family)) look_up(family);
    }
    starting_ = false;
    advance();
}

void Connector::look_up(Family family) {
    lookups_[family].emplace(
        loop_.resolver().lookup(host_, port_, family == Family::ipv6 ? AF_INET6 : AF_INET,
                                [this, family](Result<std::vector<Address>> addresses) {
                                    found(family, std::move(addresses));
                                }));
}

void Connector::found(Family family, Result<std::vector<Address>> addresses) {
    looking_up_[family] = false;
    if (addresses) {
        for (const Address& address : *addresses) admit(address);
    } else if (!not_found_ || family == Family::other) {
        not_found_ = std::move(addresses.error());
    }
    if (!starting_) advance();
}

void Connector::admit(const Address& address) {
    const Family family = family_of(address);
    if (!reaches(family)) return;
    // Counted apart, so that one family with many addresses leaves room for the other.
    if (admitted_[family] == most_of_family) return;
    ++admitted_[family];
    waiting_[family].push_back(address);
}

void Connector::on_timer() {
    if (tries_.empty() && !failures_.empty())
        without_hope_ = true;
    else if (tries_.empty())
        waited_for_ipv6_ = true;
    else
        may_begin_ = true;
    advance();
}

void Connector::advance() {
    while (may_begin_) {
        const auto address = next_address();
        if (!address) break;
        begin(*address);
    }
    if (!tries_.empty() || has_waiting()) return;
    const bool more_may_come = looking_up_[0] || looking_up_[1];
    if (!more_may_come || without_hope_) return settle(longwire::Failure(failure_of_all()));
    // A refusal that is known does not wait for a name server that says nothing.
    if (!failures_.empty() && !armed()) loop_.arm(*this, delays_.last_hope);
}

std::optional<Address> Connector::next_address() {
    const Family second = turn_ == Family::ipv6 ? Family::other : Family::ipv6;
    Family family = turn_;
    if (waiting_[family].empty()) {
        if (waiting_[second].empty()) return std::nullopt;
        // IPv6 is worth a moment, before anything has been tried.
        const bool first = tries_.empty() && failures_.empty();
        if (first && looking_up_[Family::ipv6] && !waited_for_ipv6_) {
            if (!armed()) loop_.arm(*this, delays_.resolution);
            return std::nullopt;
        }
        family = second;
    }
    turn_ = family == Family::ipv6 ? Family::other : Family::ipv6;
    const Address address = waiting_[family].front();
    waiting_[family].pop_front();
    return address;
}

void Connector::begin(const Address& address) {
    auto one = std::make_unique<Try>(*this, address);
    if (const int error = one->begin(); error != 0) {
        failures_.push_back({address, error});
        return;
    }
    tries_.push_back(std::move(one));
    may_begin_ = false;
    loop_.arm(*this, delays_.attempt);
}

void Connector::won(Descriptor socket) {
    disarm();
    tries_.clear();
    settle(std::move(socket));
}

void Connector::lost(const Try& one, int error) {
    failures_.push_back({one.address(), error});
    std::erase_if(tries_, [&](const auto& other) { return other.get() == &one; });
    disarm();
    may_begin_ = true;
    advance();
}

bool Connector::has_waiting() const noexcept {
    return !waiting_[0].empty() || !waiting_[1].empty();
}

Error Connector::failure_of_all() const {
    std::string message = "cannot connect to " + name_;
    if (local_) message += " from " + without_port(local_->to_text());
    if (failures_.empty())
        return not_found_.value_or(
            Error(ErrorCode::connection_failed,
                  message + ": no address" + (local_ ? " of the same family" : "")));
    const bool refused =
        std::ranges::all_of(failures_, [](const Failure& one) { return is_refusal(one.number); });
    constexpr std::size_t most_told = 4;
    for (std::size_t index = 0; index < std::min(failures_.size(), most_told); ++index) {
        const auto& [address, error] = failures_[index];
        const std::string text = address.to_text();
        message += index == 0 ? ": " : ", ";
        if (text != name_) message += text + ": ";
        message += describe_errno(error);
    }
    if (failures_.size() > most_told)
        message += ", and " + std::to_string(failures_.size() - most_told) + " more";
    if (refused) message += "; is the server running there?";
    return {refused ? ErrorCode::connection_refused : ErrorCode::connection_failed,
            std::move(message)};
}

void Connector::settle(Result<Descriptor> result) {
    disarm();
    for (auto& lookup : lookups_) lookup.reset();
    const auto done = std::exchange(done_, {});
    done(std::move(result));
}

}  // namespace longwire::net
