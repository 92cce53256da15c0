#pragma once

#include "engine/subscriptions.hpp"
#include "engine/topic.hpp"
#include "engine/worker.hpp"
#include "net/loop.hpp"

#include <longwire/prepared_message.hpp>
#include <longwire/slow_reader.hpp>

#include <array>
#include <atomic>
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

    /// Makes the topics of one more loop. Before the server runs.
    Topics& add(Worker& worker);

    /// Publishes to the subscribers on all loops. Any thread.
    void publish(std::string_view topic, const PreparedMessage& message);

private:
    friend class Topics;
    std::vector<std::pair<std::string, SlowReader>> policies_;
    std::vector<std::function<std::optional<SlowReader>(std::string_view)>> policies_of_;
    std::vector<std::unique_ptr<Topics>> loops_;
};

/// The topics that have subscribers on one loop. What is published in a turn leaves at its end, as
/// one write to each subscriber. Belongs to the loop's thread, but for `may_have`.
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
    /// Their connection is about to go.
    void leave_all(Subscriptions& its) noexcept;

    /// Publishes to all subscribers of all loops but `except`.
    void publish(std::string_view name, const PreparedMessage& message,
                 WebSocketSession* except = nullptr);
    [[nodiscard]] bool has(std::string_view name) noexcept { return find(name) != nullptr; }
    /// To the subscribers on this loop only.
    void publish_here(std::string_view name, const PreparedMessage& message,
                      WebSocketSession* except);
    /// Gives the session what was published before, since something else is to be sent to it.
    void catch_up(WebSocketSession& session, Subscriptions& its);
    [[nodiscard]] bool anything_due() const noexcept { return !due_.empty(); }

    /// Whether there may be a subscriber. Any thread.
    [[nodiscard]] bool may_have(std::size_t hash) const noexcept {
        return subscribers_by_hash_[hash % hashes].load(std::memory_order_relaxed) != 0;
    }
    [[nodiscard]] static std::size_t hash_of(std::string_view name) noexcept {
        return std::hash<std::string_view>()(name);
    }

private:
    friend class TopicBoard;
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return hash_of(text); }
    };
    using Publications = std::vector<std::pair<std::string, PreparedMessage>>;
    static constexpr std::size_t hashes = 4096;

    [[nodiscard]] Topic* find(std::string_view name) noexcept;
    void remove(Subscriptions& its, std::uint32_t entry) noexcept;
    void drop_if_empty(Topic& topic) noexcept;
    void count(std::string_view name, bool more) noexcept;

    void end_turn() override;
    void send_to_other_loops();
    void send_due();
    void send_due_of(Topic& topic, bool alone);
    void give(Topic::Subscriber& subscriber, Topic& topic);
    void give_in_order(WebSocketSession& session, Subscriptions& its);

    TopicBoard& board_;
    Worker& worker_;
    std::unordered_map<std::string, std::unique_ptr<Topic>, TextHash, std::equal_to<>> topics_;
    std::vector<Topic*> due_;  // in which something was published in this turn
    std::uint32_t order_ = 0;  // of what was published in this turn
    bool sending_ = false;
    Publications late_;  // published while what is due is sent
    std::vector<Publications> to_others_;
    bool others_due_ = false;
    // Of topics, not of connections, by the hash of the name: so that others need not ask.
    std::array<std::atomic<std::uint32_t>, hashes> subscribers_by_hash_ = {};
};

}  // namespace longwire::engine
