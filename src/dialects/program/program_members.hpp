#pragma once

#include "dialects/dialect.hpp"
#include "dialects/hub_loops.hpp"
#include "hub/broker.hpp"
#include "hub/presence.hpp"
#include "hub/publication.hpp"

#include <longwire/hub.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace longwire::dialects {

class ProgramMembers;

/// A member of a channel that is code: what stands behind a Subscription.
struct ProgramMember {
    std::weak_ptr<ProgramMembers> all;
    std::string channel;
    hub::MemberId id;
    std::optional<std::string> user;  // where it is known who is there
    SubscriptionHandlers handlers;
    std::atomic<bool> left = false;
    bool joined = false;  // on the first loop
};

/// The dialect of the program itself: its members are reached on the server's first loop.
class ProgramMembers final : public Dialect, public std::enable_shared_from_this<ProgramMembers> {
public:
    /// It must outlive the server's run.
    explicit ProgramMembers(HubLoops& hub_loops) : hub_loops_(hub_loops) {}

    /// Any thread.
    [[nodiscard]] std::shared_ptr<ProgramMember> join(std::string channel, hub::HistoryQuery wanted,
                                                      std::optional<hub::Presence> who,
                                                      SubscriptionHandlers handlers);
    /// Any thread; once.
    void leave(const std::shared_ptr<ProgramMember>& member);

    void deliver(std::size_t loop, const hub::SharedPublication& publication) override;
    void interrupt(std::size_t loop, const std::string& channel, hub::Position position) override;
    void announce(std::size_t loop, const hub::PresenceChange& change) override;

private:
    void joined(const std::shared_ptr<ProgramMember>& member, Result<hub::History> history);
    void take_out(const std::shared_ptr<ProgramMember>& member);

    HubLoops& hub_loops_;
    std::atomic<std::uint64_t> latest_ = 0;
    // On the first loop only. Nobody comes or goes while members are told: all of it is posted.
    std::unordered_map<std::string, std::vector<std::shared_ptr<ProgramMember>>> by_channel_;
};

}  // namespace longwire::dialects
