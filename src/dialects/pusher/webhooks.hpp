#pragma once

#include "dialects/pusher/app.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace longwire::dialects::pusher {

/// Tells apps' own servers of what happens: in order, several at once, and again for a while where
/// that fails. Any thread. Held by a shared pointer, since answers may come late.
class Webhooks : public std::enable_shared_from_this<Webhooks> {
public:
    using Clock = std::chrono::steady_clock;

    /// A request to be sent: POST.
    struct Call {
        std::string url;
        std::vector<std::pair<std::string, std::string>> headers;
        std::string body;
    };
    /// Sends it, and answers once, on any thread, with whether it was taken; otherwise why not.
    using Sent = std::move_only_function<void(bool taken, std::string why)>;
    using Send = std::function<void(Call, Sent)>;

    struct Options {
        std::size_t most_at_once = 100;
        std::size_t most_waiting = 10'000;  // for one URL; beyond, the oldest are dropped
        std::chrono::milliseconds retry_for = std::chrono::minutes(5);
        std::chrono::milliseconds first_pause = std::chrono::seconds(1);
        std::chrono::milliseconds longest_pause = std::chrono::seconds(60);
        /// Told of what could not be sent; empty: the log is.
        std::function<void(const std::string&)> complain = {};
        std::function<Clock::time_point()> now = Clock::now;
    };

    Webhooks(Send send, Options options) : send_(std::move(send)), options_(std::move(options)) {}
    Webhooks(const Webhooks&) = delete;
    Webhooks& operator=(const Webhooks&) = delete;
    ~Webhooks() = default;

    /// `notice` is one JSON object; it leaves at the next tick.
    void tell(const SharedApp& app, const std::string& notice);
    /// Several times a second.
    void tick(Clock::time_point now);

private:
    struct Queue {
        SharedApp app;
        std::string url;
        std::deque<std::string> notices;
        std::string body;  // of what is being sent, or is to be sent again
        std::size_t in_body = 0;
        Clock::time_point first_tried;
        Clock::time_point next_try;
        std::chrono::milliseconds pause = {};
        bool sending = false;
        std::size_t dropped = 0;
    };
    using Key = std::pair<std::string, std::string>;  // of the app's id and the URL

    void send(const Key& key, Queue& queue, Clock::time_point now,
              std::vector<std::pair<Key, Call>>& calls);
    void answered(const Key& key, bool taken, const std::string& why);
    void complain(const std::string& sentence) const;

    Send send_;
    Options options_;
    std::mutex mutex_;
    std::map<Key, Queue> queues_;
};

}  // namespace longwire::dialects::pusher
