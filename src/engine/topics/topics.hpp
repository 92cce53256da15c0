#pragma once

#include "engine/named_set.hpp"
#include "engine/text_hash.hpp"
#include "engine/topics/giving_out.hpp"
#include "engine/topics/subscriptions.hpp"
#include "engine/topics/topic.hpp"
#include "engine/worker.hpp"
#include "net/loop.hpp"
#include "net/session.hpp"

#include <longwire/prepared_message.hpp>
#include <longwire/slow_reader.hpp>
#include <longwire/websocket.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwire::engine {

class WebSocketSession;
class Topics;

/// What all loops of a server know of its topics.
class TopicBoard {
public:
    static constexpr std::size_t longest_name = 1024;

    /// Topics whose name is `pattern`, or begins with it where it ends in "*", have this policy.
    /// Before the server runs.
    void set_policy(std::string pattern, SlowReader policy) {
        policies_.emplace_back(std::move(pattern), policy);
    }
    /// Asked before those, one after the other. Before the server runs.
    void add_policies(std::function<std::optional<SlowReader>(std::string_view)> policies) {
        policies_of_.push_back(std::move(policies));
    }
    [[nodiscard]] std::optional<SlowReader> policy_of(std::string_view topic) const;

    /// How long a loop gives out what was published before it looks at what else has come, and
    /// after how many subscribers it looks at the clock. Before the server runs.
    struct Pace {
        std::chrono::microseconds time = std::chrono::milliseconds(4);
        std::size_t look_after = 64;
    };
    void set_pace(Pace pace) noexcept { pace_ = pace; }

    /// Makes the topics of one more loop. Before the server runs.
    Topics& add(Worker& worker);

    /// Publishes to the subscribers on all loops. `dropped`: on some of them not, since too much is
    /// on its way there. Any thread.
    SendStatus publish(std::string_view topic, const PreparedMessage& message);

private:
    friend class Topics;
    std::vector<std::pair<std::string, SlowReader>> policies_;
    std::vector<std::function<std::optional<SlowReader>(std::string_view)>> policies_of_;
    std::vector<std::unique_ptr<Topics>> loops_;
    Pace pace_;
};

/// The topics that have subscribers on one loop. What is published in a turn leaves at its end, as
/// one write to each subscriber; where that takes long, some of it leaves in the turns that follow.
/// Belongs to the loop's thread, but for `may_have`.
class Topics final : private net::TurnEnd {
public:
    /// Must outlive the worker, whose connections leave it as they go.
    Topics(TopicBoard& board, Worker& worker);
    ~Topics() = default;
    Topics(const Topics&) = delete;
    Topics& operator=(const Topics&) = delete;

    /// False where the session is subscribed already.
    bool subscribe(WebSocketSession& session, Subscriptions& its, std::string_view name);
    /// False where it is not.
    bool unsubscribe(WebSocketSession& session, Subscriptions& its, std::string_view name);
    /// The connection is gone. Where it had very many topics, it leaves some of them in turns that
    /// follow, and gets nothing meanwhile.
    void leave_all(net::Ref<WebSocketSession> session);

    /// Publishes to all subscribers of all loops but `except`. `dropped`: on other loops not, since
    /// too much is on its way there.
    SendStatus publish(std::string_view name, const PreparedMessage& message,
                       WebSocketSession* except = nullptr);
    /// How many subscribers it has on this loop.
    [[nodiscard]] std::size_t count_of(std::string_view name) noexcept {
        const Topic* const topic = find(name);
        return topic == nullptr ? 0 : topic->count();
    }
    /// To the subscribers on this loop only.
    void publish_here(std::string_view name, const PreparedMessage& message,
                      WebSocketSession* except);
    /// Has it called at the end of this turn, and of those that follow until it has given all.
    void give_out_soon(GivingOut& what) {
        beside_.push_back(&what);
        more_due_ = true;
    }
    /// Gives the session what was published before, since something else is to be sent to it.
    void catch_up(WebSocketSession& session, Subscriptions& its);
    [[nodiscard]] bool anything_due() const noexcept { return !due_.empty(); }
    /// Whether something was published for it that it was not given yet.
    [[nodiscard]] bool owes(Subscriptions& its) noexcept;

    /// Whether there may be a subscriber. Any thread.
    [[nodiscard]] bool may_have(std::size_t hash) const noexcept {
        return subscribers_by_hash_[hash % hashes].load(std::memory_order_relaxed) != 0;
    }
    [[nodiscard]] static std::size_t hash_of(std::string_view name) noexcept {
        return TextHash()(name);
    }

private:
    friend class TopicBoard;
    using Publications = std::vector<std::pair<std::string, PreparedMessage>>;
    static constexpr std::size_t hashes = 4096;

    [[nodiscard]] Topic* find(std::string_view name) const noexcept { return topics_.find(name); }
    void remove(Subscriptions& its, std::uint32_t entry) noexcept;
    void drop_if_empty(Topic& topic) noexcept;
    void count(std::string_view name, bool more) noexcept;

    void end_turn() override;
    void end_turn_beside();
    void send_to_other_loops();
    void give_out_beside();
    void send_due();
    [[nodiscard]] net::Loop::Clock::time_point deadline() const noexcept;
    [[nodiscard]] bool go_round(Topic& topic, TimeSlice& slice);
    void give_turn(Topic& topic, std::size_t place);
    template <class Visit>
    void each_due_of(Subscriptions& its, Visit&& visit);
    static void give(Topic& topic, Topic::Subscriber subscriber);
    void give_in_order(WebSocketSession& session, Subscriptions& its);

    TopicBoard& board_;
    Worker& worker_;
    NamedSet<Topic, &Topic::name> topics_;
    std::vector<Topic*> due_;  // in which something was published; null: all have got it
    std::uint64_t order_ = 0;  // of what was published while something was due
    bool sending_ = false;
    Publications late_;  // published while what is due is sent
    std::vector<Publications> to_others_;
    std::vector<GivingOut*> beside_;  // null: it has given all
    bool more_due_ = false;           // for other loops, or beside topics
    // Of topics, not of connections, by the hash of the name: so that others need not ask.
    std::array<std::atomic<std::uint32_t>, hashes> subscribers_by_hash_ = {};
};

}  // namespace longwire::engine
