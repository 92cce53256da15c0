#pragma once

#include "net/address.hpp"
#include "net/loop.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace longwire::net {

/// Looks up names without blocking, by c-ares: hosts file, then the system's name servers. These
/// are read again when their file has changed: networks come, go, and are configured late.
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

    /// Where name servers are found.
    struct Sources {
        std::string servers = {};  ///< "address:port,…", instead of those of the file; for tests.
        std::string file = "/etc/resolv.conf";
        std::uint16_t port = 53;  ///< Of the servers of the file.
    };
    explicit Resolver(Loop& loop);
    Resolver(Loop& loop, Sources sources);
    ~Resolver();

    /// Looks up the addresses of `host` of one family (AF_INET or AF_INET6); `done` is called once,
    /// perhaps before this returns. A name that stands in the hosts file has the addresses that it
    /// has there, and no others of either family. Errors: name_not_resolved.
    [[nodiscard]] Lookup lookup(const std::string& host, std::uint16_t port, int family, Done done);

private:
    class Channel;
    class Socket;
    struct Glue;
    /// What changes with a file.
    struct FileState {
        std::uint64_t inode = 0;
        std::int64_t size = -1;
        std::int64_t seconds = 0;
        std::int64_t nanoseconds = 0;
        friend bool operator==(const FileState&, const FileState&) = default;
    };

    void on_timer() override;
    void arm_timeout();
    void read_again();
    [[nodiscard]] FileState state_of_file() const noexcept;

    Loop& loop_;
    Sources sources_;
    FileState file_;
    std::unique_ptr<Channel> hosts_;  // which asks nobody
    // The last is the one to ask; the others have to end what they have begun.
    std::vector<std::unique_ptr<Channel>> channels_;
};

}  // namespace longwire::net
