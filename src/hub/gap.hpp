#pragma once

#include "hub/publication.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace longwire::hub {

/// Something of a channel has not come, or may not have: what came after it waits here until it is
/// known what it was. Another epoch's counts as after. It may be empty, where nobody knows yet
/// whether something is missing.
class Gap {
public:
    /// Of one channel, waiting.
    static constexpr std::size_t most = 1024;
    static constexpr std::size_t most_bytes = std::size_t{4} * 1024 * 1024;

    explicit Gap(Clock::time_point since) noexcept : since_(since) {}

    /// False: with this one it is more than may wait.
    [[nodiscard]] bool hold(const SharedPublication& publication);
    /// Takes out the one after this position; null where it is not there. What is not after it has
    /// been delivered, and is forgotten.
    [[nodiscard]] SharedPublication take_after(Position delivered);
    [[nodiscard]] bool empty() const noexcept { return held_.empty(); }

    /// The broker is asked what came after `since`.
    void ask(std::uint64_t question, Position since) noexcept;
    [[nodiscard]] bool asking() const noexcept { return question_ != 0; }
    /// False: that was another's question.
    [[nodiscard]] bool answered(std::uint64_t question) noexcept;
    [[nodiscard]] Position asked_since() const noexcept { return asked_since_; }
    /// Whether some came after the question.
    [[nodiscard]] bool has_newer() const noexcept { return newest() > asked_; }
    /// The question was answered: what was there before it, of epochs that are not the channel's,
    /// is of the past.
    void forget_other_epochs(std::uint64_t epoch);

    /// The last of the epoch of the latest that came.
    [[nodiscard]] Position furthest() const noexcept;
    template <class Visit>
    void each_of(std::uint64_t epoch, Visit&& visit) const {
        for (auto at = held_.lower_bound({epoch, 0}); at != held_.end() && at->first.first == epoch;
             ++at)
            visit(at->second.publication);
    }

    /// Since when nothing has become better.
    [[nodiscard]] Clock::time_point since() const noexcept { return since_; }
    void restart(Clock::time_point now) noexcept { since_ = now; }

private:
    struct Held {
        SharedPublication publication;
        std::uint64_t came = 0;  // as which
    };
    using Key = std::pair<std::uint64_t, std::uint64_t>;  // epoch and offset

    [[nodiscard]] std::uint64_t newest() const noexcept;
    void forget(std::map<Key, Held>::iterator from, std::map<Key, Held>::iterator to) noexcept;

    std::map<Key, Held> held_;
    std::size_t bytes_ = 0;
    std::uint64_t came_ = 0;      // so many
    std::uint64_t asked_ = 0;     // of these, before the question
    std::uint64_t question_ = 0;  // 0: none
    Position asked_since_;
    Clock::time_point since_;
};

}  // namespace longwire::hub
