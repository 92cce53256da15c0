#pragma once

#include <longwire/prepared_message.hpp>
#include <longwire/slow_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::protocol {
struct Compression;
}

namespace longwire::engine {

class WebSocketSession;

/// The subscribers of one topic on one loop, and what was published there in this turn.
class Topic {
public:
    struct Subscriber {
        WebSocketSession* session;  // null: it left while the messages of a turn were sent
        std::uint32_t entry;        // in its Subscriptions
        std::uint32_t seen;         // of this turn's messages, those it has, or is not to get
    };
    /// A message, and its place in the order of all that were published in this turn.
    struct Published {
        PreparedMessage message;
        std::uint32_t order;
    };

    Topic(std::string name, std::optional<SlowReader> policy)
        : name_(std::move(name)), policy_(policy) {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::optional<SlowReader> policy() const noexcept { return policy_; }
    [[nodiscard]] std::vector<Subscriber>& subscribers() noexcept { return subscribers_; }
    [[nodiscard]] std::size_t count() const noexcept { return subscribers_.size() - gaps_; }
    [[nodiscard]] bool empty() const noexcept { return count() == 0; }

    [[nodiscard]] std::uint32_t add(WebSocketSession& session, std::uint32_t entry);
    /// Gives the one that took its place, and has to be told; null where there is none.
    Subscriber* remove(std::uint32_t place) noexcept;

    [[nodiscard]] const std::vector<Published>& published() const noexcept { return published_; }
    void publish(PreparedMessage message, std::uint32_t order) {
        published_.push_back({std::move(message), order});
    }
    /// This turn's messages are being sent: subscribers keep their places until the turn ends.
    void begin_sending() noexcept { sent_ = true; }
    /// Forgets this turn's messages. Calls `moved` for each subscriber that has another place now.
    template <class Moved>
    void end_turn(Moved&& moved) {
        published_.clear();
        frames_.clear();
        sent_ = false;
        while (gaps_ > 0) close_gap(moved);
    }

    /// This turn's messages in one piece, as they are for connections that use this compression,
    /// and whose it is.
    struct Frames {
        std::shared_ptr<const void> owner;
        std::span<const std::byte> bytes;
    };
    [[nodiscard]] const Frames& frames(protocol::Compression* compression);

private:
    template <class Moved>
    void close_gap(Moved&& moved) {
        std::size_t place = 0;
        while (subscribers_[place].session != nullptr) ++place;
        while (!subscribers_.empty() && subscribers_.back().session == nullptr) {
            subscribers_.pop_back();
            --gaps_;
        }
        if (place >= subscribers_.size()) return;
        subscribers_[place] = subscribers_.back();
        subscribers_.pop_back();
        --gaps_;
        moved(subscribers_[place], static_cast<std::uint32_t>(place));
    }

    std::string name_;
    std::vector<Subscriber> subscribers_;
    std::vector<Published> published_;
    std::vector<std::pair<protocol::Compression*, Frames>> frames_;
    std::size_t gaps_ = 0;
    std::optional<SlowReader> policy_;
    bool sent_ = false;  // or about to be
};

}  // namespace longwire::engine
