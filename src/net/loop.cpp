#include "net/loop.hpp"

#include "net/fine_timer.hpp"
#include "net/outgoing.hpp"
#include "net/resolver.hpp"
#include "net/stream.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace longwire::net {

namespace {
thread_local Loop* running = nullptr;
}

Loop::Running::Running(Loop& loop) noexcept : outer_(std::exchange(running, &loop)) {}
Loop::Running::~Running() {
    running = outer_;
}

Result<std::unique_ptr<Loop>> Loop::create() {
    Descriptor epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return Failure(system_error(ErrorCode::system, "cannot make an epoll", errno));
    Descriptor wakeup(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wakeup) return Failure(system_error(ErrorCode::system, "cannot make an eventfd", errno));
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wakeup.get(), &event) != 0)
        return Failure(system_error(ErrorCode::system, "cannot watch an eventfd", errno));
    return std::unique_ptr<Loop>(new Loop(std::move(epoll), std::move(wakeup)));
}

Loop::Loop(Descriptor epoll, Descriptor wakeup)
    : epoll_(std::move(epoll)),
      inbox_(std::make_shared<Inbox>(std::move(wakeup))),
      receive_buffer_(new std::byte[receive_size + receive_padding]()) {
    spare_.reserve(most_spare);
}

Loop::~Loop() {
    end_all_streams();
    inbox_->close();
    // They may own what posts on its way out.
    const std::vector<Function> never_run = std::exchange(own_, {});
}

void Loop::end_all_streams() {
    while (!streams_.empty()) {
        streams_.back()->close();
        end_turn();
    }
}

int Loop::poll(int milliseconds) noexcept {
    return epoll_wait(epoll_.get(), events_.data(), event_count, milliseconds);
}

/// Waits for events, and gives their number.
int Loop::wait(std::chrono::milliseconds limit, bool at_once) noexcept {
    if (at_once || limit.count() == 0) return poll(0);
    if (stopped_) return poll(static_cast<int>(limit.count()));
    const auto begun = Clock::now();
    if (spin_.count() > 0) {
        auto present = begun;
        do {
            if (const int ready = poll(0); ready != 0) return ready;
            present = Clock::now();
        } while (present - begun < spin_);
    }
    int wait = static_cast<int>(limit.count());
    const int until_timer = timers_.milliseconds_to_next(begun);
    if (until_timer >= 0 && (wait < 0 || until_timer < wait)) wait = until_timer;
    return poll(wait);
}

void Loop::turn(std::chrono::milliseconds limit) {
    // What was written or closed between two turns does not wait for something else to happen.
    // What is posted from now on by this thread is for the next turn.
    auto own = std::exchange(own_, {});
    const int ready =
        wait(limit, !unflushed_.empty() || !ended_.empty() || !own.empty() || inbox_due_);
    now_ = clock();
    milliseconds_ = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now_ - born_).count());
    if (total_) held_by_others_ = total_->of_others(part_);
    events_ready_ = ready > 0 ? static_cast<std::size_t>(ready) : 0;
    bool woken = false;
    for (std::size_t index = 0; index < events_ready_; ++index) {
        const epoll_event event = events_[index];
        if (event.data.ptr != nullptr)
            static_cast<Watcher*>(event.data.ptr)->on_ready(event.events);
        else
            woken = woken || event.events != 0;
    }
    events_ready_ = 0;
    timers_.advance(now_);
    if (woken) inbox_->clear_wakeup();
    if (std::exchange(inbox_due_, false) || woken) inbox_->run();
    for (Function& function : own) Inbox::run(function);
    end_turn();
    if (total_ && held_ != held_told_) tell_held();
    passed_load_.look(now_, streams_.size(), held_);
}

void Loop::stop_clock() {
    if (stopped_) return;
    stopped_ = now_ = Clock::now();
    timers_.be_exact(now_);
}

bool Loop::busy() const noexcept {
    return !unflushed_.empty() || !ended_.empty() || !own_.empty() || inbox_due_ ||
           inbox_->has_some();
}

void Loop::tell_held() noexcept {
    total_->tell(part_, held_);
    held_told_ = held_;
}

void Loop::limit_held(std::size_t most, std::shared_ptr<HeldTotal> total,
                      std::size_t part) noexcept {
    most_held_ = most;
    total_ = std::move(total);
    part_ = part;
}

void Loop::end_turn() {
    if (turn_end_ != nullptr) turn_end_->end_turn();
    // What is written meanwhile leaves in the next turn, so that one who writes whenever there is
    // room does not keep the others from being heard.
    flushing_.swap(unflushed_);
    for (Stream* stream : flushing_) stream->flush();
    flushing_.clear();
    while (!ended_.empty()) {
        const auto ended = std::exchange(ended_, {});
        for (Stream* stream : ended) {
            stream->detach();
            if (stream->listed_unflushed_) std::erase(unflushed_, stream);
            const std::size_t index = stream->index_;
            std::swap(streams_[index], streams_.back());
            streams_[index]->index_ = static_cast<std::uint32_t>(index);
            streams_.pop_back();
        }
        count_streams();
    }
}

bool Loop::runs_here(const std::shared_ptr<Inbox>& inbox) noexcept {
    return running != nullptr && running->inbox_ == inbox;
}

bool Loop::post_to(const std::shared_ptr<Inbox>& inbox, Function function) {
    if (!runs_here(inbox)) return inbox->add(std::move(function));
    running->own_.push_back(std::move(function));
    return true;
}

void Loop::post_in_order(Function function) {
    if (running != this) {
        inbox_->add(std::move(function));
    } else {
        inbox_->add_awake(std::move(function));
        inbox_due_ = true;
    }
}

int Loop::watch(Watcher& watcher, int descriptor, std::uint32_t events) noexcept {
    epoll_event event = {};
    event.events = events;
    event.data.ptr = &watcher;
    return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

void Loop::change(Watcher& watcher, int descriptor, std::uint32_t events) noexcept {
    epoll_event event = {};
    event.events = events;
    event.data.ptr = &watcher;
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event);
}

void Loop::unwatch(Watcher& watcher, int descriptor) noexcept {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
    // What this turn has yet to handle may be gone by then.
    for (std::size_t index = 0; index < events_ready_; ++index) {
        if (events_[index].data.ptr != &watcher) continue;
        events_[index].data.ptr = nullptr;
        events_[index].events = 0;
    }
}

void Loop::adopt(std::unique_ptr<Stream> stream) {
    stream->index_ = static_cast<std::uint32_t>(streams_.size());
    streams_.push_back(std::move(stream));
    count_streams();
}

std::unique_ptr<Outgoing> Loop::take_outgoing() {
    if (spare_.empty()) return std::make_unique<Outgoing>(held_);
    auto taken = std::move(spare_.back());
    spare_.pop_back();
    return taken;
}

void Loop::give_back(std::unique_ptr<Outgoing> outgoing) noexcept {
    if (spare_.size() < most_spare && outgoing->backlog.light())
        spare_.push_back(std::move(outgoing));
}

void Loop::each_stream(const std::function<void(Stream&)>& visit) {
    // Streams leave the list only at the end of a turn, and those that join need no visit.
    const std::size_t count = streams_.size();
    for (std::size_t index = 0; index < count; ++index) visit(*streams_[index]);
}

FineTimers& Loop::fine_timers() {
    if (!fine_timers_) fine_timers_ = std::make_unique<FineTimers>(*this);
    return *fine_timers_;
}

void Loop::resolve_with(const std::string& servers) {
    resolver_ = std::make_unique<Resolver>(*this, Resolver::Sources{.servers = servers});
}

Resolver& Loop::resolver() {
    if (!resolver_) resolver_ = std::make_unique<Resolver>(*this);
    return *resolver_;
}

}  // namespace longwire::net
