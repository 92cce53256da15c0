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
            const std::scoped_lock lock(mutex_);
            last_error_ = error.message();
            note_locked("error");
        };
        options.on_close = [this](Client&, const CloseStatus& status) {
            note("close " + std::to_string(to_number(status.code)) +
                 (status.clean ? " clean" : " unclean") +
                 (status.reason.empty() ? "" : " " + std::string(status.reason)));
        };
        options.on_reconnecting = [this](Client&, const Interruption& interruption) {
            const std::scoped_lock lock(mutex_);
            delays_.push_back(interruption.delay);
            note_locked("reconnecting " + std::to_string(interruption.tries));
        };
        return options;
    }

    void note(std::string event) {
        const std::scoped_lock lock(mutex_);
        note_locked(std::move(event));
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

    // There with the event that tells of them.
    [[nodiscard]] std::string last_error() {
        const std::scoped_lock lock(mutex_);
        return last_error_;
    }
    [[nodiscard]] std::vector<std::chrono::milliseconds> delays() {
        const std::scoped_lock lock(mutex_);
        return delays_;
    }

private:
    void note_locked(std::string event) {
        events_.push_back(std::move(event));
        changed_.notify_all();
    }
    [[nodiscard]] std::string joined() const {
        std::string text;
        for (const std::string& event : events_) text += (text.empty() ? "" : ", ") + event;
        return text;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> events_;
    std::string last_error_;
    std::vector<std::chrono::milliseconds> delays_;
};

}  // namespace longwire
