#pragma once

#include "dialects/alarms.hpp"
#include "dialects/loop_table.hpp"
#include "dialects/socketio/engineio_session.hpp"
#include "dialects/socketio/family.hpp"
#include "dialects/socketio/groups.hpp"
#include "dialects/socketio/packet.hpp"
#include "dialects/socketio/recovery.hpp"
#include "hub/hub.hpp"

#include <longwire/socketio.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace longwire::dialects::socketio {

class Application;

/// Where a client is: what handles hold.
struct Whereabouts {
    std::weak_ptr<Application*> application;
    LoopRef member;
};

/// An acknowledgement that a client waits for.
struct Answering {
    Whereabouts where;
    std::uint64_t id = 0;
    std::atomic<bool> done = false;
};

/// One client on one namespace, on its loop.
class Member {
public:
    using Arguments = longwire::socketio::Arguments;
    using Acknowledge = longwire::socketio::Acknowledge;
    using Handshake = longwire::socketio::Handshake;

    Member(Application& application, Family& family, EngineSession& session, std::string name_space,
           std::shared_ptr<const Handshake> handshake);
    ~Member() = default;
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    [[nodiscard]] Application& application() const noexcept { return application_; }
    [[nodiscard]] Family& family() const noexcept { return family_; }
    [[nodiscard]] EngineSession& session() const noexcept { return session_; }
    [[nodiscard]] const std::string& id() const noexcept { return id_; }
    [[nodiscard]] const std::string& name_space() const noexcept { return name_space_; }
    [[nodiscard]] const Handshake& handshake() const noexcept { return *handshake_; }
    [[nodiscard]] hub::MemberId number() const noexcept { return number_; }
    [[nodiscard]] LoopRef ref() const noexcept {
        return {.loop = session_.loop(), .number = number_.number};
    }
    [[nodiscard]] bool recovered() const noexcept { return recovered_; }
    [[nodiscard]] bool connected() const noexcept { return connected_; }
    [[nodiscard]] longwire::socketio::Socket& socket() noexcept { return socket_; }
    /// Whether it gets what is published by a topic, with others.
    [[nodiscard]] bool shares() const noexcept { return connected_ && !session_.polls(); }
    /// What is published for it, where it does not share.
    void take(const SharedPackets& packets, const std::shared_ptr<const void>& owner);

    // Events
    void send(std::string_view event, const Arguments& arguments, bool only_at_once);
    void request(std::string_view event, const Arguments& arguments,
                 std::chrono::milliseconds timeout, longwire::socketio::Answered answered);
    void acknowledge(std::uint64_t id, const Arguments& arguments);
    void receive_event(const WholePacket& packet);
    void receive_acknowledgement(const WholePacket& packet);
    void handle(std::string event, longwire::socketio::Socket::EventHandler handler) {
        handlers_[std::move(event)] = std::move(handler);
    }

    // Channels
    struct Joining {
        std::string room;
        std::string channel;
        hub::HistoryQuery history = {};
        std::optional<hub::Presence> who = std::nullopt;
        bool sends_history = true;
        /// Told how it went; before anything that is published arrives. Left out: who cannot join
        /// is cut.
        std::move_only_function<void(const Result<hub::History>&)> joined = {};
    };
    /// False where it is in too many, or in this one.
    bool join(Joining joining);
    bool leave(const std::string& room);
    /// Lets it get what the application itself sends to a group of this name, which is none of the
    /// hub's channels.
    void watch(const std::string& name);
    [[nodiscard]] bool in(const std::string& room) const { return rooms_.contains(room); }
    [[nodiscard]] std::vector<std::string> rooms() const;
    /// Whether it gets what is published for the group.
    [[nodiscard]] bool on(const Group& group) const;
    /// One publication of a channel, which it may have missed.
    void send(const hub::Publication& publication);
    /// The session has another transport.
    void upgraded();

    // From the beginning to the end
    void connect(const std::string& answer);
    void disconnect(bool everything);
    /// The last call, by the application.
    void leave_all(std::string_view reason);

    [[nodiscard]] Whereabouts whereabouts() const;
    [[nodiscard]] static Member& of(longwire::socketio::Socket& socket) noexcept {
        return socket.inside_;
    }
    std::map<const void*, std::shared_ptr<void>> states;
    std::shared_ptr<void> guest;  // what whoever let it in knows of it

private:
    friend class Application;
    struct Room {
        std::string channel;
        Group* group = nullptr;  // once it has joined
        std::optional<hub::Presence> who;
        hub::Position start;
        std::uint64_t number = 0;
        bool in_hub = true;
    };
    struct Pending {
        longwire::socketio::Answered answered;
        Alarm alarm = {};
    };
    struct Held {
        const SharedPackets* packets;
        std::shared_ptr<const void> owner;
    };

    [[nodiscard]] bool awaits(const std::string& room, std::uint64_t number) const;
    void joined(const std::string& room, std::uint64_t number, Joining joining,
                Result<hub::History> history);
    void send_packet(const std::string& packet, const std::vector<std::string>& attachments);
    [[nodiscard]] Acknowledge acknowledgement_of(const Packet& packet) const;
    void fail_pending();

    Application& application_;
    Family& family_;
    EngineSession& session_;
    std::string id_;
    std::string key_;  // for recovery; secret
    std::string name_space_;
    std::shared_ptr<const Handshake> handshake_;
    hub::MemberId number_;
    longwire::socketio::Socket socket_;
    bool connected_ = false;
    bool recovered_ = false;
    bool gone_ = false;
    std::unordered_map<std::string, Room> rooms_;
    std::uint64_t latest_room_ = 0;
    std::unordered_map<std::string, longwire::socketio::Socket::EventHandler> handlers_;
    std::unordered_map<std::uint64_t, Pending> pending_;
    std::uint64_t latest_request_ = 0;
    std::vector<Held> held_;  // until it is connected
    hub::ShortQueue<SingleEvent> singles_;
    std::uint64_t singles_from_ = 0;
    std::uint64_t since_ = 0;  // the log's count when it came
};

}  // namespace longwire::dialects::socketio
