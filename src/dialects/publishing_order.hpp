#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>

namespace longwire::dialects {

/// What a client is told whose messages are not kept any more (`PublishingOrder::keep`).
inline constexpr std::string_view too_many_kept =
    "You publish faster than your permission can be checked.";

/// Keeps the order in which one client publishes on one channel: while somebody is asked whether it
/// may publish one message, those that it sends after that one wait here.
template <class Kept>
class PublishingOrder {
public:
    [[nodiscard]] bool waits() const noexcept { return waiting_ != nullptr; }
    /// Somebody is asked about a message, which is not kept here.
    void wait() {
        if (waiting_ == nullptr) waiting_ = std::make_unique<Waiting>();
        waiting_->asked = true;
    }
    /// Where it waits. False: it waits with so much already that this one is lost.
    [[nodiscard]] bool keep(Kept message, std::size_t bytes) {
        if (waiting_->kept.size() >= most_kept || waiting_->bytes + bytes > most_kept_bytes)
            return false;
        waiting_->bytes += bytes;
        waiting_->kept.emplace_back(std::move(message), bytes);
        return true;
    }
    /// That message was published, or refused: `take` gets those that came after it, until somebody
    /// is asked about one of them, or until it returns false. What is left then is lost.
    template <class Take>
    void go_on(Take&& take) {
        waiting_->asked = false;
        while (!waiting_->asked && !waiting_->kept.empty()) {
            auto [message, bytes] = std::move(waiting_->kept.front());
            waiting_->kept.pop_front();
            waiting_->bytes -= bytes;
            if (!take(std::move(message))) waiting_->kept.clear();
        }
        if (!waiting_->asked) waiting_.reset();
    }

private:
    static constexpr std::size_t most_kept = 64;
    static constexpr std::size_t most_kept_bytes = std::size_t{1024} * 1024;

    struct Waiting {
        std::deque<std::pair<Kept, std::size_t>> kept;
        std::size_t bytes = 0;
        bool asked = false;
    };
    std::unique_ptr<Waiting> waiting_;  // (Few ever need it.)
};

}  // namespace longwire::dialects
