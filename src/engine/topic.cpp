#include "engine/topic.hpp"

#include "engine/prepared_frame.hpp"
#include "protocol/compression.hpp"

namespace longwire::engine {

std::uint32_t Topic::add(WebSocketSession& session, std::uint32_t entry) {
    subscribers_.push_back({.session = &session,
                            .entry = entry,
                            .seen = sent_ ? 0 : static_cast<std::uint32_t>(published_.size())});
    return static_cast<std::uint32_t>(subscribers_.size() - 1);
}

Topic::Subscriber* Topic::remove(std::uint32_t place) noexcept {
    if (sent_) {
        subscribers_[place].session = nullptr;
        ++gaps_;
        return nullptr;
    }
    const bool last = place + 1 == subscribers_.size();
    if (!last) subscribers_[place] = subscribers_.back();
    subscribers_.pop_back();
    return last ? nullptr : &subscribers_[place];
}

const Topic::Frames& Topic::frames(protocol::Compression* compression) {
    for (const auto& [known, frames] : frames_)
        if (known == compression) return frames;
    Frames made;
    if (published_.size() == 1) {
        const auto& frame = PreparedFrameAccess::frame_of(published_.front().message);
        made = {.owner = frame, .bytes = frame->bytes_for(compression)};
    } else {
        auto joined = std::make_shared<std::vector<std::byte>>();
        std::size_t size = 0;
        for (const Published& published : published_)
            size += PreparedFrameAccess::frame_of(published.message)->bytes_for(compression).size();
        joined->reserve(size);
        for (const Published& published : published_) {
            const auto bytes =
                PreparedFrameAccess::frame_of(published.message)->bytes_for(compression);
            joined->insert(joined->end(), bytes.begin(), bytes.end());
        }
        made.bytes = *joined;
        made.owner = std::move(joined);
    }
    return frames_.emplace_back(compression, std::move(made)).second;
}

}  // namespace longwire::engine
