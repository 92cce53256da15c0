#pragma once

#include "dialects/hub_loops.hpp"
#include "dialects/program/program_gate.hpp"
#include "dialects/program/program_members.hpp"
#include "dialects/raw/raw.hpp"
#include "hub/hub.hpp"
#include "hub/memory_broker.hpp"

#include <longwire/hub.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::dialects {

/// Whether it can be the name of a channel of a Hub. (Clients could not reach one with a slash.)
[[nodiscard]] bool is_program_channel(std::string_view name) noexcept;

/// What stands behind a Hub: its channels on a server, and what speaks on them. A SocketIo that is
/// made on the Hub shares it, so that it goes with the last of them.
class ProgramHub {
public:
    ProgramHub(Server& server, HubOptions options);
    ~ProgramHub() = default;
    ProgramHub(const ProgramHub&) = delete;
    ProgramHub& operator=(const ProgramHub&) = delete;

    // As the functions of Hub of these names
    void publish(std::string_view channel, Message message, PublishOptions options);
    Subscription subscribe(std::string_view channel, SubscriptionHandlers handlers,
                           const HistoryQuery& history, ChannelUser as);
    void history(std::string_view channel, const HistoryQuery& wish,
                 std::function<void(Result<ChannelHistory>)> answer);
    void presence(std::string_view channel,
                  std::function<void(Result<std::vector<ChannelUser>>)> answer);
    [[nodiscard]] HubCounts counts() const;

    [[nodiscard]] Server& server() noexcept { return server_; }
    [[nodiscard]] hub::Hub& hub() noexcept { return hub_; }
    [[nodiscard]] HubLoops& hub_loops() noexcept { return hub_loops_; }
    [[nodiscard]] ProgramGate& gate() noexcept { return gate_; }
    /// Keeps a dialect for as long as its loops may tell it something. Before the server runs.
    void keep(std::shared_ptr<Dialect> dialect) { kept_.push_back(std::move(dialect)); }

private:
    Server& server_;
    hub::MemoryBroker broker_;
    hub::Hub hub_;
    HubLoops hub_loops_;
    ProgramGate gate_;
    raw::Raw raw_;
    std::shared_ptr<ProgramMembers> members_;
    std::vector<std::shared_ptr<Dialect>> kept_;
};

}  // namespace longwire::dialects
