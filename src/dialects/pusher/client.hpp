#pragma once

#include "access/rate_limit.hpp"
#include "dialects/alarms.hpp"
#include "dialects/gate.hpp"
#include "dialects/pusher/app.hpp"
#include "dialects/pusher/packet.hpp"
#include "hub/position.hpp"
#include "hub/publication.hpp"
#include "hub/text_hash.hpp"

#include <longwire/websocket.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace longwire::dialects::pusher {

/// Names the browser of a client, where an app recovers by it.
inline constexpr std::string_view recovery_cookie = "longwire_pusher";

/// The way to one client. On the thread of its loop only.
class Line {
public:
    Line() = default;
    virtual ~Line() = default;
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    /// Where the client cannot be reached any more it is gone soon after this, not during it.
    virtual void send(std::string_view json) = 0;
    /// Says why, and ends it: the same.
    virtual void close(int code, std::string_view reason) = 0;
    /// Says who it is, for the access log.
    virtual void name_user(std::string_view user) = 0;
    /// Null where it is none, and topics do not reach it.
    [[nodiscard]] virtual WebSocket* socket() noexcept = 0;
    /// Whether all that was sent before this turn has reached the client, as far as can be known.
    [[nodiscard]] virtual bool has_all() = 0;
    /// The client is about to be asked for a sign of life: what was sent before is watched.
    virtual void watch() = 0;
    /// Calls back, on any loop, whether some of that has arrived since some last had: then the
    /// client has yet to get the question.
    virtual void look(std::function<void(bool takes)> answer) = 0;
    /// Whether the client keeps up, so that more of what it missed may be sent.
    [[nodiscard]] virtual bool keeps_up() = 0;
};

class LoopChannel;

/// One client on one channel.
struct Subscription {
    std::uint64_t serial = 0;                   // of the client's subscriptions
    Alarm recheck = {};                         // when it is asked again whether the client may
    std::unique_ptr<const ChannelData> member;  // of a presence channel
    LoopChannel* channel = nullptr;             // once it has joined
    hub::Position since;                        // it was told of all that came after this
    std::uint64_t joined_at = 0;                // when, in the order of what its loop delivers
    std::uint64_t claimed = 0;  // up to when another connection has gone on; 0: none has
    bool admitted = false;
    bool there = false;  // is told of what happens
};
/// By the client's own names of the channels.
using SubscriptionsByName =
    std::unordered_map<std::string, Subscription, hub::TextHash, std::equal_to<>>;

/// By what a client is known again that comes back.
struct KnownAs {
    std::string cookie;
    std::string address;  // and the User-Agent
    std::vector<std::string> identities = {};
};

/// One client, by whatever it is connected. On the thread of its loop only.
struct Client {
    hub::MemberId id;
    std::size_t loop = 0;
    std::string socket_id;
    SharedApp app;
    Visitor visitor;
    Line* line = nullptr;
    SubscriptionsByName subscriptions;
    std::uint64_t serials = 0;
    std::unique_ptr<const UserData> user;  // who has signed in

    access::RateLimit messages;
    access::RateLimit client_events;
    Alarms::Clock::time_point heard;
    bool pinged = false;
    bool closing = false;
    bool greeted = false;  // it knows its socket_id
    Alarm introduce;       // when it is asked again who they are
    Alarm expiry;          // of the token that let it in
    Alarm authorize;       // until then it has to

    // For coming back.
    std::unique_ptr<KnownAs> known_as;    // where its app recovers
    std::uint64_t confirmed = 0;          // of what was delivered on its loop: it has got that
    Alarms::Clock::time_point last_sign;  // of life

    [[nodiscard]] std::span<const std::string> identities() const noexcept {
        if (!known_as) return {};
        return known_as->identities;
    }
};

}  // namespace longwire::dialects::pusher
