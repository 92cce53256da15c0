#include "engine/topics/topic.hpp"

#include "engine/topics/prepared_frame.hpp"
#include "protocol/compression.hpp"

#include <cstddef>

namespace longwire::engine {

std::uint32_t Topic::add(WebSocketSession& session, std::uint32_t entry) {
    subscribers_.push_back({.session = &session, .entry = entry, .seen = end()});
    return static_cast<std::uint32_t>(subscribers_.size() - 1);
}

Topic::Subscriber* Topic::remove(std::uint32_t place) noexcept {
    if (in_circle_) {
        subscribers_[place].session = nullptr;
        ++gaps_;
        return nullptr;
    }
    const bool last = place + 1 == subscribers_.size();
    if (!last) subscribers_[place] = subscribers_.back();
    subscribers_.pop_back();
    return last ? nullptr : &subscribers_[place];
}

void Topic::publish(PreparedMessage message, std::uint64_t order) {
    frames_.clear();
    bytes_ += PreparedFrameAccess::frame_of(message)->bytes.size();
    published_.push_back({std::move(message), order});
}

void Topic::forget_seen() noexcept {
    frames_.clear();
    const auto seen = published_.begin() + static_cast<std::ptrdiff_t>(circle_end_ - first_);
    for (auto published = published_.begin(); published != seen; ++published)
        bytes_ -= PreparedFrameAccess::frame_of(published->message)->bytes.size();
    published_.erase(published_.begin(), seen);
    first_ = circle_end_;
}

const Topic::Frames& Topic::frames(protocol::Compression* compression, std::uint32_t from) {
    // Who comes one after the other mostly lacks the same.
    for (auto known = frames_.rbegin(); known != frames_.rend(); ++known)
        if (known->compression == compression && known->from == from) return known->frames;
    const auto bytes_of = [&](std::uint32_t number) {
        return PreparedFrameAccess::frame_of((*this)[number].message)->bytes_for(compression);
    };
    Frames made;
    if (end() - from == 1) {
        made = {.owner = PreparedFrameAccess::frame_of((*this)[from].message),
                .bytes = bytes_of(from)};
    } else {
        auto joined = std::make_shared<std::vector<std::byte>>();
        std::size_t size = 0;
        for (std::uint32_t number = from; number != end(); ++number)
            size += bytes_of(number).size();
        joined->reserve(size);
        for (std::uint32_t number = from; number != end(); ++number) {
            const auto bytes = bytes_of(number);
            joined->insert(joined->end(), bytes.begin(), bytes.end());
        }
        made.bytes = *joined;
        made.owner = std::move(joined);
    }
    return frames_.emplace_back(compression, from, std::move(made)).frames;
}

}  // namespace longwire::engine
