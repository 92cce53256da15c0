#pragma once

#include "content.hpp"

#include "protocol/connection.hpp"

#include <longwire/close_code.hpp>
#include <longwire/message.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::simulation {

/// A place in the bytes of a direction that nothing has reached.
inline constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

/// A close frame, as it arrives.
struct CloseSaid {
    CloseCode code = CloseCode::no_status_received;
    std::string reason;

    friend bool operator==(const CloseSaid&, const CloseSaid&) = default;
};

/// What a receiver was given so far, and what happened to it beside.
struct Reception {
    std::uint64_t given = 0;  ///< bytes, up to the end of the piece that is being decoded
    bool ended = false;       ///< it was told that the direction has ended
    bool broken = false;      ///< it gave up, or was told that the connection is lost
};

/// The books of one direction: what one side has sent and where that stands in the bytes, against
/// what the other side was given. Whatever does not match is Broken.
class Ledger {
public:
    struct Item {
        Bytes bytes;
        std::uint64_t end = nowhere;  ///< where its last frame ends
    };

    // What was sent.
    void message(MessageType type, Bytes bytes, std::optional<CloseCode> fails);
    void ping(Bytes bytes) { pings_.push_back({std::move(bytes)}); }
    void pong(Bytes bytes) { pongs_.push_back({std::move(bytes)}); }
    void close(CloseSaid said) { close_ = Close{.said = std::move(said)}; }

    // Where it stands. Each is called in the order in which frames are put on the wire.
    void place_frame(std::uint64_t begin, std::size_t header_size, std::uint64_t end,
                     bool in_message_after);
    void place_message(std::uint64_t end) { messages_[placed_messages_++].end = end; }
    void place_ping(std::uint64_t end) { pings_[placed_pings_++].end = end; }
    void place_pong(std::uint64_t end) { pongs_[placed_pongs_++].end = end; }
    void place_close(std::uint64_t end) { close_->end = end; }
    void place_misdeed(std::uint64_t begin, std::uint64_t end, CloseCode code);
    /// From here on what arrives is not what was sent.
    void distrust_from(std::uint64_t offset) noexcept { damaged_at_ = offset; }

    // What was received.
    void got_message(MessageType type, std::span<const std::byte> bytes, const Reception& at);
    void got_chunk(MessageType type, std::span<const std::byte> bytes, bool last,
                   const Reception& at);
    void got_ping(std::span<const std::byte> bytes, const Reception& at);
    void got_pong(std::span<const std::byte> bytes, const Reception& at);
    void got_closed(const CloseSaid& said, bool clean, const Reception& at);
    /// After `consumed` bytes: neither more nor less was handed out than what is whole in them.
    void check(std::uint64_t consumed, const protocol::Connection& connection);

    [[nodiscard]] const std::optional<CloseSaid>& received_close() const noexcept { return heard_; }
    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] std::size_t messages_sent() const noexcept { return messages_.size(); }
    [[nodiscard]] std::size_t messages_received() const noexcept { return received_messages_; }
    void set_limit(std::size_t max_message_size) noexcept { limit_ = max_message_size; }

private:
    struct SentMessage {
        MessageType type;
        Bytes bytes;
        std::optional<CloseCode> fails;
        std::uint64_t end = nowhere;
    };
    struct Close {
        CloseSaid said;
        std::uint64_t end = nowhere;
    };
    struct PlacedFrame {
        std::uint64_t begin;
        std::size_t header_size;
        std::uint64_t end;
        bool in_message_after;
    };
    struct PlacedMisdeed {
        std::uint64_t begin;
        std::uint64_t end;
        CloseCode code;
    };

    [[nodiscard]] bool doubtful(const Reception& at) const noexcept {
        return at.given > damaged_at_;
    }
    void must_be_next(MessageType type, std::span<const std::byte> bytes, std::size_t from,
                      bool whole, const Reception& at) const;
    void check_failure(const CloseSaid& said, const Reception& at) const;
    void check_memory(std::uint64_t consumed, const protocol::Connection& connection);

    std::vector<SentMessage> messages_;
    std::vector<Item> pings_;
    std::vector<Item> pongs_;
    std::optional<Close> close_;
    std::vector<PlacedFrame> frames_;
    std::optional<PlacedMisdeed> misdeed_;
    std::uint64_t damaged_at_ = nowhere;
    std::size_t limit_ = 0;

    std::size_t placed_messages_ = 0;
    std::size_t placed_pings_ = 0;
    std::size_t placed_pongs_ = 0;

    std::size_t received_messages_ = 0;
    std::size_t received_pings_ = 0;
    std::size_t received_pongs_ = 0;
    Bytes chunks_;  // of the message that comes in parts
    std::size_t frame_ = 0;
    std::optional<CloseSaid> heard_;
    bool failed_ = false;
};

}  // namespace longwire::simulation
