#pragma once

#include "engine/topics/circle.hpp"
#include "engine/topics/prepared_frame.hpp"

#include <longwire/prepared_message.hpp>
#include <longwire/slow_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace longwire::protocol {
struct Compression;
}

namespace longwire::engine {

class WebSocketSession;

/// A message, and its place in the order of all that wait.
struct Published {
    PreparedMessage message;
    std::uint64_t order;

    [[nodiscard]] std::size_t bytes() const noexcept {
        return PreparedFrameAccess::frame_of(message)->bytes.size();
    }
};

/// The subscribers of one topic on one loop, and what was published there and not all of them have
/// got yet. (The entry of each is that of its Subscriptions.)
class Topic : public Circle<WebSocketSession, Published> {
public:
    Topic(std::string name, std::optional<SlowReader> policy)
        : name_(std::move(name)), policy_(policy) {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::optional<SlowReader> policy() const noexcept { return policy_; }

    void publish(PreparedMessage message, std::uint64_t order) {
        frames_.clear();
        Circle::publish({std::move(message), order});
    }

    /// The messages from a number on in one piece, as they are for connections that use this
    /// compression, and whose it is.
    struct Frames {
        std::shared_ptr<const void> owner;
        std::span<const std::byte> bytes;
    };
    [[nodiscard]] const Frames& frames(protocol::Compression* compression, std::uint32_t from);
    /// Of the circle that has ended.
    void forget_frames() noexcept { frames_.clear(); }

private:
    struct KnownFrames {
        protocol::Compression* compression;
        std::uint32_t from;
        Frames frames;
    };

    std::string name_;
    std::vector<KnownFrames> frames_;
    std::optional<SlowReader> policy_;
};

}  // namespace longwire::engine
