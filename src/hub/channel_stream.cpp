#include "hub/channel_stream.hpp"

#include <algorithm>
#include <memory>

namespace longwire::hub {

namespace {

constexpr std::size_t most_keys = 1000;
constexpr std::chrono::minutes keys_known_for{5};
// Beyond, the history of one channel holds fewer messages than its rule allows.
constexpr std::size_t most_bytes = std::size_t{64} * 1024 * 1024;
// What a publication takes beside its payload.
constexpr std::size_t overhead = 256;

std::size_t size_of(const Publication& publication) noexcept {
    return publication.size() + overhead;
}

}  // namespace

std::uint64_t ChannelStream::offset_of(std::string_view key, Clock::time_point now) {
    while (!keys_.empty() && now - keys_.front().when > keys_known_for) drop_oldest_key();
    const auto found = offsets_.find(key);
    return found == offsets_.end() ? 0 : found->second;
}

SharedPublication ChannelStream::append(const PublishRequest& request, Clock::time_point now) {
    auto publication =
        std::make_shared<const Publication>(std::string(request.channel), request.content,
                                            Position{epoch_, ++count_}, now, request.publisher);
    age_ = request.history.age;
    if (request.history.count > 0) {
        bytes_ += size_of(*publication);
        kept_.push_back(publication);
    }
    while (kept_.size() > request.history.count || (bytes_ > most_bytes && kept_.size() > 1))
        drop_oldest();
    if (!request.idempotency_key.empty()) {
        if (keys_.size() >= most_keys) drop_oldest_key();
        keys_.push_back({now, std::string(request.idempotency_key)});
        offsets_.emplace(request.idempotency_key, count_);
    }
    return publication;
}

History ChannelStream::read(const HistoryQuery& query, Clock::time_point now) {
    expire(now);
    History history = {.publications = {}, .top = top()};
    auto from = kept_.end();
    if (!query.since) {
        from -= static_cast<std::ptrdiff_t>(std::min(query.last, kept_.size()));
    } else {
        const Position since = *query.since;
        const std::uint64_t first_kept = count_ - kept_.size() + 1;
        history.recovered =
            since.epoch == epoch_ && since.offset <= count_ && since.offset + 1 >= first_kept;
        // Of what is not recovered, what there is may still be of use.
        const std::uint64_t missed =
            history.recovered ? count_ - since.offset : static_cast<std::uint64_t>(kept_.size());
        from -= static_cast<std::ptrdiff_t>(missed);
    }
    history.publications.assign(from, kept_.end());
    return history;
}

void ChannelStream::expire(Clock::time_point now) {
    while (!kept_.empty() && now - kept_.front()->when() > age_) drop_oldest();
    while (!keys_.empty() && now - keys_.front().when > keys_known_for) drop_oldest_key();
}

void ChannelStream::shrink() noexcept {
    while (kept_.size() > 1) drop_oldest();
}

void ChannelStream::drop_oldest() noexcept {
    bytes_ -= size_of(*kept_.front());
    kept_.pop_front();
}

void ChannelStream::drop_oldest_key() {
    offsets_.erase(keys_.front().text);
    keys_.pop_front();
}

}  // namespace longwire::hub
