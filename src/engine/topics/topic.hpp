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

/// The subscribers of one topic on one loop, and what was published there and not all of them have
/// got yet.
///
/// They get it in circles: whoever's turn it is gets all that is there for it, also what was
/// published since the circle began. So a circle may stop anywhere and go on later, and nobody
/// waits for longer than one takes.
class Topic {
public:
    struct Subscriber {
        WebSocketSession* session;  // null: it left in the middle of a circle
        std::uint32_t entry;        // in its Subscriptions
        std::uint32_t seen;         // up to which message it has all, or is not to get them
    };
    /// A message, and its place in the order of all that wait.
    struct Published {
        PreparedMessage message;
        std::uint64_t order;
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

    /// Whether somebody may have yet to get something.
    [[nodiscard]] bool due() const noexcept { return !published_.empty(); }
    /// Messages are numbered, up to here; the numbers start again after 2^32.
    [[nodiscard]] std::uint32_t end() const noexcept {
        return first_ + static_cast<std::uint32_t>(published_.size());
    }
    [[nodiscard]] const Published& operator[](std::uint32_t number) const noexcept {
        return published_[number - first_];
    }
    /// How many messages it has yet to get.
    [[nodiscard]] std::uint32_t missing(const Subscriber& subscriber) const noexcept {
        return end() - subscriber.seen;
    }
    void publish(PreparedMessage message, std::uint64_t order);
    /// The bytes of what is not forgotten yet.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    /// Whose turn it is. In the middle of a circle, subscribers keep their places.
    [[nodiscard]] std::size_t next() noexcept {
        if (!std::exchange(in_circle_, true)) circle_end_ = end();
        return next_;
    }
    void had_its_turn() noexcept { ++next_; }
    /// All had their turn: forgets the messages that were there when the circle began. Calls
    /// `moved` for each subscriber that has another place now.
    template <class Moved>
    void end_circle(Moved&& moved) {
        forget_seen();
        next_ = 0;
        in_circle_ = false;
        close_gaps(moved);
    }

    /// The messages from a number on in one piece, as they are for connections that use this
    /// compression, and whose it is.
    struct Frames {
        std::shared_ptr<const void> owner;
        std::span<const std::byte> bytes;
    };
    [[nodiscard]] const Frames& frames(protocol::Compression* compression, std::uint32_t from);

private:
    struct KnownFrames {
        protocol::Compression* compression;
        std::uint32_t from;
        Frames frames;
    };

    void forget_seen() noexcept;

    template <class Moved>
    void close_gaps(Moved&& moved) {
        for (std::size_t place = 0; gaps_ > 0; ++place) {
            if (subscribers_[place].session != nullptr) continue;
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
    }

    std::string name_;
    std::vector<Subscriber> subscribers_;
    std::vector<Published> published_;
    std::vector<KnownFrames> frames_;
    std::size_t bytes_ = 0;
    std::size_t gaps_ = 0;
    std::size_t next_ = 0;
    std::uint32_t first_ = 0;       // the number of the first that is not forgotten
    std::uint32_t circle_end_ = 0;  // up to which all have everything when the circle ends
    std::optional<SlowReader> policy_;
    bool in_circle_ = false;
};

}  // namespace longwire::engine
