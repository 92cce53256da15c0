#include "engine/topics/prepared_frame.hpp"
#include "engine/topics/topics.hpp"
#include "engine/websocket/websocket_particulars.hpp"

namespace longwire::engine {

bool WebSocketSession::subscribe(std::string_view topic) {
    Topics* const topics = worker_.topics();
    if (topics == nullptr || stream_ == nullptr || connection_.role() != protocol::Role::server)
        return false;
    if (topic.empty() || topic.size() > TopicBoard::longest_name) return false;
    auto& its = need_particulars().subscriptions;
    if (!its) its = std::make_unique<Subscriptions>();
    if (its->size() >= terms().max_subscriptions) return false;
    return topics->subscribe(*this, *its, topic);
}

bool WebSocketSession::unsubscribe(std::string_view topic) {
    if (!subscriptions()) return false;
    const bool was = worker_.topics()->unsubscribe(*this, *subscriptions(), topic);
    if (subscriptions() && subscriptions()->empty()) particulars_->subscriptions.reset();
    return was;
}

void WebSocketSession::forget_subscriptions() noexcept {
    if (particulars_) particulars_->subscriptions.reset();
}

SendStatus WebSocketSession::publish(std::string_view topic, const PreparedMessage& message) {
    return worker_.topics() == nullptr ? SendStatus::dropped
                                       : worker_.topics()->publish(topic, message, this);
}

void WebSocketSession::catch_up_with_topics() {
    Topics& topics = *worker_.topics();
    if (topics.anything_due()) topics.catch_up(*this, *subscriptions());
}

void WebSocketSession::deliver(const PreparedMessage& message, const Topic& topic) {
    const std::size_t size = message.frame_->bytes.size();
    if (kept())
        (void)keep(size, [&](KeptMessages& kept) { kept.keep(message, size); });
    else
        (void)send_prepared(message, &topic, topic.policy().value_or(terms().slow_reader));
}

bool WebSocketSession::deliver_all(Topic& topic, std::uint32_t from) {
    // Where frames are like no other's, or may have to wait, each is looked at.
    if (!can_send() || kept() || waiting() || dedicated() || stream_->congested()) return false;
    const Topic::Frames& frames = topic.frames(connection_.compression(), from);
    // Of more, a part may have no room.
    if (frames.bytes.size() > always_admitted) return false;
    if (stream_->idle())
        stream_->send_shared(frames.owner, frames.bytes);
    else if (admit(frames.bytes.size(), topic.policy().value_or(terms().slow_reader)))
        stream_->write_shared(frames.owner, frames.bytes);
    else
        return true;
    if (AccessEntry* const entry = access()) {
        entry->add_messages_sent(topic.end() - from);
        entry->add_sent(frames.bytes.size());
    }
    return true;
}

}  // namespace longwire::engine
