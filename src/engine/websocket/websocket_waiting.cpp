#include "engine/topics/prepared_frame.hpp"
#include "engine/websocket/websocket_particulars.hpp"

#include <algorithm>
#include <utility>

namespace longwire::engine {

/// Whether a message of this policy may not go to the stream, where it could not be dropped.
bool WebSocketSession::has_to_wait(SlowReader policy) const noexcept {
    if (!can_send()) return false;
    if (waiting()) return true;
    const bool droppable = policy == SlowReader::drop_oldest || policy == SlowReader::latest;
    return droppable && stream_->congested();
}

SendStatus WebSocketSession::wait_with(std::size_t size, SlowReader policy,
                                       const std::function<void(WaitingMessages&)>& add) {
    const std::size_t most = std::max(terms().max_backlog, always_admitted);
    const std::size_t in_stream = stream_->backlog();
    const std::size_t all = in_stream + (waiting() ? waiting()->bytes() : 0);
    const bool droppable = policy == SlowReader::drop_oldest || policy == SlowReader::latest;
    if (!droppable && all + size > most) {
        overflow(policy, "reads too slowly");
        return SendStatus::dropped;
    }
    auto& its = need_particulars().waiting;
    if (!its) its = std::make_unique<WaitingMessages>();
    add(*its);
    const std::size_t superseded = its->take_superseded();
    if (superseded > 0) worker_.tally().add_drops(SlowReader::latest, superseded);
    const std::size_t dropped = its->drop_oldest(most - std::min(most, in_stream));
    if (dropped > 0) worker_.tally().add_drops(SlowReader::drop_oldest, dropped);
    stream_->tell_when_drained();
    count_held();
    return waiting() ? SendStatus::buffered : SendStatus::dropped;
}

/// Gives the stream the messages that waited for room, some `most` bytes of them.
void WebSocketSession::send_waiting(std::size_t most) {
    while (waiting() && can_send() && stream_->backlog() < most) {
        waiting()->send_first([this](const auto& message) { transmit(message); });
        if (waiting() && waiting()->empty()) particulars_->waiting.reset();
    }
    if (waiting() && stream_ != nullptr) stream_->tell_when_drained();
    count_held();
}

}  // namespace longwire::engine
