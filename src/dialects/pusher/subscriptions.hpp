#pragma once

#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/pusher/app.hpp"
#include "dialects/pusher/channel_kind.hpp"
#include "dialects/pusher/client_table.hpp"
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
    [[nodiscard]] static std::vector<std::string> identities_of(
        const Client& client, const std::optional<ChannelData>& member);

private:
    static constexpr std::string_view topic_prefix = "pusher:";

    struct Coming {  // somebody who is about to be there
        std::uint64_t client = 0;
        std::uint64_t serial = 0;
        hub::History history;  // from before
        std::optional<Recovery::Left> goes_on;
        bool greeted = false;                             // is told who comes and goes from then on
        std::deque<hub::SharedPublication> publications;  // that came meanwhile, or were missed
        std::vector<hub::PresenceChange> changes;         // until it is greeted
    };
    struct Delivered {
        std::uint64_t order = 0;  // on the loop
        std::uint64_t offset = 0;
    };
    struct Channel {  // as far as there are clients of this loop on it
        SharedApp app;
        std::string name;  // as clients know it
        std::string topic;
        std::size_t members = 0;
        std::vector<std::uint64_t> without_topics;  // clients that no topic reaches
        std::vector<Coming> coming;
        hub::Position top;
        std::deque<Delivered> log;  // where the app recovers: the latest
        bool log_is_whole = true;
    };
    struct OnLoop {
        std::unordered_map<std::string, Channel> channels;  // by their names in the hub
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
    void joined(Client& client, Subscription& its, const Step& step, hub::History history,
                const std::optional<Recovery::Left>& goes_on);
    void list(Client& client, const Step& step);
    void greet(const Step& step, std::vector<hub::Presence> present);
    /// One publication to one client.
    void send(Client& client, const Channel& channel, const hub::Publication& publication);
    void send_history(Client& client, const Channel& channel, const hub::History& history);
    void catch_up(Client& client, Subscription& its, Channel& channel, std::uint64_t serial);
    void arrive(Client& client, Subscription& its, Channel& channel);
    [[nodiscard]] static Coming* find_coming(Channel& channel, std::uint64_t client,
                                             std::uint64_t serial);
    void leave(Client& client, const std::string& name, const Subscription& its);
    void note_delivery(OnLoop& here, std::size_t loop, Channel& channel,
                       const hub::Publication& publication);
    void note_flush(std::size_t loop);
    void tell_change(std::size_t loop, Channel& channel, const std::string& json, hub::MemberId of);
    void tell_here(std::size_t loop, Channel& channel, const std::string& json, Client* except);
    [[nodiscard]] std::optional<hub::Position> position_of(const Client& client,
                                                           const std::string& name,
                                                           const Subscription& its);
    [[nodiscard]] bool is_replaced(const Client& client, const std::string& name) const;
    [[nodiscard]] Channel* find(std::size_t loop, const std::string& hub_name);
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
