#pragma once

#ifdef LONGWIRE_WITHOUT_CHANNELS
#error "This Longwire was built without Hub. Build it with LONGWIRE_BUILD_CHANNELS=ON."
#endif

#include <longwire/message.hpp>
#include <longwire/request.hpp>
#include <longwire/result.hpp>
#include <longwire/server.hpp>
#include <longwire/slow_reader.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire {

namespace dialects {
class HubAccess;
class ProgramHub;
struct AskedQuestion;
struct ProgramMember;
}  // namespace dialects
namespace hub {
class Publication;
}

/// What holds for the channels of a pattern.
struct ChannelRule {
    /// A channel's name, or, with '*' in it, each '*' standing for any number of characters.
    std::string pattern = "*";
    /// How many of the latest messages are kept (0: none), and for how long. Without a history, a
    /// client that reconnects is told that messages may be missing.
    std::size_t history_count = 0;
    std::chrono::milliseconds history_age = std::chrono::minutes(5);
    /// Whether presence is kept: the list of subscribed users, and events when they join and
    /// leave.
    bool presence = false;
    /// A new subscriber gets the last message first (where the history keeps one).
    bool last_message = false;
    /// What happens to messages for a client that reads too slowly. Not set: as in
    /// `HubOptions::websocket`.
    std::optional<SlowReader> slow_reader = std::nullopt;
};

/// A user of channels: one, however many connections they have.
struct ChannelUser {
    std::string name;  ///< Up to 128 bytes of UTF-8. Empty: anonymous, not listed.
    std::string info;  ///< JSON that others see beside the name, up to 1 KiB; or nothing.
};

/// What a client may want to do on a channel.
enum class ChannelAction : std::uint8_t {
    subscribe,
    publish,
    presence,  ///< Read presence, and receive its events.
    history,   ///< Read what was published before.
};

/// Whether a client may do something: to be answered once, in the handler that gets it or later, on
/// any thread. A request that is destroyed without an answer is refused with 503.
class AuthorizationRequest {
public:
    [[nodiscard]] const ChannelUser& user() const noexcept;
    /// The IP address they connect from, without a port, or "unix".
    [[nodiscard]] std::string_view address() const noexcept;
    [[nodiscard]] ChannelAction action() const noexcept;
    [[nodiscard]] std::string_view channel() const noexcept;

    void allow();
    /// `status` is that of the HTTP answer (401, 403, 429, …); `sentence` is sent to the client.
    void refuse(int status, std::string_view sentence);

    AuthorizationRequest(AuthorizationRequest&&) noexcept;
    AuthorizationRequest& operator=(AuthorizationRequest&&) noexcept;
    AuthorizationRequest(const AuthorizationRequest&) = delete;
    AuthorizationRequest& operator=(const AuthorizationRequest&) = delete;
    ~AuthorizationRequest();

private:
    friend class dialects::HubAccess;
    explicit AuthorizationRequest(std::unique_ptr<dialects::AskedQuestion> asked) noexcept;
    std::unique_ptr<dialects::AskedQuestion> asked_;
};

struct HubOptions {
    /// The first rule whose pattern matches applies. Clients cannot use a channel without a
    /// matching rule.
    std::vector<ChannelRule> rules = {ChannelRule{}};
    /// Returns the user of a request, from a cookie, a token or the program's own data. An error
    /// is answered with 401 and its message. Left out: all are anonymous. It runs on the
    /// connection's loop, on several threads at the same time, and must not block.
    std::function<Result<ChannelUser>(const Request&)> authenticate = {};
    /// Decides whether a client may do something. Left out: every client may subscribe, and only
    /// the program may do anything else. It runs as `authenticate` does; what takes time is
    /// answered later. The same may be asked more than once.
    std::function<void(AuthorizationRequest)> authorize = {};
    /// How long a user may be without a connection before they are told to have left.
    std::chrono::milliseconds presence_grace = std::chrono::seconds(3);
    /// Channels with members at a time; more cannot be joined.
    std::size_t max_channels = 1'000'000;
    /// Bytes of all histories together, about, with what is made of their messages for clients.
    /// Above this, a channel keeps only the message that is being published, or nothing (and no
    /// idempotency keys) if that is too large.
    std::size_t max_history = std::size_t{512} * 1024 * 1024;
    /// Options of the WebSocket connections. `origins` applies to all requests of pages.
    WebSocketOptions websocket = {};
};

/// One message of a channel, shared by all who have got it. Copies are cheap; any thread.
class ChannelMessage {
public:
    [[nodiscard]] const std::string& channel() const noexcept;
    /// Valid for as long as a copy of this is there.
    [[nodiscard]] Message message() const noexcept;
    /// The event's name, if it was published with one; otherwise empty.
    [[nodiscard]] const std::string& event() const noexcept;
    /// Whether the text is a value in JSON.
    [[nodiscard]] bool is_json() const noexcept;
    /// The user who sent the message, as `HubOptions::authenticate` (or a token, or a sign-in)
    /// named them; empty if the sender is anonymous. Clients cannot set it.
    [[nodiscard]] const std::string& user() const noexcept;
    /// JSON that others see beside the name, where the channel's rule keeps presence; or nothing.
    [[nodiscard]] const std::string& info() const noexcept;
    /// The position of the message on its channel: an opaque text.
    [[nodiscard]] std::string position() const;

private:
    friend class dialects::HubAccess;
    explicit ChannelMessage(std::shared_ptr<const hub::Publication> publication) noexcept;
    std::shared_ptr<const hub::Publication> publication_;
};

/// Selects messages of the history.
struct HistoryQuery {
    /// All that came after this position. Empty: `last` counts.
    std::string since = {};
    /// So many of the latest.
    std::size_t last = 0;
};

/// The result of a HistoryQuery.
struct ChannelHistory {
    std::vector<ChannelMessage> messages;  ///< The oldest first.
    std::string position;                  ///< Of the last message on the channel.
    /// False: something is missing between `since` and the first of these.
    bool recovered = true;
};

/// The handlers of a subscription of the program. All run on the server's first loop (the one on
/// the thread of `Server::run`), one after the other, and must not block it. An exception is
/// logged.
struct SubscriptionHandlers {
    /// Each message, in the order of the channel: first those of the history that was wished for.
    std::function<void(const ChannelMessage&)> on_message = {};
    /// Before the first message: it has begun (`messages` is empty, since they follow), or it
    /// could not, and nothing follows. Once; or again, not `recovered`, where messages were lost
    /// between nodes and cannot be had any more: it goes on after that position.
    std::function<void(const Result<ChannelHistory>&)> on_begin = {};
    /// A user has joined (`here`) or left, if the channel's rule keeps presence. Also called with
    /// `here` when the `info` of a present user has changed.
    std::function<void(const ChannelUser& user, bool here)> on_presence = {};
};

/// A membership of the program itself, until `leave` or the end of this object. It may outlive its
/// Hub. Any thread, one at a time.
class Subscription {
public:
    Subscription() noexcept = default;
    /// Ends the subscription. On the server's first loop no handler runs after this; elsewhere one
    /// may still be running when this returns.
    void leave() noexcept;

    Subscription(Subscription&&) noexcept = default;
    Subscription& operator=(Subscription&& other) noexcept;
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    ~Subscription() { leave(); }

private:
    friend class dialects::HubAccess;
    explicit Subscription(std::shared_ptr<dialects::ProgramMember> member) noexcept;
    std::shared_ptr<dialects::ProgramMember> member_;
};

/// Options for a message that the program publishes.
struct PublishOptions {
    /// The event's name, up to 200 bytes of UTF-8: an EventSource gets it as the event's type.
    /// Empty: none.
    std::string_view event = {};
    /// The message is a text of one value in JSON: clients that read JSON get it as such.
    bool json = false;
    /// The same key on the same channel within five minutes is the same message, and is not
    /// published again; up to 200 bytes. Empty: none.
    std::string_view idempotency_key = {};
    /// Called once, on any thread and maybe before `publish` returns: with the message's position,
    /// or with why it was not published.
    std::function<void(Result<std::string> position)> on_published = {};
};

/// What a hub has now and has done.
struct HubCounts {
    std::size_t channels = 0;        ///< Channels with subscribers.
    std::size_t subscriptions = 0;   ///< Members of those, by any way.
    std::uint64_t publications = 0;  ///< Messages on channels that had members.
    std::size_t history_bytes = 0;   ///< That the histories keep.
};

/// A channel with subscribers.
struct ListedChannel {
    std::string name;
    std::size_t members = 0;
};

/// Channels on a server: at `/channels/NAME` for clients (WebSocket, EventSource, long poll and
/// POST, as docs/channels.md tells), in the rooms of a `SocketIo` that is made on it, and here for
/// the program. A channel exists from its first subscriber until its last one leaves; its history
/// stays for as long as its rule says. Where it stood is known for an hour after its last use (of
/// the 100,000 channels that were used last), so that a client that reconnects to a quiet channel
/// is told that it has missed nothing.
///
/// Create it before the server runs. Destroy it after the server has stopped running, and before
/// the Server. All of its functions may be called from any thread.
class Hub {
public:
    explicit Hub(Server& server) : Hub(server, HubOptions{}) {}
    Hub(Server& server, HubOptions options);
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// Publishes a copy of `message`; text must be valid UTF-8. What one thread publishes on a
    /// channel arrives in its order. Errors: invalid_argument (the name of a channel has 1 to 200
    /// bytes, no slash and no control characters; the options say what else), system (memory is
    /// short, or more is on its way to the loops than may be, see `ServerOptions::max_memory`).
    void publish(std::string_view channel, Message message, PublishOptions options = {});
    void publish(std::string_view channel, std::string_view text, PublishOptions options = {}) {
        publish(channel, Message::text(text), std::move(options));
    }

    /// The program itself becomes a member. With a name in `as` it is one that others see, where
    /// presence is kept. What goes wrong is told to `on_begin`: invalid_argument, unsupported (too
    /// many channels).
    [[nodiscard]] Subscription subscribe(std::string_view channel, SubscriptionHandlers handlers,
                                         const HistoryQuery& history = {}, ChannelUser as = {});

    /// `answer` is called once, on any thread and maybe before this returns. Errors:
    /// invalid_argument.
    void history(std::string_view channel, const HistoryQuery& wish,
                 std::function<void(Result<ChannelHistory>)> answer) const;
    /// The users on the channel. `answer` is called as for `history`.
    void presence(std::string_view channel,
                  std::function<void(Result<std::vector<ChannelUser>>)> answer) const;

    /// Channels whose name begins with `prefix`, in the order of their names from the first after
    /// `after`; at most `count`. It looks at all there are. (A name with a slash is that of a
    /// channel that a `SocketIo` keeps for itself.)
    [[nodiscard]] std::vector<ListedChannel> channels(std::string_view prefix = {},
                                                      std::string_view after = {},
                                                      std::size_t count = 100) const;
    [[nodiscard]] HubCounts counts() const;

private:
    friend class dialects::HubAccess;
    std::shared_ptr<dialects::ProgramHub> inside_;  // of what stands on it too
};

}  // namespace longwire
