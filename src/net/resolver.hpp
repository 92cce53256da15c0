#pragma once

#include "net/address.hpp"
#include "net/loop.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct ares_channeldata;

namespace longwire::net {

/// Looks up names without blocking, by c-ares: hosts file, then the system's name servers.
class Resolver final : private Timer {
public:
    using Done = std::function<void(Result<std::vector<Address>>)>;

    /// A lookup that is under way; destroying it gives up, and `done` is not called any more.
    class Lookup {
    public:
        Lookup(Lookup&&) noexcept = default;
        ~Lookup();

    private:
        friend class Resolver;
        struct State;
        explicit Lookup(std::shared_ptr<State> state) noexcept;
        std::shared_ptr<State> state_;
    };

    /// `servers` ("address:port,…") instead of the system's name servers, for tests.
    explicit Resolver(Loop& loop, const std::string& servers = {});
    ~Resolver();

    /// Looks up the addresses of `host` of one family (AF_INET or AF_INET6); `done` is called once,
    /// perhaps before this returns. Errors: name_not_resolved.
    [[nodiscard]] Lookup lookup(const std::string& host, std::uint16_t port, int family, Done done);

private:
    class Socket;
    struct Glue;

    void on_timer() override;
    void watch(int socket, bool readable, bool writable);
    void arm_timeout();

    Loop& loop_;
    ares_channeldata* channel_ = nullptr;
    std::map<int, std::unique_ptr<Socket>> sockets_;
};

}  // namespace longwire::net
