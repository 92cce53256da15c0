#pragma once

#include "engine/worker.hpp"
#include "net/held_total.hpp"

#include <longwire/result.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace longwire::engine {

/// How many processors this process may use.
[[nodiscard]] std::size_t usable_processors() noexcept;

/// The loops of one server, each with a thread of its own. The first runs on the thread that runs
/// the server; it accepts connections, and hands them out.
class Workers {
public:
    /// `count` is at least 1.
    static Result<std::unique_ptr<Workers>> create(std::size_t count);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] Worker& first() noexcept { return *members_.front()->worker; }
    [[nodiscard]] Worker& operator[](std::size_t index) noexcept {
        return *members_[index]->worker;
    }

    /// Bounds what the connections of all loops keep, together.
    void limit_held(std::size_t most);

    /// Another bound from now on. Any thread.
    void change_limit_held(std::size_t most);

    /// Where all of it is counted; not null once there is a bound.
    [[nodiscard]] net::HeldTotal& total() const noexcept { return *total_; }
    /// What they kept, as of a turn ago. Any thread.
    [[nodiscard]] std::size_t held() const noexcept { return total_ ? total_->of_all() : 0; }

    /// Runs `work` for each loop: on a thread of its own, for the first on this one. Returns when
    /// all have.
    void run(const std::function<void(Worker&)>& work);

    /// Runs `begin`, which opens one connection, on the loop that has the fewest. On the first
    /// worker's thread only.
    void hand_out(std::move_only_function<void(Worker&)> begin);

    /// Any thread, and a signal handler.
    void wake_all() const noexcept;

private:
    // Connections are counted where they are given and where they arrive: what is under way belongs
    // to a loop already.
    struct Member {
        std::unique_ptr<Worker> worker;
        std::uint64_t given = 0;
        std::atomic<std::uint64_t> arrived = 0;
    };

    Workers() = default;
    [[nodiscard]] Member& least_loaded() noexcept;
    void limit_posted(std::size_t most_held) noexcept;

    std::vector<std::unique_ptr<Member>> members_;
    std::vector<std::thread> threads_;
    std::shared_ptr<net::HeldTotal> total_;
    std::size_t next_ = 0;  // where the search for the least loaded begins
};

}  // namespace longwire::engine
