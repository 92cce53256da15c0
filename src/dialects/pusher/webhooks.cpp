#include "dialects/pusher/webhooks.hpp"

#include "dialects/pusher/signature.hpp"
#include "engine/log.hpp"

#include <algorithm>

namespace longwire::dialects::pusher {

void Webhooks::complain(const std::string& sentence) const {
    if (options_.complain)
        options_.complain(sentence);
    else
        engine::log(LogLevel::warning, sentence);
}

void Webhooks::tell(const SharedApp& app, const std::string& notice) {
    const std::scoped_lock lock(mutex_);
    for (const std::string& url : app->settings.webhooks) {
        Queue& queue = queues_[{app->settings.id, url}];
        queue.app = app;
        queue.url = url;
        if (queue.notices.size() >= options_.most_waiting) {
            queue.notices.pop_front();
            ++queue.dropped;
        }
        queue.notices.push_back(notice);
    }
}

void Webhooks::tick(Clock::time_point now) {
    std::vector<std::pair<Key, Call>> calls;
    std::vector<std::string> complaints;
    {
        const std::scoped_lock lock(mutex_);
        for (auto entry = queues_.begin(); entry != queues_.end();) {
            Queue& queue = entry->second;
            if (queue.dropped > 0)
                complaints.push_back(queue.url + " does not receive webhooks fast enough: " +
                                     std::to_string(std::exchange(queue.dropped, 0)) +
                                     " were dropped");
            if (!queue.sending && queue.body.empty() && queue.notices.empty()) {
                entry = queues_.erase(entry);
                continue;
            }
            if (!queue.sending && now >= queue.next_try) send(entry->first, queue, now, calls);
            ++entry;
        }
    }
    for (const std::string& one : complaints) complain(one);
    // (Whoever sends may answer at once.)
    for (auto& [key, call] : calls)
        send_(std::move(call),
              [weak = weak_from_this(), key = key](bool taken, const std::string& why) {
                  if (const auto self = weak.lock()) self->answered(key, taken, why);
              });
}

void Webhooks::send(const Key& key, Queue& queue, Clock::time_point now,
                    std::vector<std::pair<Key, Call>>& calls) {
    if (queue.body.empty()) {
        const std::size_t count = std::min(queue.notices.size(), options_.most_at_once);
        const auto end = queue.notices.begin() + static_cast<std::ptrdiff_t>(count);
        const std::vector<std::string> batch(queue.notices.begin(), end);
        queue.notices.erase(queue.notices.begin(), end);
        const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
        queue.body = webhook_body(
            std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count(), batch);
        queue.in_body = count;
        queue.first_tried = now;
        queue.pause = options_.first_pause;
    }
    queue.sending = true;
    const AppSettings& app = queue.app->settings;
    calls.emplace_back(
        key, Call{.url = queue.url,
                  .headers = {{"Content-Type", "application/json"},
                              {"X-Pusher-Key", app.key},
                              {"X-Pusher-Signature", hmac_sha256(app.secret, queue.body)}},
                  .body = queue.body});
}

void Webhooks::answered(const Key& key, bool taken, const std::string& why) {
    const auto now = options_.now();
    std::string sentence;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = queues_.find(key);
        if (found == queues_.end()) return;
        Queue& queue = found->second;
        queue.sending = false;
        if (taken) {
            queue.body.clear();
            queue.next_try = now;
            return;
        }
        sentence = "a webhook to " + queue.url + " failed: " + why;
        if (now + queue.pause - queue.first_tried > options_.retry_for) {
            sentence += "; " + std::to_string(queue.in_body) + " events are dropped";
            queue.body.clear();
            queue.next_try = now;
        } else {
            sentence +=
                "; it is tried again in " +
                std::to_string(std::chrono::ceil<std::chrono::seconds>(queue.pause).count()) + " s";
            queue.next_try = now + queue.pause;
            queue.pause = std::min(2 * queue.pause, options_.longest_pause);
        }
    }
    complain(sentence);
}

}  // namespace longwire::dialects::pusher
