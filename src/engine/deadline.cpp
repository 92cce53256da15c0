#include "engine/loop_registry.hpp"
#include "engine/worker.hpp"
#include "net/timer_wheel.hpp"

#include <longwire/deadline.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace longwire::detail {

class Limit::Watch {
public:
    Watch() = default;
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    virtual ~Watch() = default;
};

class Limit::Clock final : public Watch, private net::Timer {
public:
    Clock(Limit& limit, engine::Worker& worker, std::chrono::milliseconds duration)
        : limit_(limit), duration_(duration) {
        worker.arm_from_now(*this, duration);
    }

private:
    void on_timer() override {
        limit_.over(
            {ErrorCode::timed_out, "timed out after " + std::to_string(duration_.count()) + " ms"});
    }

    Limit& limit_;
    std::chrono::milliseconds duration_;
};

/// The request comes on any thread, and is heard on the loop's.
class Limit::Stop final : public Watch {
public:
    Stop(Limit& limit, engine::Worker& worker, const std::stop_token& token)
        : shared_(std::make_shared<Shared>(worker.shared_entry(), &limit)),
          callback_(token, Request{shared_}) {}
    ~Stop() override { shared_->limit = nullptr; }

private:
    struct Shared {
        std::shared_ptr<engine::LoopEntry> entry;
        Limit* limit;  // the loop's thread only
    };

    struct Request {
        std::shared_ptr<Shared> shared;
        void operator()() const {
            shared->entry->post([shared = shared] {
                if (shared->limit != nullptr) shared->limit->over(stopped());
            });
        }
    };

    std::shared_ptr<Shared> shared_;
    std::stop_callback<Request> callback_;

public:
    static Error stopped() {
        return {ErrorCode::cancelled, "the program stopped waiting for the result"};
    }
};

Limit::Limit(std::chrono::milliseconds duration) noexcept
    : duration_(std::max(duration, std::chrono::milliseconds(0))) {}
Limit::Limit(std::stop_token token) noexcept : token_(std::move(token)) {}
Limit::~Limit() = default;

bool Limit::begin() {
    engine::Worker* const worker = engine::Worker::current();
    if (worker == nullptr) {
        error_.emplace(ErrorCode::invalid_argument,
                       "within or until was awaited where no loop runs; await it in a coroutine "
                       "that longwire::run or longwire::spawn has started");
        return false;
    }
    if (token_.stop_requested()) {
        error_ = Stop::stopped();
        return false;
    }
    if (token_.stop_possible())
        watch_ = std::make_unique<Stop>(*this, *worker, token_);
    else if (duration_)
        watch_ = std::make_unique<Clock>(*this, *worker, *duration_);
    return true;
}

std::optional<Error> Limit::end() {
    watch_.reset();
    return std::move(error_);
}

void Limit::over(Error error) {
    error_ = std::move(error);
    on_over();
}

}  // namespace longwire::detail
