#pragma once

#include "ledger.hpp"
#include "opening.hpp"
#include "outbox.hpp"
#include "plan.hpp"
#include "story.hpp"
#include "timeline.hpp"
#include "wire.hpp"

#include "protocol/compression.hpp"
#include "protocol/connection.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace longwire::simulation {

/// What both endpoints live in.
struct Surroundings {
    const Plan& plan;
    Timeline& timeline;
    Story& story;
    std::function<void()> reset;  ///< breaks the network
    bool broken = false;          ///< it has been called
    std::optional<protocol::Compression> shared_compression = {};
};

/// One side of the connection: what an engine would do around the protocol's Connection, and an
/// application that does what comes to its mind.
class Endpoint {
public:
    Endpoint(protocol::Role role, const SidePlan& plan, Surroundings& surroundings, Chance chance,
             Wire& in, Wire& out, Ledger& received, Ledger& sent);

    void begin();
    /// The network is broken.
    void lose();

    /// Nothing is left for it to do.
    [[nodiscard]] bool finished() const noexcept { return lost_ || (told_end_ && shut_); }
    [[nodiscard]] bool opened() const noexcept { return connection_.has_value(); }
    [[nodiscard]] std::uint64_t consumed() const noexcept { return consumed_; }
    /// Of the opening handshake.
    [[nodiscard]] const std::optional<protocol::DeflateParameters>& deflate() const noexcept {
        return deflate_;
    }

private:
    struct Events;
    struct WholeMessages;
    struct Chunks;

    template <class Call>
    auto with_handler(Call call);

    // What comes.
    void take(Bytes bytes);
    void take_end();
    void feed();
    std::size_t feed_connection(std::span<std::byte> bytes);
    std::size_t feed_opening(std::span<const std::byte> bytes);
    void open(const std::optional<protocol::DeflateParameters>& deflate);
    void use_compression(const protocol::DeflateParameters& agreed);
    void tell_end();
    protocol::Flow after_message();
    void handle_later();
    void closed(CloseCode code, std::string_view reason, bool clean);
    void judge_answer(const CloseSaid& said, bool clean) const;
    void shut();
    void watch();

    // What it does.
    void act_later();
    void act();
    void do_something(bool inside);
    void send_message(Misdeed misdeed);
    void send_ping();
    void send_pong();
    void commit_misdeed();
    void close();
    void abort();
    /// Lets the connection send, which it must do exactly while it is open.
    void send(Outbox::Asked asked, const std::function<bool()>& call);
    void check_state() const;
    [[nodiscard]] bool forgets_our_context() const noexcept;

    [[nodiscard]] ReadyState expected_state() const noexcept;
    void tell(std::string_view what, std::uint64_t number = 0, std::string_view detail = {});

    protocol::Role role_;
    const SidePlan& plan_;
    Surroundings& surroundings_;
    Chance chance_;
    Wire& in_;
    Wire& out_;
    Ledger& received_;
    Outbox outbox_;

    std::optional<ClientOpening> client_opening_;
    std::optional<ServerOpening> server_opening_;
    ConnectionLimits limits_;
    std::optional<protocol::DeflateParameters> deflate_;
    std::optional<protocol::Compression> compression_;
    std::optional<protocol::Connection> connection_;
    Reception reception_;
    Bytes held_;  // came, and waits to be decoded
    std::uint64_t consumed_ = 0;
    Time heard_at_ = 0;
    std::uint64_t actions_ = 0;
    std::size_t budget_;
    unsigned replies_ = 0;
    bool opening_failed_ = false;
    bool busy_ = false;   // a handler has yet to run
    bool ended_ = false;  // nothing more comes
    bool told_end_ = false;
    bool close_asked_ = false;  // our close frame is the application's
    bool told_shut_ = false;
    bool await_peer_ = false;
    bool shut_ = false;
    bool lost_ = false;
};

}  // namespace longwire::simulation
