#pragma once

#include "net/descriptor.hpp"
#include "net/dialogue.hpp"
#include "net/loop.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace longwire::net {

/// Carries a Dialogue over a connected socket, and hands the socket back once the way is open.
/// Destroying it gives up, and ends the connection.
class Tunnel final : private Watcher {
public:
    using Done = std::function<void(Result<Descriptor>)>;

    /// The rest of a refusal is worth no longer wait.
    static constexpr std::chrono::milliseconds patience = std::chrono::seconds(1);

    Tunnel(Loop& loop, Descriptor socket, std::unique_ptr<Dialogue> dialogue, Done done);
    ~Tunnel();

    /// Begins. `done` is called once, perhaps before this returns; the Tunnel may be destroyed in
    /// that call. Errors: proxy_failed, system.
    void start();
    /// The time is over. True: the other side had refused, and `done` was told so; its answer was
    /// not whole.
    [[nodiscard]] bool conclude();

private:
    void on_ready(std::uint32_t events) override;
    void on_timer() override;
    [[nodiscard]] bool send_unsent();
    void receive();
    void advance();
    void settle(Result<Descriptor> result);

    Loop& loop_;
    Descriptor socket_;
    std::unique_ptr<Dialogue> dialogue_;
    Done done_;
    std::string unsent_;
    bool watched_ = false;
    bool open_ = false;  // the dialogue is over; what is unsent goes before all else
    bool refused_ = false;
};

}  // namespace longwire::net
