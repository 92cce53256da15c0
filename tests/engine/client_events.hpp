#pragma once

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace longwire {

/// What a Client has told, in order, and a way to wait for it. Has to outlive the Client.
class ClientEvents {
public:
    /// `options` with handlers that write down what they are told.
    ClientOptions watch(ClientOptions options = {}) {
        options.on_open = [this](Client&) { note("open"); };
        options.on_message = [this](Client&, Message message) {
            note("message " + std::string(message.text()));
        };
        options.on_error = [this](Client&, const Error& error) {
            last_error = error.message();
            note("error");
        };
        options.on_close = [this](Client&, const CloseStatus& status) {
            note("close " + std::to_string(to_number(status.code)) +
                 (status.clean ? " clean" : " unclean") +
                 (status.reason.empty() ? "" : " " + std::string(status.reason)));
        };
        options.on_reconnecting = [this](Client&, const Interruption& interruption) {
            delays.push_back(interruption.delay);
            note("reconnecting " + std::to_string(interruption.tries));
        };
        return options;
    }

    void note(std::string event) {
        const std::scoped_lock lock(mutex_);
        events_.push_back(std::move(event));
        changed_.notify_all();
    }

    /// Waits until an event begins with `begin` for the `count`-th time.
    bool wait_for(const std::string& begin, std::size_t count = 1) {
        std::unique_lock lock(mutex_);
        const bool came = changed_.wait_for(lock, std::chrono::seconds(20), [&] {
            return std::ranges::count_if(events_, [&](const std::string& event) {
                       return event.starts_with(begin);
                   }) >= static_cast<std::ptrdiff_t>(count);
        });
        EXPECT_TRUE(came) << "no " << begin << " in: " << joined();
        return came;
    }

    [[nodiscard]] std::string all() {
        const std::scoped_lock lock(mutex_);
        return joined();
    }

    // Written before the event that tells of them.
    std::string last_error;
    std::vector<std::chrono::milliseconds> delays;

private:
    [[nodiscard]] std::string joined() const {
        std::string text;
        for (const std::string& event : events_) text += (text.empty() ? "" : ", ") + event;
        return text;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> events_;
};

}  // namespace longwire
