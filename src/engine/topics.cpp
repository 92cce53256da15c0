#include "engine/topics.hpp"

#include "engine/websocket_particulars.hpp"

#include <algorithm>
#include <limits>

namespace longwire::engine {

// ---- all loops ----------------------------------------------------------------------------------

std::optional<SlowReader> TopicBoard::policy_of(std::string_view topic) const {
    for (const auto& policies_of : policies_of_)
        if (const auto policy = policies_of(topic)) return policy;
    for (const auto& [pattern, policy] : policies_) {
        const std::string_view begin = std::string_view(pattern).substr(0, pattern.size() - 1);
        if (pattern == topic || (pattern.ends_with('*') && topic.starts_with(begin))) return policy;
    }
    return std::nullopt;
}

Topics& TopicBoard::add(Worker& worker) {
    return *loops_.emplace_back(std::make_unique<Topics>(*this, worker));
}

void TopicBoard::publish(std::string_view topic, const PreparedMessage& message) {
    for (const auto& topics : loops_)
        if (&topics->worker_ == Worker::current()) return topics->publish(topic, message);
    const std::size_t hash = Topics::hash_of(topic);
    for (const auto& topics : loops_) {
        if (!topics->may_have(hash)) continue;
        topics->worker_.entry().post([&topics = *topics, name = std::string(topic), message] {
            topics.publish_here(name, message, nullptr);
        });
    }
}

// ---- one loop -----------------------------------------------------------------------------------

Topics::Topics(TopicBoard& board, Worker& worker) : board_(board), worker_(worker) {
    worker_.loop().at_turn_end(this);
}

Topic* Topics::find(std::string_view name) noexcept {
    const auto found = topics_.find(name);
    return found == topics_.end() ? nullptr : found->second.get();
}

void Topics::count(std::string_view name, bool more) noexcept {
    auto& counted = subscribers_by_hash_.at(hash_of(name) % hashes);
    // Written by this thread alone.
    const auto before = counted.load(std::memory_order_relaxed);
    counted.store(more ? before + 1 : before - 1, std::memory_order_relaxed);
}

bool Topics::subscribe(WebSocketSession& session, Subscriptions& its, std::string_view name) {
    Topic* topic = find(name);
    if (topic == nullptr) {
        auto made = std::make_unique<Topic>(std::string(name), board_.policy_of(name));
        topic = made.get();
        topics_.emplace(topic->name(), std::move(made));
        count(name, true);
    } else if (its.find(*topic) != Subscriptions::none) {
        return false;
    }
    const std::uint32_t place = topic->add(session, static_cast<std::uint32_t>(its.size()));
    its.add({.topic = topic, .place = place});
    return true;
}

bool Topics::unsubscribe(WebSocketSession& session, Subscriptions& its, std::string_view name) {
    Topic* const topic = find(name);
    const std::uint32_t entry = topic == nullptr ? Subscriptions::none : its.find(*topic);
    if (entry == Subscriptions::none) return false;
    // What was published before is still for it.
    if (!due_.empty()) catch_up(session, its);
    remove(its, entry);
    drop_if_empty(*topic);
    return true;
}

void Topics::leave_all(Subscriptions& its) noexcept {
    while (!its.empty()) {
        Topic& topic = *its.back().topic;
        remove(its, static_cast<std::uint32_t>(its.size() - 1));
        drop_if_empty(topic);
    }
}

void Topics::remove(Subscriptions& its, std::uint32_t entry) noexcept {
    const Subscriptions::Entry going = its[entry];
    if (const Topic::Subscriber* const moved = going.topic->remove(going.place))
        (*moved->session->subscriptions())[moved->entry].place = going.place;
    its.remove(entry);
    if (entry < its.size()) its[entry].topic->subscribers()[its[entry].place].entry = entry;
}

void Topics::drop_if_empty(Topic& topic) noexcept {
    if (!topic.empty() || !topic.published().empty()) return;
    count(topic.name(), false);
    topics_.erase(topics_.find(topic.name()));
}

// ---- publishing ---------------------------------------------------------------------------------

void Topics::publish(std::string_view name, const PreparedMessage& message,
                     WebSocketSession* except) {
    if (board_.loops_.size() > 1) {
        const std::size_t hash = hash_of(name);
        to_others_.resize(board_.loops_.size());
        for (std::size_t index = 0; index < to_others_.size(); ++index) {
            const Topics& other = *board_.loops_[index];
            if (&other == this || !other.may_have(hash)) continue;
            to_others_[index].emplace_back(name, message);
            others_due_ = true;
        }
    }
    publish_here(name, message, except);
}

void Topics::publish_here(std::string_view name, const PreparedMessage& message,
                          WebSocketSession* except) {
    if (sending_) {
        late_.emplace_back(name, message);
        return;
    }
    Topic* const topic = find(name);
    if (topic == nullptr) return;
    Topic::Subscriber* passed_over = nullptr;
    if (except != nullptr && except->subscriptions() != nullptr) {
        Subscriptions& its = *except->subscriptions();
        if (const std::uint32_t entry = its.find(*topic); entry != Subscriptions::none) {
            passed_over = &topic->subscribers()[its[entry].place];
            if (passed_over->seen < topic->published().size()) catch_up(*except, its);
        }
    }
    if (topic->published().empty()) due_.push_back(topic);
    topic->publish(message, order_++);
    if (passed_over != nullptr) ++passed_over->seen;
}

void Topics::catch_up(WebSocketSession& session, Subscriptions& its) {
    if (sending_ || due_.empty()) return;
    give_in_order(session, its);
}

/// Gives a session what it has not seen of all its topics, as it was published.
void Topics::give_in_order(WebSocketSession& session, Subscriptions& its) {
    for (;;) {
        Topic::Subscriber* next = nullptr;
        Topic* its_topic = nullptr;
        std::uint32_t first = std::numeric_limits<std::uint32_t>::max();
        for (Topic* const topic : due_) {
            const std::uint32_t entry = its.find(*topic);
            if (entry == Subscriptions::none) continue;
            Topic::Subscriber& subscriber = topic->subscribers()[its[entry].place];
            if (subscriber.seen >= topic->published().size()) continue;
            const std::uint32_t order = topic->published()[subscriber.seen].order;
            if (order >= first) continue;
            first = order;
            next = &subscriber;
            its_topic = topic;
        }
        if (next == nullptr) return;
        const PreparedMessage& message = its_topic->published()[next->seen++].message;
        session.deliver(message, *its_topic);
    }
}

// ---- the end of a turn --------------------------------------------------------------------------

void Topics::end_turn() {
    if (others_due_) send_to_other_loops();
    if (due_.empty() || sending_) return;
    sending_ = true;
    send_due();
    sending_ = false;
    order_ = 0;
    for (Topic* const topic : std::exchange(due_, {})) {
        topic->end_turn([](const Topic::Subscriber& moved, std::uint32_t place) {
            (*moved.session->subscriptions())[moved.entry].place = place;
        });
        drop_if_empty(*topic);
    }
    if (late_.empty()) return;
    for (const auto& [name, message] : std::exchange(late_, {}))
        publish_here(name, message, nullptr);
    // For the next turn not to wait.
    worker_.loop().post([] {});
}

void Topics::send_to_other_loops() {
    others_due_ = false;
    for (std::size_t index = 0; index < to_others_.size(); ++index) {
        if (to_others_[index].empty()) continue;
        Topics& other = *board_.loops_[index];
        other.worker_.loop().post([&other, publications = std::exchange(to_others_[index], {})] {
            for (const auto& [name, message] : publications)
                other.publish_here(name, message, nullptr);
        });
    }
}

void Topics::send_due() {
    const bool alone = due_.size() == 1;
    if (!alone)
        for (Topic* const topic : due_)
            for (const Topic::Subscriber& subscriber : topic->subscribers())
                ++subscriber.session->subscriptions()->due;
    for (Topic* const topic : due_) send_due_of(*topic, alone);
}

void Topics::send_due_of(Topic& topic, bool alone) {
    topic.begin_sending();
    const std::size_t count = topic.subscribers().size();
    const auto published = static_cast<std::uint32_t>(topic.published().size());
    for (std::size_t place = 0; place < count; ++place) {
        Topic::Subscriber& subscriber = topic.subscribers()[place];
        if (subscriber.session == nullptr) continue;
        Subscriptions& its = *subscriber.session->subscriptions();
        const std::uint32_t due = alone ? 1 : std::exchange(its.due, 0);
        if (due > 1)
            give_in_order(*subscriber.session, its);
        else if (subscriber.seen < published)
            give(subscriber, topic);
        // (What is given may end the connection, and with it the subscription.)
        topic.subscribers()[place].seen = 0;
    }
}

void Topics::give(Topic::Subscriber& subscriber, Topic& topic) {
    WebSocketSession& session = *subscriber.session;
    if (subscriber.seen == 0 && session.deliver_all(topic)) return;
    const auto& published = topic.published();
    for (std::size_t index = subscriber.seen; index < published.size(); ++index)
        session.deliver(published[index].message, topic);
}

}  // namespace longwire::engine
