#pragma once

#include <longwire/hub.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

namespace longwire {

/// What was told on the server's thread, waited for on the test's.
class Told {
public:
    void add(std::string line) {
        const std::scoped_lock lock(mutex_);
        lines_.push_back(std::move(line));
        changed_.notify_all();
    }
    std::string next() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, std::chrono::seconds(30), [&] { return !lines_.empty(); }))
            return "(nothing came)";
        std::string line = std::move(lines_.front());
        lines_.pop_front();
        return line;
    }
    /// What `subscribe` takes to tell all of it here.
    SubscriptionHandlers handlers() {
        return {
            .on_message =
                [this](const ChannelMessage& said) {
                    add(said.channel() + ": " + std::string(said.message().text()));
                },
            .on_begin =
                [this](const Result<ChannelHistory>& begun) {
                    add(!begun             ? begun.error().message()
                        : begun->recovered ? "begun"
                                           : "not recovered");
                },
            .on_presence = [this](const ChannelUser& user,
                                  bool here) { add((here ? "+" : "-") + user.name + user.info); },
        };
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> lines_;
};

}  // namespace longwire
