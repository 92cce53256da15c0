#pragma once

#include "hub/outlet.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace longwire::hub {

/// A loop made of a queue: what is put in is done by `turn`, in its order.
class NotingOutlet final : public Outlet {
public:
    void publish(SharedPublication publication) override {
        run([this, publication = std::move(publication)] {
            noted.push_back(publication->channel() + ": " +
                            std::string(publication->message().text()));
            offsets.push_back(publication->position().offset);
            if (on_publication) on_publication(publication->position());
        });
    }
    void interrupt(const std::string& channel, Position position) override {
        run([this, channel, position] {
            noted.push_back(channel + ": interrupted");
            offsets.push_back(0);
            interruptions.push_back(position);
            if (on_interruption) on_interruption(position);
        });
    }
    void announce(std::shared_ptr<const PresenceChange> change) override {
        run([this, change = std::move(change)] {
            using Kind = PresenceChange::Kind;
            const auto* const mark = change->kind == Kind::joined ? "+"
                                     : change->kind == Kind::left ? "-"
                                                                  : "=";
            noted.push_back(change->channel + ": " + mark + change->who.user);
        });
    }
    void run(std::move_only_function<void()> function) override {
        const std::scoped_lock lock(mutex_);
        queue_.push_back(std::move(function));
    }

    /// Does all that was put in.
    void turn() {
        for (;;) {
            std::move_only_function<void()> next;
            {
                const std::scoped_lock lock(mutex_);
                if (queue_.empty()) return;
                next = std::move(queue_.front());
                queue_.pop_front();
            }
            next();
        }
    }

    std::vector<std::string> noted;
    std::vector<std::uint64_t> offsets;  // 0: an interruption
    std::vector<Position> interruptions;
    std::function<void(Position)> on_publication;
    std::function<void(Position)> on_interruption;

private:
    std::mutex mutex_;
    std::deque<std::move_only_function<void()>> queue_;
};

}  // namespace longwire::hub
