#include "engine/topics/topics.hpp"

#include "engine/topics/prepared_frame.hpp"
#include "engine/websocket/websocket_particulars.hpp"

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

namespace {

std::size_t size_of(std::string_view topic, const PreparedMessage& message) noexcept {
    return topic.size() + PreparedFrameAccess::frame_of(message)->bytes.size();
}

}  // namespace

SendStatus TopicBoard::publish(std::string_view topic, const PreparedMessage& message) {
    for (const auto& topics : loops_)
        if (&topics->worker_ == Worker::current()) return topics->publish(topic, message);
    const std::size_t hash = Topics::hash_of(topic);
    // The loops share the message: it is counted until the last has got it.
    std::shared_ptr<const net::Posted> room;
    for (const auto& topics : loops_) {
        if (!topics->may_have(hash)) continue;
        if (!room) {
            auto taken = topics->worker_.entry().room_for(size_of(topic, message));
            if (!taken) return SendStatus::dropped;
            room = std::make_shared<const net::Posted>(std::move(*taken));
        }
        topics->worker_.entry().post([&topics = *topics, name = std::string(topic), message, room] {
            topics.publish_here(name, message, nullptr);
        });
    }
    return SendStatus::sent;
}

// ---- one loop -----------------------------------------------------------------------------------

Topics::Topics(TopicBoard& board, Worker& worker) : board_(board), worker_(worker) {
    worker_.loop().at_turn_end(this);
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
        topic = &topics_.add(std::make_unique<Topic>(std::string(name), board_.policy_of(name)));
        count(name, true);
    } else if (its.find(*topic) != Subscriptions::none) {
        return false;
    }
    const std::uint32_t place = topic->add(session, static_cast<std::uint32_t>(its.size()));
    its.add({.topic = topic, .place = place});
    return true;
}

bool Topics::unsubscribe(WebSocketSession& session, Subscriptions& its, std::string_view name) {
    // What was published before is still for it. (Giving it may change the subscriptions.)
    if (!due_.empty()) catch_up(session, its);
    if (session.subscriptions() != &its) return false;
    Topic* const topic = find(name);
    const std::uint32_t entry = topic == nullptr ? Subscriptions::none : its.find(*topic);
    if (entry == Subscriptions::none) return false;
    remove(its, entry);
    drop_if_empty(*topic);
    return true;
}

void Topics::leave_all(net::Ref<WebSocketSession> session) {
    constexpr std::size_t most_in_a_turn = 256;
    Subscriptions* const its = session->subscriptions();
    for (std::size_t left = 0; its != nullptr && !its->empty(); ++left) {
        if (left == most_in_a_turn) {
            worker_.loop().post(
                [this, session = std::move(session)]() mutable { leave_all(std::move(session)); });
            return;
        }
        Topic& topic = *its->back().topic;
        remove(*its, static_cast<std::uint32_t>(its->size() - 1));
        drop_if_empty(topic);
    }
    session->forget_subscriptions();
}

void Topics::remove(Subscriptions& its, std::uint32_t entry) noexcept {
    const Subscriptions::Entry going = its[entry];
    if (const Topic::Subscriber* const moved = going.topic->remove(going.place))
        (*moved->receiver->subscriptions())[moved->entry].place = going.place;
    its.remove(entry);
    if (entry < its.size()) its[entry].topic->subscribers()[its[entry].place].entry = entry;
}

void Topics::drop_if_empty(Topic& topic) noexcept {
    if (!topic.empty() || topic.due()) return;
    count(topic.name(), false);
    topics_.remove(topic);
}

// ---- publishing ---------------------------------------------------------------------------------

SendStatus Topics::publish(std::string_view name, const PreparedMessage& message,
                           WebSocketSession* except) {
    auto status = SendStatus::sent;
    if (board_.loops_.size() > 1) {
        const bool has_room = worker_.entry().held()->has_room_to_post();
        const std::size_t hash = hash_of(name);
        to_others_.resize(board_.loops_.size());
        for (std::size_t index = 0; index < to_others_.size(); ++index) {
            const Topics& other = *board_.loops_[index];
            if (&other == this || !other.may_have(hash)) continue;
            if (!has_room) {
                status = SendStatus::dropped;
                break;
            }
            to_others_[index].emplace_back(name, message);
            more_due_ = true;
        }
    }
    publish_here(name, message, except);
    return status;
}

void Topics::publish_here(std::string_view name, const PreparedMessage& message,
                          WebSocketSession* except) {
    if (sending_) {
        late_.emplace_back(name, message);
        return;
    }
    Topic* topic = find(name);
    if (topic == nullptr) return;
    if (except != nullptr && except->subscriptions() != nullptr) {
        // What was published before is still for it.
        if (!due_.empty()) catch_up(*except, *except->subscriptions());
        topic = find(name);
        if (topic == nullptr) return;
    }
    if (!topic->due()) due_.push_back(topic);
    topic->publish(message, order_++);
    if (except == nullptr || except->subscriptions() == nullptr) return;
    Subscriptions& its = *except->subscriptions();
    if (const std::uint32_t entry = its.find(*topic); entry != Subscriptions::none)
        topic->subscribers()[its[entry].place].seen = topic->end();
}

void Topics::catch_up(WebSocketSession& session, Subscriptions& its) {
    if (sending_ || due_.empty()) return;
    give_in_order(session, its);
}

bool Topics::owes(Subscriptions& its) noexcept {
    bool owes = false;
    if (!due_.empty()) each_due_of(its, [&](Topic&, Topic::Subscriber&) { owes = true; });
    return owes;
}

/// Calls `visit` with each topic of which it has yet to get something.
template <class Visit>
void Topics::each_due_of(Subscriptions& its, Visit&& visit) {
    const auto look_at = [&](Topic& topic, std::uint32_t place) {
        Topic::Subscriber& subscriber = topic.subscribers()[place];
        if (topic.missing(subscriber) > 0) visit(topic, subscriber);
    };
    if (its.size() < due_.size()) {
        for (const Subscriptions::Entry& entry : its.entries())
            if (entry.topic->due()) look_at(*entry.topic, entry.place);
        return;
    }
    for (Topic* const topic : due_) {
        if (topic == nullptr) continue;
        if (const std::uint32_t entry = its.find(*topic); entry != Subscriptions::none)
            look_at(*topic, its[entry].place);
    }
}

/// Gives a session what it has not seen of all its topics, as it was published.
void Topics::give_in_order(WebSocketSession& session, Subscriptions& its) {
    for (;;) {
        Topic::Subscriber* next = nullptr;
        Topic* its_topic = nullptr;
        auto first = std::numeric_limits<std::uint64_t>::max();
        each_due_of(its, [&](Topic& topic, Topic::Subscriber& subscriber) {
            const std::uint64_t order = topic[subscriber.seen].order;
            if (order >= first) return;
            first = order;
            next = &subscriber;
            its_topic = &topic;
        });
        if (next == nullptr) return;
        const PreparedMessage& message = (*its_topic)[next->seen++].message;
        session.deliver(message, *its_topic);
        // (What is given may end the connection, and with it the subscriptions.)
        if (session.subscriptions() != &its) return;
    }
}

// ---- the end of a turn --------------------------------------------------------------------------

void Topics::end_turn() {
    if (more_due_) end_turn_beside();
    if (due_.empty() || sending_) return;
    sending_ = true;
    send_due();
    sending_ = false;
    if (due_.empty()) order_ = 0;
    for (const auto& [name, message] : std::exchange(late_, {}))
        publish_here(name, message, nullptr);
    // For the next turn not to wait.
    if (!due_.empty()) worker_.loop().post([] {});
}

void Topics::end_turn_beside() {
    more_due_ = false;
    send_to_other_loops();
    if (!beside_.empty()) give_out_beside();
    if (beside_.empty()) return;
    more_due_ = true;
    // For the next turn not to wait.
    worker_.loop().post([] {});
}

void Topics::send_to_other_loops() {
    for (std::size_t index = 0; index < to_others_.size(); ++index) {
        if (to_others_[index].empty()) continue;
        Topics& other = *board_.loops_[index];
        std::size_t bytes = 0;
        for (const auto& [name, message] : to_others_[index])
            bytes += size_of(name, message) + net::Posted::overhead;
        other.worker_.loop().post(
            [&other, publications = std::exchange(to_others_[index], {}),
             counted = net::Posted::count(other.worker_.entry().held(), bytes)] {
                for (const auto& [name, message] : publications)
                    other.publish_here(name, message, nullptr);
            });
    }
}

/// Topics, and what is beside them, share the time.
net::Loop::Clock::time_point Topics::deadline() const noexcept {
    const bool both = !due_.empty() && !beside_.empty();
    return net::Loop::Clock::now() + (both ? board_.pace_.time / 2 : board_.pace_.time);
}

void Topics::give_out_beside() {
    TimeSlice slice(deadline(), board_.pace_.look_after);
    bool in_time = true;
    for (std::size_t index = 0; index < beside_.size() && in_time; ++index) {
        in_time = beside_[index]->give_out(slice);
        if (in_time) beside_[index] = nullptr;
    }
    std::erase(beside_, nullptr);
    // One with many receivers does not keep the others waiting.
    if (!in_time) std::ranges::rotate(beside_, beside_.begin() + 1);
}

void Topics::send_due() {
    TimeSlice slice(deadline(), board_.pace_.look_after);
    bool in_time = true;
    for (std::size_t index = 0; index < due_.size() && in_time; ++index) {
        Topic& topic = *due_[index];
        in_time = go_round(topic, slice);
        if (topic.due()) continue;
        due_[index] = nullptr;
        drop_if_empty(topic);
    }
    std::erase(due_, nullptr);
    // A topic with many subscribers does not keep the others waiting.
    if (!in_time) std::ranges::rotate(due_, due_.begin() + 1);
}

/// False where time has run out before all subscribers had all.
bool Topics::go_round(Topic& topic, TimeSlice& slice) {
    return topic.go_round([&](std::size_t place) { give_turn(topic, place); },
                          [&] { return slice.is_up(topic.bytes()); },
                          [&] { topic.forget_frames(); },
                          [](const Topic::Subscriber& moved, std::uint32_t place) {
                              (*moved.receiver->subscriptions())[moved.entry].place = place;
                          });
}

void Topics::give_turn(Topic& topic, std::size_t place) {
    const Topic::Subscriber subscriber = topic.subscribers()[place];
    if (subscriber.receiver == nullptr || topic.missing(subscriber) == 0) return;
    Subscriptions& its = *subscriber.receiver->subscriptions();
    std::size_t topics = 1;
    if (due_.size() > 1 && its.size() > 1) {
        topics = 0;
        each_due_of(its, [&](Topic&, Topic::Subscriber&) { ++topics; });
    }
    if (topics > 1)
        give_in_order(*subscriber.receiver, its);
    else
        give(topic, subscriber);
    topic.subscribers()[place].seen = topic.end();
}

void Topics::give(Topic& topic, Topic::Subscriber subscriber) {
    WebSocketSession& session = *subscriber.receiver;
    if (session.deliver_all(topic, subscriber.seen)) return;
    for (std::uint32_t number = subscriber.seen; number != topic.end(); ++number)
        session.deliver(topic[number].message, topic);
}

}  // namespace longwire::engine
