#pragma once

#include "hub/presence.hpp"
#include "hub/publication.hpp"

#include <longwire/result.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::hub {

/// How much of a channel is kept.
struct HistoryRule {
    std::size_t count = 0;
    std::chrono::milliseconds age = std::chrono::minutes(5);
};

/// What somebody publishes. Views are valid during the call.
struct PublishRequest {
    std::string_view channel;
    Content content;
    HistoryRule history = {};
    /// The same key on the same channel within five minutes is the same message: it is not
    /// published again. Empty: none.
    std::string_view idempotency_key = {};
    MemberId publisher = {};
};

/// Which part of a channel's history is asked for.
struct HistoryQuery {
    std::optional<Position> since = std::nullopt;  // what came after this one
    std::size_t last = 0;                          // without `since`: so many of the latest
};

/// What a broker keeps of a channel.
struct History {
    std::vector<SharedPublication> publications;  // the oldest first
    Position top;                                 // of the latest that was published
    /// Without `since`: true. Otherwise whether nothing is missing between it and `top`. (A broker
    /// knows where a channel stands for a while after its last use, also of one on which nothing
    /// was published, and of which nobody but the one who asks has ever known.)
    bool recovered = true;
};

/// Told by a broker of what happens on the channels that this node has attached to, on any thread,
/// for each channel one after the other. It calls nothing of the broker's meanwhile. Of
/// publications it is told in the order of their channel, unless something between here and there
/// has lost, repeated or reordered some: that is noticed by their positions, and what is missing
/// is asked for.
class BrokerSink {
public:
    BrokerSink(const BrokerSink&) = delete;
    BrokerSink& operator=(const BrokerSink&) = delete;

    virtual void on_publication(const SharedPublication& publication) = 0;
    virtual void on_presence(const std::shared_ptr<const PresenceChange>& change) = 0;

protected:
    BrokerSink() = default;
    ~BrokerSink() = default;
};

/// What joins the nodes of one service: publications, history and presence go through it. All of it
/// may take time and may fail; an answer comes on any thread, also before the call returns. It
/// knows of all that the sink was told before the call.
class Broker {
public:
    template <class T>
    using Answer = std::move_only_function<void(Result<T>)>;

    Broker() = default;
    virtual ~Broker() = default;
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    /// Before anything else. `sink` must outlive the broker's use.
    virtual void start(BrokerSink& sink) = 0;

    virtual void publish(const PublishRequest& request, Answer<Position> answer) = 0;
    /// The sink is told of the channel from now on, and of nothing twice that the answer does not
    /// hold, but maybe of some that it holds. Each attaching is counted.
    virtual void attach(const std::string& channel, const HistoryQuery& query,
                        Answer<History> answer) = 0;
    virtual void detach(const std::string& channel) = 0;
    virtual void history(const std::string& channel, const HistoryQuery& query,
                         Answer<History> answer) = 0;

    /// How many members there are on all nodes: those that attached, less those that detached.
    virtual void members(const std::string& channel, Answer<std::size_t> answer) = 0;

    /// Somebody has come to this node, or is there with other information, or has gone from it.
    /// What their information is, the latest says, and the sink is told of a change. (Nobody waits
    /// for these, nor for `detach`: a broker that cannot pass them on does so when it can again.)
    virtual void enter(const std::string& channel, const Presence& who, MemberId member) = 0;
    virtual void leave(const std::string& channel, const std::string& user) = 0;
    /// Everybody on all nodes.
    virtual void presence(const std::string& channel, Answer<std::vector<Presence>> answer) = 0;

    /// Whether the sink may ever not be told of a publication: then it is asked now and then
    /// whether there was one.
    [[nodiscard]] virtual bool may_lose() const noexcept { return true; }

    /// Whether it can do its work now: whether this node should be sent new clients. Any thread.
    [[nodiscard]] virtual bool ready() const noexcept = 0;

    /// Once a second or so: what is too old may go, a part at a time. True: there is more of it,
    /// for which it is to be called again soon.
    virtual bool tick() = 0;
};

}  // namespace longwire::hub
