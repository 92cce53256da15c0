#include "hub/channel_stream.hpp"

#include <algorithm>
#include <memory>
#include <span>
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

std::size_t size_of(std::string_view key) noexcept {
    constexpr std::size_t overhead = 128;
    return key.size() + overhead;
}

// What a stream that keeps anything takes by itself.
constexpr std::size_t overhead_of_stream = 200;

/// For ever, where there is no such time.
Clock::time_point later(Clock::time_point time, Clock::duration by) noexcept {
    return by < Clock::time_point::max() - time ? time + by : Clock::time_point::max();
}

}  // namespace

// ---- publishing ---------------------------------------------------------------------------------

std::uint64_t ChannelStream::offset_of(std::string_view key, Clock::time_point now) {
    if (!past_) return 0;
    past_->drop_old_keys(now);
    std::uint64_t offset = 0;
    if (past_->keys) {
        const auto& offsets = past_->keys->offsets;
        if (const auto found = offsets.find(key); found != offsets.end()) offset = found->second;
    }
    let_go_if_empty();
    return offset;
}

SharedPublication ChannelStream::append(const PublishRequest& request, Clock::time_point now) {
    auto publication =
        std::make_shared<const Publication>(std::string(request.channel), request.content,
                                            Position{epoch_, count_ + 1}, now, request.publisher);
    if (past_ || request.history.count > 0 || !request.idempotency_key.empty())
        keep(publication, request, now);
    // (What was not published has no number, and no key.)
    ++count_;
    return publication;
}

void ChannelStream::keep(const SharedPublication& publication, const PublishRequest& request,
                         Clock::time_point now) {
    if (!past_) past_ = std::make_unique<Past>();
    Past& past = *past_;
    try {
        past.keep(publication);
        try {
            if (!request.idempotency_key.empty())
                past.note_key(request.idempotency_key, count_ + 1, now);
        } catch (...) {
            past.drop_latest();
            throw;
        }
    } catch (...) {
        let_go_if_empty();
        throw;
    }
    // (From here on nothing can fail.)
    past.age = request.history.age;
    auto& kept = past.publications;
    while (kept.size() > request.history.count || (past.bytes > most_bytes && kept.size() > 1))
        past.drop_oldest();
    let_go_if_empty();
}

Clock::time_point ChannelStream::expiry_of(const PublishRequest& request,
                                           Clock::time_point now) noexcept {
    auto first = Clock::time_point::max();
    if (request.history.count > 0) first = later(now, request.history.age);
    if (!request.idempotency_key.empty()) first = std::min(first, later(now, keys_known_for));
    return first;
}

// ---- what is kept -------------------------------------------------------------------------------

std::size_t ChannelStream::bytes() const noexcept {
    return past_ ? past_->bytes + overhead_of_stream : 0;
}

History ChannelStream::read(const HistoryQuery& query, Clock::time_point now) {
    expire(now);
    const auto kept = past_ ? past_->publications.all() : std::span<const SharedPublication>();
    History history = {.publications = {}, .top = top()};
    auto from = kept.end();
    if (!query.since) {
        from -= static_cast<std::ptrdiff_t>(std::min(query.last, kept.size()));
    } else {
        const Position since = *query.since;
        const std::uint64_t first_kept = count_ - kept.size() + 1;
        history.recovered =
            since.epoch == epoch_ && since.offset <= count_ && since.offset + 1 >= first_kept;
        // Of what is not recovered, what there is may still be of use.
        const std::uint64_t missed =
            history.recovered ? count_ - since.offset : static_cast<std::uint64_t>(kept.size());
        from -= static_cast<std::ptrdiff_t>(missed);
    }
    history.publications.assign(from, kept.end());
    return history;
}

std::size_t ChannelStream::expire(Clock::time_point now) {
    if (!past_) return 0;
    std::size_t dropped = past_->drop_old_keys(now);
    const auto& kept = past_->publications;
    for (; !kept.empty() && now - kept.front()->when() > past_->age; ++dropped)
        past_->drop_oldest();
    let_go_if_empty();
    return dropped;
}

Clock::time_point ChannelStream::next_expiry() const noexcept {
    auto first = Clock::time_point::max();
    if (!past_) return first;
    if (!past_->publications.empty())
        first = later(past_->publications.front()->when(), past_->age);
    if (past_->keys) first = std::min(first, later(past_->keys->all.front().when, keys_known_for));
    return first;
}

void ChannelStream::shrink(std::size_t least) noexcept {
    if (!past_) return;
    while (past_->publications.size() > least) past_->drop_oldest();
    while (least == 0 && past_->keys) past_->drop_oldest_key();
    let_go_if_empty();
}

void ChannelStream::Past::keep(const SharedPublication& publication) {
    publications.push_back(publication);
    bytes += size_of(*publication);
}

void ChannelStream::Past::note_key(std::string_view key, std::uint64_t offset,
                                   Clock::time_point now) {
    if (keys && keys->all.size() >= most_keys) drop_oldest_key();
    auto made = keys ? nullptr : std::make_unique<Keys>();
    auto& [all, offsets] = keys ? *keys : *made;
    std::list<Key> latest;
    latest.push_back({now, std::string(key)});
    offsets.emplace(latest.back().text, offset);
    // (From here on nothing can fail.)
    all.splice(all.end(), latest);
    if (made) keys = std::move(made);
    bytes += size_of(key);
}

void ChannelStream::Past::drop_latest() noexcept {
    bytes -= size_of(*publications.back());
    publications.pop_back();
}

void ChannelStream::Past::drop_oldest() noexcept {
    bytes -= size_of(*publications.front());
    publications.pop_front();
}

void ChannelStream::Past::drop_oldest_key() {
    auto& [all, offsets] = *keys;
    bytes -= size_of(all.front().text);
    offsets.erase(all.front().text);
    all.pop_front();
    if (all.empty()) keys.reset();
}

std::size_t ChannelStream::Past::drop_old_keys(Clock::time_point now) {
    std::size_t dropped = 0;
    for (; keys && now - keys->all.front().when > keys_known_for; ++dropped) drop_oldest_key();
    return dropped;
}

}  // namespace longwire::hub
