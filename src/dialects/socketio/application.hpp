#pragma once

#include "access/channel_rule.hpp"
#include "dialects/alarms.hpp"
#include "dialects/dialect.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/loop_table.hpp"
#include "dialects/socketio/engineio_server.hpp"
#include "dialects/socketio/family.hpp"
#include "dialects/socketio/groups.hpp"
#include "dialects/socketio/member.hpp"
#include "dialects/socketio/packet.hpp"
#include "dialects/socketio/recovery.hpp"

#include <longwire/socketio.hpp>

#include <atomic>
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

namespace longwire::dialects::socketio {

/// Somebody who wants to come onto a namespace, while one middleware decides.
struct Applying {
    Applying() = default;
    Applying(const Applying&) = delete;
    Applying& operator=(const Applying&) = delete;
    /// Where nobody has decided, it is decided now: against them.
    ~Applying();
    void decide(std::optional<std::string> refusal);

    std::weak_ptr<Application*> application;
    LoopRef session;
    std::string name_space;
    std::shared_ptr<const longwire::socketio::Handshake> handshake;
    std::uint64_t number = 0;
    std::shared_ptr<void> guest;  // for Member::guest, from whoever decides
    std::atomic<bool> decided = false;
};

/// How an application lies in the hub.
struct ApplicationRules {
    /// The channel of a room; of the room "", all who are on a namespace. No two rooms of a
    /// namespace have the same.
    std::function<std::string(const Family& family, std::string_view name_space,
                              std::string_view room)>
        channel_of;
    /// What is kept of what is published.
    std::function<hub::HistoryRule(const std::string& channel)> history_of;
    /// The rule of a channel that is not the application's own; null for those that are. Left out:
    /// all are.
    std::function<std::shared_ptr<const access::ChannelRule>(const std::string& channel)> rule_of =
        {};
    /// How each client joins the room "", before all else; nothing: it does not. Left out: all do.
    std::function<std::optional<Member::Joining>(const Member& member)> home = {};
    /// Whether clients on the namespace / are told of which channel an event is: by an argument
    /// more, {"channel":"…","user":"…"}, with the user where one is known.
    bool tells_channel = false;
    /// Whether a connection may be opened, and what to keep of its request
    /// (`FirstRequest::guest_of`).
    std::function<std::optional<EngineListener::Refusal>(const Request& request,
                                                         std::shared_ptr<void>& guest)>
        judge = {};
    /// An event that the application alone sends: what is published under this name is a
    /// "message".
    std::string own_event = {};
    /// Whether a client that comes back may be on this channel still.
    std::function<bool(const Member& member, const std::string& channel)> may_return = {};
    /// Who a client is, where that is known: nobody goes on with what was another's.
    std::function<std::string(const Member& member)> user_of = {};
    /// As whom it is listed on a channel, where it is. Left out: as it was before it was cut off.
    std::function<std::optional<hub::Presence>(const Member& member, const std::string& channel)>
        who_of = {};
};

/// The server side of Socket.IO on a hub: connections and their namespaces, members and their
/// rooms.
class Application final : public Dialect, private EngineListener {
public:
    using Handshake = longwire::socketio::Handshake;
    using Arguments = longwire::socketio::Arguments;

    /// All must outlive the server's run.
    Application(Server& server, HubLoops& hub_loops, const SocketIoOptions& options,
                WebSocketOptions websocket, ApplicationRules rules);
    ~Application() = default;
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;

    /// Makes it if it is not there. Before the server runs.
    Family& family(std::string_view name);
    [[nodiscard]] EngineServer& engine() noexcept { return engine_; }
    [[nodiscard]] HubLoops& hub_loops() noexcept { return hub_loops_; }
    [[nodiscard]] DialectTally& tally() noexcept { return tally_; }
    [[nodiscard]] const SocketIoOptions& options() const noexcept { return options_; }
    [[nodiscard]] const ApplicationRules& rules() const noexcept { return rules_; }
    [[nodiscard]] std::weak_ptr<Application*> self() const noexcept { return self_; }
    [[nodiscard]] bool recovers() const noexcept { return options_.recovery.count() > 0; }

    /// On any thread: publishes for a room of a namespace, or for a client's own.
    void publish(const Family& family, const std::string& name_space, const std::string& room,
                 std::string_view event, const Arguments& arguments, hub::MemberId except);
    /// Some members of a namespace.
    struct Chosen {
        std::string name_space;
        std::vector<std::string> rooms;  // those in any of these
        std::vector<std::string> excluded;
        hub::MemberId except;

        [[nodiscard]] bool covers(const Member& member) const;
    };
    /// On any thread: to each who is connected. Nobody else gets it later.
    void send_to_each(Chosen chosen, std::string_view event, const Arguments& arguments,
                      bool only_at_once);
    /// On its loop. Null where it has gone.
    [[nodiscard]] Member* find(LoopRef ref) const { return members_.find(ref); }

    void deliver(std::size_t loop, const hub::SharedPublication& publication) override;
    void interrupt(std::size_t loop, const std::string& channel, hub::Position position) override;
    void announce(std::size_t loop, const hub::PresenceChange& change) override;
    std::function<void(std::size_t, const hub::PresenceChange&)> announced;

    // For members
    [[nodiscard]] LoopTable<Member>& members() noexcept { return members_; }
    [[nodiscard]] Groups& groups() noexcept { return groups_; }
    [[nodiscard]] DeliveryLog& log(std::size_t loop) { return on_loops_[loop].log; }
    [[nodiscard]] const SharedPackets& packets_of(const hub::Publication& publication,
                                                  const std::string& name_space) const;
    /// The refusal is the data of a connect_error.
    void decide(LoopRef session, const std::string& name_space, std::uint64_t number,
                const std::optional<std::string>& refusal, std::shared_ptr<void> guest);
    /// What the member is to have, where it is let in.
    static void give_guest(const longwire::socketio::Application& asked,
                           std::shared_ptr<void> guest) {
        asked.applying_->guest = std::move(guest);
    }
    /// Takes a member off its namespace; it is destroyed when the turn is over.
    void remove(Member& member, std::string_view reason);

private:
    friend class Member;
    struct Place {
        std::uint64_t deciding = 0;  // whether it may be
        std::size_t middleware = 0;  // by which
        std::shared_ptr<const Handshake> handshake;
        std::shared_ptr<void> guest;
        Member* member = nullptr;  // neither: it has gone
    };
    struct Connection;
    struct Comeback;
    struct OnLoop {
        std::unordered_map<std::string, Member*> by_id;
        std::unordered_map<std::string, Member*> by_key;
        std::unordered_map<std::string, KeptMember> kept;
        DeliveryLog log;
        std::uint64_t latest_decision = 0;
    };

    std::optional<Refusal> judge(const Request& request, std::shared_ptr<void>& guest) override;
    void opened(EngineSession& session, const Request& request,
                std::shared_ptr<void> guest) override;
    void received(EngineSession& session, Message message) override;
    void upgraded(EngineSession& session) override;
    void closed(EngineSession& session, std::string_view reason) override;

    [[nodiscard]] Family* family_of(std::string_view name_space) const;
    void receive(EngineSession& session, const WholePacket& packet);
    void apply(EngineSession& session, const WholePacket& packet);
    void ask(EngineSession& session, const std::string& name_space, Place& place);
    void refuse(EngineSession& session, const std::string& name_space, const std::string& data);
    void admit(EngineSession& session, const std::string& name_space, Place& place);
    [[nodiscard]] static Place* place_of(EngineSession* session, const std::string& name_space);
    void welcome(Member& member);
    [[nodiscard]] std::optional<Member::Joining> home_of(const Member& member) const;
    static void tell_connected(Member& member);
    Member& add(EngineSession& session, Place& place, std::string name_space,
                std::shared_ptr<const Handshake> handshake);

    // Recovery
    [[nodiscard]] bool come_back(EngineSession& session, const std::string& name_space,
                                 Place& place);
    [[nodiscard]] std::optional<KeptMember> take_kept(std::size_t loop, const std::string& key,
                                                      const std::string& name_space,
                                                      std::optional<std::string_view> offset);
    void continue_with(EngineSession& session, const std::string& name_space, Place& place,
                       const std::string& key, std::optional<KeptMember> kept);
    void rejoin(Member& member, KeptMember kept);
    void finish(Member& member, Comeback& comeback);
    void resend(Member& member, Comeback& comeback);
    void keep(Member& member, std::string_view reason);

    HubLoops& hub_loops_;
    DialectTally& tally_;
    const SocketIoOptions options_;
    const ApplicationRules rules_;
    std::shared_ptr<Application*> self_;
    EngineServer engine_;
    Groups groups_;
    RecoveryDirectory directory_;
    std::vector<std::unique_ptr<Family>> families_;
    std::deque<OnLoop> on_loops_;
    LoopTable<Member> members_;
};

}  // namespace longwire::dialects::socketio
