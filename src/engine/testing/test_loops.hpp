#pragma once

#include "engine/server_implementation.hpp"
#include "engine/worker.hpp"
#include "net/carrier.hpp"
#include "net/session.hpp"
#include "net/stream.hpp"

#include <longwire/testing.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire {

/// The loops of a Server and the one of its test's clients, all turned on the calling thread. It
/// outlives its TestServer where clients do: then nothing moves any more.
class TestServer::Implementation {
public:
    explicit Implementation(Server& server);
    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;
    ~Implementation() = default;

    void settle();
    void advance(std::chrono::milliseconds duration);
    [[nodiscard]] std::chrono::milliseconds elapsed() const noexcept { return elapsed_; }
    /// Ends all connections; the server may go after this.
    void end();
    /// Null where it has ended, or no loop could be made.
    [[nodiscard]] engine::Worker* client() const noexcept {
        return server_ == nullptr ? nullptr : client_.get();
    }
    /// Opens a connection to the server, and gives the client's end of it.
    [[nodiscard]] std::unique_ptr<net::Carrier> dial(std::string_view address);
    /// The same with the session on it. Null as `client`.
    [[nodiscard]] net::Stream* open(std::string_view address, net::Ref<net::Session> session);
    /// Does something with a client's stream, where it is there, and what follows from that.
    template <class Act>
    void act(net::Stream* stream, Act act) {
        if (client() == nullptr) return;
        if (stream != nullptr) {
            const engine::Worker::Running here(*client_);
            act(*stream);
        }
        settle();
    }

private:
    /// One of the server's loops, until it has ended.
    struct Turning {
        engine::Worker& worker;
        Server::Implementation::Turns turns;
    };
    [[nodiscard]] bool turn_all(bool also_idle);

    Server::Implementation* server_;
    std::vector<std::unique_ptr<Turning>> turning_;
    std::unique_ptr<engine::Worker> client_;
    std::chrono::milliseconds elapsed_{0};
    std::size_t connections_ = 0;
    bool settling_ = false;
};

}  // namespace longwire
