#pragma once

#include <longwire/hub.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace longwire {

/// What was told on the server's thread, waited for on the test's. (A handler may be running there
/// while the test ends.)
class Told {
public:
    void add(std::string line) { kept_->add(std::move(line)); }
    /// The same for handlers, which may outlive this.
    [[nodiscard]] auto adder() const {
        return [kept = kept_](std::string line) { kept->add(std::move(line)); };
    }
    std::string next() {
        std::unique_lock lock(kept_->mutex);
        if (!kept_->changed.wait_for(lock, std::chrono::seconds(30),
                                     [&] { return !kept_->lines.empty(); }))
            return "(nothing came)";
        std::string line = std::move(kept_->lines.front());
        kept_->lines.pop_front();
        return line;
    }
    /// What `subscribe` takes to tell all of it here.
    [[nodiscard]] SubscriptionHandlers handlers() const {
        const auto add = adder();
        return {
            .on_message =
                [add](const ChannelMessage& said) {
                    add(said.channel() + ": " + std::string(said.message().text()));
                },
            .on_begin =
                [add](const Result<ChannelHistory>& begun) {
                    add(!begun             ? begun.error().message()
                        : begun->recovered ? "begun"
                                           : "not recovered");
                },
            .on_presence = [add](const ChannelUser& user,
                                 bool here) { add((here ? "+" : "-") + user.name + user.info); },
        };
    }

private:
    struct Kept {
        void add(std::string line) {
            const std::scoped_lock lock(mutex);
            lines.push_back(std::move(line));
            changed.notify_all();
        }

        std::mutex mutex;
        std::condition_variable changed;
        std::deque<std::string> lines;
    };

    std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

}  // namespace longwire
