#pragma once

#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/pusher/app.hpp"
#include "dialects/pusher/channel_kind.hpp"
#include "dialects/pusher/client_table.hpp"
#include "dialects/pusher/loop_channel.hpp"
#include "dialects/pusher/recovery.hpp"
#include "dialects/pusher/webhooks.hpp"
#include "hub/hub.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace longwire::dialects::pusher {

/// Puts clients on channels, and tells them what happens there. On the thread of the client's loop.
class Subscriptions {
public:
    /// All must outlive the server's run.
    Subscriptions(HubLoops& hub_loops, DialectTally& tally, Gate& gate, ClientTable& clients,
                  Recovery& recovery, std::shared_ptr<Webhooks> webhooks);
    Subscriptions(const Subscriptions&) = delete;
    Subscriptions& operator=(const Subscriptions&) = delete;
    ~Subscriptions() = default;

    void subscribe(Client& client, const Subscribe& wanted);
    /// The client has room for more of what it missed, if it missed something.
    void catch_up(Client& client);
    void unsubscribe(Client& client, std::string_view channel);
    /// The client is going. Where `comes_back`, it is remembered what it had got.
    void leave_all(Client& client, bool comes_back);

    void deliver(std::size_t loop, const hub::SharedPublication& publication);
    /// Something is missing: all who are on the channel are told to come back at once.
    void interrupt(std::size_t loop, const std::string& hub_name);
    void announce(std::size_t loop, const hub::PresenceChange& change);
    /// To all who are on the channel, on all loops.
    void tell(const std::string& hub_name, std::string json);
    /// Notes whether the client has got all that it was sent. Once a second or so.
    void confirm(Client& client);
    /// The same for what was delivered on its loop up to this.
    void confirm(Client& client, std::uint64_t upto);
    [[nodiscard]] std::uint64_t delivered_on(std::size_t loop) const noexcept {
        return on_loops_[loop].delivered;
    }

    /// How much is kept of a channel for those who come later.
    [[nodiscard]] hub::HistoryRule history_of(const App& app, std::string_view channel) const;
    /// By what the client is known, the best first.
    [[nodiscard]] static std::vector<std::string> identities_of(const Client& client,
                                                                const ChannelData* member);

private:
    /// The subscriptions of a client that is going, or has gone.
    struct Leaving {
        hub::MemberId client;
        SubscriptionsByName subscriptions;
    };
    struct OnLoop {
        LoopChannels channels;
        std::vector<Leaving> leaving;  // of very many channels
        // Where apps recover: publications that were delivered, those of them that have left in
        // an earlier turn, and whether that is being found out.
        std::uint64_t delivered = 0;
        std::uint64_t flushed = 0;
        bool flushing = false;
    };
    struct Step {  // of somebody who subscribes, where it may take time
        LoopRef client;
        std::string channel;
        std::uint64_t serial = 0;
    };
    using Then = std::move_only_function<void(Client&, Subscription&)>;

    struct Wrong {
        std::string_view type;
        int status = 0;
        std::string sentence;
    };
    [[nodiscard]] static std::optional<Wrong> wrong_with(const Client& client,
                                                         const Subscribe& wanted);
    [[nodiscard]] static std::optional<Wrong> take_member(const Client& client,
                                                          const Subscribe& wanted,
                                                          Subscription& its);
    static void refuse(Client& client, const std::string& channel, const Wrong& wrong);
    void go_on(const Step& step, Then then);
    void judge(Client& client, const Step& step);
    void judged(Client& client, Subscription& its, const Step& step, const Verdict& verdict);
    void admit(Client& client, const Step& step);
    void count_members(Client& client, const Step& step);
    void claim(Client& client, Subscription& its, const Step& step);
    void claim_of_others(const Step& step, std::vector<LoopRef> others);
    void know(Client& client, const Subscription& its);
    void join(Client& client, Subscription& its, const Step& step,
              const std::optional<Recovery::Left>& goes_on);
    /// Somebody who has asked the hub to be on a channel.
    struct Joining {
        Step step;
        hub::MemberId client;
        std::string hub_name;
        std::optional<std::string> user;
        std::optional<Recovery::Left> goes_on;
    };
    void joined(const Joining& joining, Result<hub::History> history);
    void joined(Client& client, Subscription& its, const Joining& joining, hub::History history);
    void list(const Joining& joining);
    void greet(const Step& step, std::vector<hub::Presence> present);
    static void arrive(Client& client, Subscription& its);
    /// One publication to one client.
    void send(Client& client, const LoopChannel& channel, const hub::Publication& publication);
    void send_history(Client& client, const LoopChannel& channel, const hub::History& history);
    void catch_up(Client& client, Subscription& its);
    void leave(Client& client, const Subscription& its);
    void leave_channel(std::size_t loop, hub::MemberId client, const Subscription& its);
    [[nodiscard]] bool leave_some(std::size_t loop, Leaving& leaving);
    void go_on_leaving(std::size_t loop);
    void note_delivery(std::size_t loop, LoopChannel& channel, const hub::Publication& publication);
    void note_flush(std::size_t loop);
    void tell_change(std::size_t loop, LoopChannel& channel, const std::string& json,
                     hub::MemberId of);
    void tell_here(std::size_t loop, LoopChannel& channel, const std::string& json, Client* except);
    [[nodiscard]] static hub::Position position_of(const Client& client, const Subscription& its);
    [[nodiscard]] bool is_replaced(const Client& client, const Subscription& its) const;
    [[nodiscard]] static Subscription* find(Client& client, const Step& step);
    [[nodiscard]] LoopChannel* find(std::size_t loop, std::string_view hub_name) const noexcept {
        return on_loops_[loop].channels.find(hub_name);
    }
    [[nodiscard]] Client* client_of(std::size_t loop, hub::MemberId id);

    HubLoops& hub_loops_;
    DialectTally& tally_;
    Gate& gate_;
    ClientTable& clients_;
    Recovery& recovery_;
    std::shared_ptr<Webhooks> webhooks_;
    std::deque<OnLoop> on_loops_;
};

}  // namespace longwire::dialects::pusher
