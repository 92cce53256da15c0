#pragma once

#include "hub/broker.hpp"
#include "hub/channel_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace longwire::hub {

/// The broker of one channel, "a", whose news and answers go a way of their own: the test loses,
/// repeats, reorders and delays them. It can fail, and forget all it knew.
class LossyBroker final : public Broker {
public:
    void start(BrokerSink& sink) override { sink_ = &sink; }
    void publish(const PublishRequest& request, Answer<Position> answer) override {
        const auto publication = stream_.append(request, Clock::time_point());
        if (attached > 0) news.push_back(publication);
        if (answer) answer(publication->position());
    }
    void attach(const std::string& /*channel*/, const HistoryQuery& query,
                Answer<History> answer) override {
        if (!fails) ++attached;
        read(query, std::move(answer));
    }
    void detach(const std::string& /*channel*/) override { --attached; }
    void history(const std::string& /*channel*/, const HistoryQuery& query,
                 Answer<History> answer) override {
        ++asked;
        read(query, std::move(answer));
    }
    void members(const std::string& /*channel*/, Answer<std::size_t> answer) override {
        answer(attached);
    }
    void enter(const std::string& /*channel*/, const Presence& /*who*/,
               MemberId /*member*/) override {}
    void leave(const std::string& /*channel*/, const std::string& /*user*/) override {}
    void presence(const std::string& /*channel*/, Answer<std::vector<Presence>> answer) override {
        answer(std::vector<Presence>());
    }
    [[nodiscard]] bool ready() const noexcept override { return !fails; }
    bool tick() override { return false; }

    [[nodiscard]] Position top() const noexcept { return stream_.top(); }
    void forget_everything() { stream_ = ChannelStream({.epoch = stream_.top().epoch + 1}); }
    void forget_all_but_the_epoch() { stream_ = ChannelStream({.epoch = stream_.top().epoch}); }
    /// Tells one of the news, as the test says what becomes of it.
    void tell(std::size_t which, bool keep = false) {
        const auto publication = news.at(which);
        if (!keep) news.erase(news.begin() + static_cast<std::ptrdiff_t>(which));
        sink_->on_publication(publication);
    }
    void tell_all() {
        while (!news.empty()) tell(0);
    }
    void lose(std::size_t which) { news.erase(news.begin() + static_cast<std::ptrdiff_t>(which)); }
    void answer(std::size_t which = 0) {
        auto next = std::move(answers.at(which));
        answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(which));
        next();
    }

    std::size_t attached = 0;
    std::size_t asked = 0;  // for the history
    bool fails = false;
    bool delays = false;
    std::deque<SharedPublication> news;
    std::deque<std::move_only_function<void()>> answers;

private:
    void read(const HistoryQuery& query, Answer<History> answer) {
        Result<History> result = stream_.read(query, Clock::time_point());
        if (fails) result = failure(ErrorCode::timed_out, "the broker does not answer");
        if (!delays) return answer(std::move(result));
        answers.emplace_back([answer = std::move(answer), result = std::move(result)]() mutable {
            answer(std::move(result));
        });
    }

    BrokerSink* sink_ = nullptr;
    ChannelStream stream_{{.epoch = 1}};
};

}  // namespace longwire::hub
