#include "hooks/http_caller.hpp"

#include "hooks/http_exchange.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace longwire::hooks {

namespace {

using Clock = HttpExchange::Clock;
using Exchange = std::unique_ptr<HttpExchange>;

struct MultiDeleter {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

void initialize_curl() {
    static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(done);
}

}  // namespace

class HttpCaller::Running {
public:
    explicit Running(Options options);
    ~Running() { end(); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    void call(HttpCall call, Answer answer);
    void end();
    [[nodiscard]] Counts counts() const noexcept;

private:
    void run();
    void start_some();
    void end_those_too_late();
    void end_finished();
    void end_all();
    void tell(HttpExchange& exchange, Result<HttpCallAnswer> result);
    [[nodiscard]] int time_to_wait();

    Options options_;
    std::unique_ptr<CURLM, MultiDeleter> multi_;

    mutable std::mutex mutex_;
    std::map<std::uint64_t, Exchange> waiting_;                        // by when they came
    std::set<std::pair<Clock::time_point, std::uint64_t>> deadlines_;  // of those
    std::uint64_t latest_ = 0;
    bool ending_ = false;

    // Of the thread.
    std::map<CURL*, Exchange> running_;
    std::vector<CurlHandle> idle_;

    std::atomic<std::size_t> running_count_ = 0;
    std::atomic<std::size_t> answered_ = 0;
    std::atomic<std::size_t> failed_ = 0;
    std::thread thread_;
};

HttpCaller::Running::Running(Options options) : options_(std::move(options)) {
    initialize_curl();
    multi_.reset(curl_multi_init());
    options_.most_at_once = std::max<std::size_t>(1, options_.most_at_once);
    if (options_.user_agent.empty()) options_.user_agent = "longwire/" LONGWIRE_VERSION;
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(options_.most_at_once));
    // Signals are for the thread that serves.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void HttpCaller::Running::end() {
    {
        const std::scoped_lock lock(mutex_);
        if (std::exchange(ending_, true)) return;
    }
    curl_multi_wakeup(multi_.get());
    thread_.join();
}

// ---- any thread ---------------------------------------------------------------------------------

void HttpCaller::Running::call(HttpCall call, Answer answer) {
    const auto refuse = [&](Error error) {
        ++failed_;
        answer(Failure(std::move(error)));
    };
    if (auto checked = check_call(call); !checked) return refuse(std::move(checked.error()));
    const Clock::time_point deadline = Clock::now() + call.timeout;
    const std::string shown = call.method + ' ' + shown_url(call.url);
    bool taken = false;
    {
        const std::scoped_lock lock(mutex_);
        taken = !ending_ && waiting_.size() < options_.most_waiting;
        if (taken) {
            const std::uint64_t number = ++latest_;
            deadlines_.emplace(deadline, number);
            waiting_.emplace(number, std::make_unique<HttpExchange>(std::move(call),
                                                                    std::move(answer), deadline));
        }
    }
    if (!taken)
        return refuse(
            Error(ErrorCode::cancelled, shown + ": not tried, since too many calls wait already"));
    curl_multi_wakeup(multi_.get());
}

HttpCaller::Counts HttpCaller::Running::counts() const noexcept {
    const std::scoped_lock lock(mutex_);
    return {.running = running_count_,
            .waiting = waiting_.size(),
            .answered = answered_,
            .failed = failed_};
}

// ---- the thread ---------------------------------------------------------------------------------

void HttpCaller::Running::run() {
    for (;;) {
        {
            const std::scoped_lock lock(mutex_);
            if (ending_) break;
        }
        end_those_too_late();
        start_some();
        int still_running = 0;
        curl_multi_perform(multi_.get(), &still_running);
        end_finished();
        curl_multi_poll(multi_.get(), nullptr, 0, time_to_wait(), nullptr);
    }
    end_all();
}

void HttpCaller::Running::start_some() {
    while (running_.size() < options_.most_at_once) {
        Exchange exchange;
        {
            const std::scoped_lock lock(mutex_);
            if (waiting_.empty()) break;
            auto first = waiting_.extract(waiting_.begin());
            deadlines_.erase({first.mapped()->deadline(), first.key()});
            exchange = std::move(first.mapped());
        }
        CurlHandle handle;
        if (idle_.empty()) {
            handle.reset(curl_easy_init());
        } else {
            handle = std::move(idle_.back());
            idle_.pop_back();
        }
        exchange->prepare(std::move(handle), options_);
        CURL* const key = exchange->handle();
        curl_multi_add_handle(multi_.get(), key);
        running_.emplace(key, std::move(exchange));
        running_count_ = running_.size();
    }
}

/// Of those that wait: libcurl sees to the others.
void HttpCaller::Running::end_those_too_late() {
    std::vector<Exchange> late;
    {
        const std::scoped_lock lock(mutex_);
        const Clock::time_point now = Clock::now();
        while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
            late.push_back(std::move(waiting_.extract(deadlines_.begin()->second).mapped()));
            deadlines_.erase(deadlines_.begin());
        }
    }
    for (const Exchange& exchange : late) tell(*exchange, Failure(exchange->timed_out()));
}

void HttpCaller::Running::end_finished() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        auto found = running_.extract(message->easy_handle);
        HttpExchange& exchange = *found.mapped();
        auto result = exchange.outcome(code);
        curl_multi_remove_handle(multi_.get(), exchange.handle());
        idle_.push_back(exchange.take_handle());
        running_count_ = running_.size();
        tell(exchange, std::move(result));
    }
}

void HttpCaller::Running::end_all() {
    std::map<std::uint64_t, Exchange> waiting;
    {
        const std::scoped_lock lock(mutex_);
        waiting.swap(waiting_);
        deadlines_.clear();
    }
    for (const auto& [handle, exchange] : std::exchange(running_, {})) {
        curl_multi_remove_handle(multi_.get(), handle);
        tell(*exchange, Failure(exchange->cancelled()));
    }
    running_count_ = 0;
    for (const auto& [number, exchange] : waiting) tell(*exchange, Failure(exchange->cancelled()));
}

void HttpCaller::Running::tell(HttpExchange& exchange, Result<HttpCallAnswer> result) {
    ++(result ? answered_ : failed_);
    exchange.tell(std::move(result));
}

/// In milliseconds, at the most: libcurl knows its own times.
int HttpCaller::Running::time_to_wait() {
    constexpr int longest = 60'000;
    const std::scoped_lock lock(mutex_);
    if (ending_ || (!waiting_.empty() && running_.size() < options_.most_at_once)) return 0;
    if (deadlines_.empty()) return longest;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadlines_.begin()->first - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, longest));
}

// -------------------------------------------------------------------------------------------------

HttpCaller::HttpCaller(Options options) : running_(std::make_unique<Running>(std::move(options))) {}

HttpCaller::~HttpCaller() = default;

void HttpCaller::call(HttpCall call, Answer answer) {
    running_->call(std::move(call), std::move(answer));
}

void HttpCaller::end() {
    running_->end();
}

HttpCaller::Counts HttpCaller::counts() const noexcept {
    return running_->counts();
}

}  // namespace longwire::hooks
