#pragma once

#include "net/address.hpp"
#include "net/descriptor.hpp"
#include "net/loop.hpp"

#include <functional>
#include <vector>

namespace longwire::net {

/// Makes one connection: tries addresses in order until one answers. Destroying it gives up.
class Connector final : private Watcher {
public:
    using Done = std::function<void(Result<Descriptor>)>;

    Connector(Loop& loop, std::vector<Address> addresses, Done done);
    ~Connector();

    /// Begins. `done` is called once, perhaps before this returns (when every address fails at
    /// once); the Connector may be destroyed in that call. Errors: connection_refused,
    /// connection_failed.
    void start();

private:
    void on_ready(std::uint32_t events) override;
    void try_next();
    void settle(Result<Descriptor> result);

    Loop& loop_;
    std::vector<Address> addresses_;
    Done done_;
    std::size_t next_ = 0;
    Descriptor socket_;
    bool watched_ = false;
    int last_error_ = 0;
};

}  // namespace longwire::net
