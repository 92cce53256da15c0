#pragma once

#include "net/descriptor.hpp"
#include "net/gather_buffer.hpp"
#include "net/held_total.hpp"
#include "net/inbox.hpp"
#include "net/passed_load.hpp"
#include "net/timer_wheel.hpp"

#include <longwire/result.hpp>

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace longwire::net {

class FineTimers;
class Resolver;
class Stream;
struct Outgoing;

/// Something that owns a descriptor and is told when it is ready, and may wait for a time too.
class Watcher : protected Timer {
protected:
    Watcher() = default;
    ~Watcher() = default;

private:
    friend class Loop;
    virtual void on_ready(std::uint32_t events) = 0;
    void on_timer() override {}
};

/// Something that has to be done once in a turn, before what was written in it is sent.
class TurnEnd {
public:
    TurnEnd(const TurnEnd&) = delete;
    TurnEnd& operator=(const TurnEnd&) = delete;

protected:
    TurnEnd() = default;
    ~TurnEnd() = default;

private:
    friend class Loop;
    virtual void end_turn() = 0;
};

/// One event loop on level-triggered epoll. All of it belongs to one thread, except `post`, `wake`
/// and `stream_count`.
class Loop {
public:
    using Clock = TimerWheel::Clock;

    static Result<std::unique_ptr<Loop>> create();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Before the loop sleeps, it looks for as long as this whether something comes: that costs
    /// processor time and saves being woken. 0, as at first: it sleeps at once.
    void spin_for(std::chrono::microseconds duration) noexcept { spin_ = duration; }

    /// Waits until something is ready, at most `limit` (negative: as long as it takes), and handles
    /// all of it: one turn.
    void turn(std::chrono::milliseconds limit = std::chrono::milliseconds(-1));

    using Function = Inbox::Function;

    /// Runs `function` in a later turn. Any thread; one wake-up however many are posted.
    void post(Function function) { post_to(inbox_, std::move(function)); }
    /// Runs `function` after all that any thread has posted here before, in this turn or the next.
    /// Any thread.
    void post_in_order(Function function);
    /// The same as `post` for a loop that may be gone: false then.
    static bool post_to(const std::shared_ptr<Inbox>& inbox, Function function);
    /// Tells `turn_end`, if it is not null, of the end of each turn. It must outlive the loop.
    void at_turn_end(TurnEnd* turn_end) noexcept { turn_end_ = turn_end; }
    /// Makes the loop turn, so that it sees what another thread or a signal handler has changed.
    void wake() const noexcept { inbox_->wake(); }
    /// Where to post after the loop is gone, too.
    [[nodiscard]] const std::shared_ptr<Inbox>& inbox() const noexcept { return inbox_; }

    /// Whether the loop that this inbox belongs to is the one that runs on this thread.
    [[nodiscard]] static bool runs_here(const std::shared_ptr<Inbox>& inbox) noexcept;

    /// Marks a loop as the one that runs on this thread, while this object lives.
    class Running {
    public:
        explicit Running(Loop& loop) noexcept;
        ~Running();
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;

    private:
        Loop* outer_;
    };

    /// The clock stands still from now on, and is moved by hand: timers are then exact, and a turn
    /// never waits for one.
    void stop_clock();
    /// Moves a clock that stands still. What is due is told in the next turn.
    void advance(std::chrono::milliseconds duration) noexcept { *stopped_ += duration; }
    [[nodiscard]] bool clock_stands_still() const noexcept { return stopped_.has_value(); }
    /// What the clock says.
    [[nodiscard]] Clock::time_point clock() const noexcept {
        return stopped_ ? *stopped_ : Clock::now();
    }
    /// Whether there is something to do that nothing has to come for.
    [[nodiscard]] bool busy() const noexcept;

    /// The time at which this turn began.
    [[nodiscard]] Clock::time_point now() const noexcept { return now_; }
    /// The same in milliseconds of the loop's life, but for multiples of 2^32 (49 days).
    [[nodiscard]] std::uint32_t milliseconds() const noexcept { return milliseconds_; }
    [[nodiscard]] TimerWheel& timers() noexcept { return timers_; }
    void arm(Timer& timer, std::chrono::milliseconds after) noexcept {
        timers_.arm(timer, now_, after);
    }

    /// 0, or the errno of a descriptor that cannot be watched (EPERM: it is always ready).
    int watch(Watcher& watcher, int descriptor, std::uint32_t events) noexcept;
    void change(Watcher& watcher, int descriptor, std::uint32_t events) noexcept;
    void unwatch(Watcher& watcher, int descriptor) noexcept;

    /// Where all connections of this loop receive into; valid during one `on_receive`.
    [[nodiscard]] std::span<std::byte> receive_buffer() noexcept {
        return {receive_buffer_.get(), receive_size};
    }

    /// The bytes that all connections of this loop keep: what waits for peers that read slowly,
    /// and what is unfinished of those that send slowly. Whoever keeps some counts it here.
    [[nodiscard]] std::size_t& held() noexcept { return held_; }
    /// The most that this should be, over all loops of `total`, of which this is the one with the
    /// number `part`; 0 is no limit.
    void limit_held(std::size_t most, std::shared_ptr<HeldTotal> total, std::size_t part) noexcept;
    [[nodiscard]] bool holds_too_much() const noexcept {
        return most_held_ != 0 && held_ + held_by_others_ > most_held_;
    }
    /// Whether more is held than should be, and `own` of it by one connection is more than its
    /// share: that one has to go.
    [[nodiscard]] bool too_much_for_one(std::size_t own) const noexcept {
        return holds_too_much() && own > most_held_ / total_->loops() / (streams_.size() + 1);
    }

    /// The connections of this loop, which it owns. Any thread.
    [[nodiscard]] std::size_t stream_count() const noexcept {
        return stream_count_.load(std::memory_order_relaxed);
    }
    /// Calls `visit` for each stream that exists now; streams may be closed meanwhile.
    void each_stream(const std::function<void(Stream&)>& visit);

    /// Ends every stream at once and tells its session. What a session opens meanwhile ends too.
    void end_all_streams();

    /// For times that matter to less than a millisecond; made when they are first needed.
    [[nodiscard]] FineTimers& fine_timers();

    /// The loop's resolver of names, made when it is first needed.
    [[nodiscard]] Resolver& resolver();
    /// Makes it now, with these name servers ("address:port,…") instead of the system's: for tests.
    void resolve_with(const std::string& servers);

private:
    friend class Stream;
    static constexpr std::size_t receive_size = std::size_t{256} * 1024;
    // Lets wide loads read past the end of what was received.
    static constexpr std::size_t receive_padding = 64;

    Loop(Descriptor epoll, Descriptor wakeup);

    void adopt(std::unique_ptr<Stream> stream);
    [[nodiscard]] std::unique_ptr<Outgoing> take_outgoing();
    void give_back(std::unique_ptr<Outgoing> outgoing) noexcept;
    void count_streams() noexcept {
        stream_count_.store(streams_.size(), std::memory_order_relaxed);
    }
    [[nodiscard]] int wait(std::chrono::milliseconds limit, bool at_once) noexcept;
    [[nodiscard]] int poll(int milliseconds) noexcept;
    void end_turn();
    void tell_held() noexcept;

    Descriptor epoll_;
    std::shared_ptr<Inbox> inbox_;
    std::vector<Function> own_;  // posted by this loop's thread
    bool inbox_due_ = false;     // this thread has added to it
    const Clock::time_point born_ = Clock::now();
    Clock::time_point now_ = born_;
    std::uint32_t milliseconds_ = 0;
    std::optional<Clock::time_point> stopped_;  // what the clock says, where it stands still
    std::chrono::microseconds spin_{0};
    TimerWheel timers_{now_};
    PassedLoad passed_load_{timers_};
    std::unique_ptr<std::byte[]> receive_buffer_;

    static constexpr std::size_t event_count = 256;
    std::array<epoll_event, event_count> events_ = {};
    std::size_t events_ready_ = 0;

    std::vector<std::unique_ptr<Stream>> streams_;
    std::vector<Stream*> unflushed_;  // written to in this turn, beside the gathering one
    std::vector<Stream*> flushing_;   // those of the turn that ends
    std::vector<Stream*> ended_;      // to be destroyed at the end of this turn
    // Emptied, to be used again, so that many who each get a message cost no allocation each.
    std::vector<std::unique_ptr<Outgoing>> spare_;
    static constexpr std::size_t most_spare = 64;
    TurnEnd* turn_end_ = nullptr;
    GatherBuffer gathered_;
    std::vector<std::byte> sealed_;  // what TLS has made of it, on its way to the kernel
    Stream* gathering_ = nullptr;
    std::size_t received_ = 0;  // by that one, in the event that is being handled
    std::atomic<std::size_t> stream_count_ = 0;
    std::size_t held_ = 0;
    std::size_t held_told_ = 0;
    std::size_t held_by_others_ = 0;
    std::size_t most_held_ = 0;
    std::shared_ptr<HeldTotal> total_;
    std::size_t part_ = 0;

    std::unique_ptr<FineTimers> fine_timers_;
    std::unique_ptr<Resolver> resolver_;
};

}  // namespace longwire::net
