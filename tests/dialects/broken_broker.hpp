#pragma once

#include "hub/memory_broker.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace longwire::dialects {

/// One in memory that can be told to fail, or to keep its answers until it is told.
class BrokenBroker final : public hub::Broker {
public:
    void start(hub::BrokerSink& sink) override { memory_.start(sink); }
    void publish(const hub::PublishRequest& request, Answer<hub::Position> answer) override {
        memory_.publish(request, spoiled(std::move(answer)));
    }
    void attach(const std::string& channel, const hub::HistoryQuery& query,
                Answer<hub::History> answer) override {
        // (What failed is not attached.)
        if (fails) return spoiled(std::move(answer))(hub::History());
        memory_.attach(channel, query,
                       spoiled(std::move(answer), keeps || channel == kept_channel));
    }
    void detach(const std::string& channel) override { memory_.detach(channel); }
    void history(const std::string& channel, const hub::HistoryQuery& query,
                 Answer<hub::History> answer) override {
        memory_.history(channel, query, spoiled(std::move(answer)));
    }
    void members(const std::string& channel, Answer<std::size_t> answer) override {
        memory_.members(channel, spoiled(std::move(answer)));
    }
    void enter(const std::string& channel, const hub::Presence& who,
               hub::MemberId member) override {
        memory_.enter(channel, who, member);
    }
    void leave(const std::string& channel, const std::string& user) override {
        memory_.leave(channel, user);
    }
    void presence(const std::string& channel, Answer<std::vector<hub::Presence>> answer) override {
        memory_.presence(channel, spoiled(std::move(answer)));
    }
    [[nodiscard]] bool ready() const noexcept override { return !fails; }
    bool tick() override { return memory_.tick(); }

    [[nodiscard]] std::size_t channels() const { return memory_.held().channels; }
    [[nodiscard]] std::size_t kept() {
        const std::scoped_lock lock(mutex_);
        return kept_.size();
    }
    void answer_all() {
        std::vector<std::move_only_function<void()>> answers;
        {
            const std::scoped_lock lock(mutex_);
            answers.swap(kept_);
        }
        for (auto& answer : answers) answer();
    }

    std::atomic<bool> fails = false;
    std::atomic<bool> keeps = false;
    /// Who joins this one waits, whatever is kept otherwise. Before the server runs.
    std::string kept_channel;

private:
    template <class T>
    Answer<T> spoiled(Answer<T> answer) {
        return spoiled(std::move(answer), keeps);
    }
    template <class T>
    Answer<T> spoiled(Answer<T> answer, bool kept) {
        if (!answer) return answer;
        return [this, kept, answer = std::move(answer)](Result<T> result) mutable {
            if (fails) result = failure(ErrorCode::timed_out, "the broker does not answer");
            if (!kept) return answer(std::move(result));
            const std::scoped_lock lock(mutex_);
            kept_.emplace_back([answer = std::move(answer), result = std::move(result)]() mutable {
                answer(std::move(result));
            });
        };
    }

    hub::MemoryBroker memory_;
    std::mutex mutex_;
    std::vector<std::move_only_function<void()>> kept_;
};

}  // namespace longwire::dialects
