#include "hub/channel_stream.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace longwire::hub {

namespace {

constexpr std::size_t most_keys = 1000;
constexpr std::chrono::minutes keys_known_for{5};
// Beyond, the history of one channel holds fewer messages than its rule allows.
constexpr std::size_t most_bytes = std::size_t{64} * 1024 * 1024;

// What a publication takes: with what a dialect makes of it, which stays as long.
std::size_t size_of(const Publication& publication) noexcept {
    constexpr std::size_t overhead = sizeof(Publication) + 64;
    return 2 * publication.size() + overhead;
}

// A key stands in two places.
std::size_t size_of(std::string_view key) noexcept {
    constexpr std::size_t overhead = 128;
    return 2 * key.size() + overhead;
}

// What a stream that keeps anything takes by itself: the first blocks of its containers.
constexpr std::size_t overhead_of_stream = 1600;

}  // namespace

std::uint64_t ChannelStream::offset_of(std::string_view key, Clock::time_point now) {
    while (!keys_.empty() && now - keys_.front().when > keys_known_for) drop_oldest_key();
    const auto found = offsets_.find(key);
    return found == offsets_.end() ? 0 : found->second;
}

SharedPublication ChannelStream::append(const PublishRequest& request, Clock::time_point now) {
    auto publication =
        std::make_shared<const Publication>(std::string(request.channel), request.content,
                                            Position{epoch_, count_ + 1}, now, request.publisher);
    keep(publication);
    try {
        if (!request.idempotency_key.empty()) note_key(request.idempotency_key, now);
    } catch (...) {
        drop_latest();
        throw;
    }
    // (From here on nothing can fail: what was not published has no number, and no key.)
    ++count_;
    age_ = request.history.age;
    while (kept_.size() > request.history.count || (bytes_ > most_bytes && kept_.size() > 1))
        drop_oldest();
    return publication;
}

/// Of what is about to be published.
void ChannelStream::note_key(std::string_view key, Clock::time_point now) {
    if (keys_.size() >= most_keys) drop_oldest_key();
    keys_.push_back({now, std::string(key)});
    bytes_ += size_of(key);
    offsets_.insert_or_assign(std::string(key), count_ + 1);
}

void ChannelStream::keep(SharedPublication publication) {
    const std::size_t size = size_of(*publication);
    kept_.push_back(std::move(publication));
    bytes_ += size;
}

void ChannelStream::drop_latest() noexcept {
    bytes_ -= size_of(*kept_.back());
    kept_.pop_back();
}

std::size_t ChannelStream::bytes() const noexcept {
    return empty() ? 0 : bytes_ + overhead_of_stream;
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

void ChannelStream::shrink(std::size_t least) noexcept {
    while (kept_.size() > least) drop_oldest();
    while (least == 0 && !keys_.empty()) drop_oldest_key();
}

void ChannelStream::drop_oldest() noexcept {
    bytes_ -= size_of(*kept_.front());
    kept_.pop_front();
}

void ChannelStream::drop_oldest_key() {
    bytes_ -= size_of(keys_.front().text);
    offsets_.erase(keys_.front().text);
    keys_.pop_front();
}

}  // namespace longwire::hub
