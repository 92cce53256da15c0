#pragma once

#include "hub/position.hpp"

#include <longwire/message.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>

namespace longwire::hub {

using Clock = std::chrono::steady_clock;

/// One connection of a dialect, as the hub knows it: it looks at neither number.
struct MemberId {
    std::uint32_t outlet = 0;
    std::uint64_t number = 0;  // 0: nobody

    friend bool operator==(const MemberId&, const MemberId&) = default;
};

/// One message on one channel, shared by all who get it. Any thread.
class Publication {
public:
    Publication(std::string channel, Message message, Position position, Clock::time_point when,
                MemberId publisher)
        : channel_(std::move(channel)),
          payload_(message.text()),
          position_(position),
          when_(when),
          publisher_(publisher),
          type_(message.type()) {}
    ~Publication() = default;
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;

    [[nodiscard]] const std::string& channel() const noexcept { return channel_; }
    [[nodiscard]] Message message() const noexcept {
        return {type_, std::as_bytes(std::span(payload_))};
    }
    [[nodiscard]] Position position() const noexcept { return position_; }
    [[nodiscard]] Clock::time_point when() const noexcept { return when_; }
    /// Who is not to get it back.
    [[nodiscard]] MemberId publisher() const noexcept { return publisher_; }

    /// What the encoding of the number `which` makes of it: made by the first who asks.
    static constexpr std::size_t encodings = 4;
    template <class Encoded, class Make>
    [[nodiscard]] const Encoded& encoded(std::size_t which, Make&& make) const {
        Slot& slot = slots_.at(which);
        std::call_once(slot.made, [&] { slot.value = std::make_shared<const Encoded>(make()); });
        return *static_cast<const Encoded*>(slot.value.get());
    }

private:
    struct Slot {
        std::once_flag made;
        std::shared_ptr<const void> value;
    };

    std::string channel_;
    std::string payload_;
    Position position_;
    Clock::time_point when_;
    MemberId publisher_;
    MessageType type_;
    mutable std::array<Slot, encodings> slots_;
};

using SharedPublication = std::shared_ptr<const Publication>;

}  // namespace longwire::hub
