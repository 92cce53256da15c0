#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace longwire::engine {

/// Those on one loop who get the same, and what was published for them and not all of them have got
/// yet. `Piece` is one thing of that, and knows its `bytes()`.
///
/// They get it in circles: whoever's turn it is gets all that is there for it, also what was
/// published since the circle began. So a circle may stop anywhere and go on later, and nobody
/// waits for longer than one takes.
template <class Receiver, class Piece>
class Circle {
public:
    struct Subscriber {
        Receiver* receiver;   // null: it left in the middle of a circle
        std::uint32_t entry;  // what it knows this by
        std::uint32_t seen;   // up to which piece it has all, or is not to get them
    };

    [[nodiscard]] std::vector<Subscriber>& subscribers() noexcept { return subscribers_; }
    [[nodiscard]] std::size_t count() const noexcept { return subscribers_.size() - gaps_; }
    [[nodiscard]] bool empty() const noexcept { return count() == 0; }

    /// Gives its place.
    [[nodiscard]] std::uint32_t add(Receiver& receiver, std::uint32_t entry) {
        subscribers_.push_back({.receiver = &receiver, .entry = entry, .seen = end()});
        return static_cast<std::uint32_t>(subscribers_.size() - 1);
    }
    /// Gives the one that took its place, and has to be told; null where there is none.
    Subscriber* remove(std::uint32_t place) noexcept {
        if (in_circle_) {
            subscribers_[place].receiver = nullptr;
            ++gaps_;
            return nullptr;
        }
        const bool last = place + 1 == subscribers_.size();
        if (!last) subscribers_[place] = subscribers_.back();
        subscribers_.pop_back();
        return last ? nullptr : &subscribers_[place];
    }

    /// Whether somebody may have yet to get something.
    [[nodiscard]] bool due() const noexcept { return !published_.empty(); }
    /// Pieces are numbered, up to here; the numbers start again after 2^32.
    [[nodiscard]] std::uint32_t end() const noexcept {
        return first_ + static_cast<std::uint32_t>(published_.size());
    }
    [[nodiscard]] const Piece& operator[](std::uint32_t number) const noexcept {
        return published_[number - first_];
    }
    /// How many pieces it has yet to get.
    [[nodiscard]] std::uint32_t missing(const Subscriber& subscriber) const noexcept {
        return end() - subscriber.seen;
    }
    void publish(Piece piece) {
        bytes_ += piece.bytes();
        published_.push_back(std::move(piece));
    }
    /// The bytes of what is not forgotten yet.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    /// Goes on until all have all: `give` is called with the place of each in its turn, and
    /// `time_is_up` after it. At the end of each circle `ended` is called, and then `moved` for
    /// each subscriber that has another place now. False where time was up before.
    template <class Give, class TimeIsUp, class Ended, class Moved>
    bool go_round(Give&& give, TimeIsUp&& time_is_up, Ended&& ended, Moved&& moved) {
        while (due()) {
            if (!std::exchange(in_circle_, true)) circle_end_ = end();
            std::size_t place = next_;
            while (place < subscribers_.size()) {
                give(place++);
                ++next_;
                if (time_is_up()) return false;
            }
            forget_seen();
            ended();
            next_ = 0;
            in_circle_ = false;
            close_gaps(moved);
        }
        return true;
    }

private:
    /// What was there when the circle began.
    void forget_seen() noexcept {
        const auto seen = published_.begin() + static_cast<std::ptrdiff_t>(circle_end_ - first_);
        for (auto piece = published_.begin(); piece != seen; ++piece) bytes_ -= piece->bytes();
        published_.erase(published_.begin(), seen);
        first_ = circle_end_;
    }

    template <class Moved>
    void close_gaps(Moved&& moved) {
        for (std::size_t place = 0; gaps_ > 0; ++place) {
            if (subscribers_[place].receiver != nullptr) continue;
            while (!subscribers_.empty() && subscribers_.back().receiver == nullptr) {
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

    std::vector<Subscriber> subscribers_;
    std::vector<Piece> published_;
    std::size_t bytes_ = 0;
    std::size_t gaps_ = 0;
    std::size_t next_ = 0;          // whose turn it is. In a circle, subscribers keep their places.
    std::uint32_t first_ = 0;       // the number of the first that is not forgotten
    std::uint32_t circle_end_ = 0;  // up to which all have everything when the circle ends
    bool in_circle_ = false;
};

}  // namespace longwire::engine
