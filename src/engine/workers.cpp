#include "engine/workers.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <limits>
#include <string>
#include <utility>

namespace longwire::engine {

std::size_t usable_processors() noexcept {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) > 0)
        return static_cast<std::size_t>(CPU_COUNT(&allowed));
    // More processors than the set has room for.
    const unsigned known = std::thread::hardware_concurrency();
    return known == 0 ? 1 : known;
}

Result<std::unique_ptr<Workers>> Workers::create(std::size_t count) {
    std::unique_ptr<Workers> workers(new Workers);
    for (std::size_t index = 0; index < count; ++index) {
        auto worker = Worker::create();
        if (!worker) return Failure(std::move(worker.error()));
        workers->members_.push_back(std::make_unique<Member>());
        workers->members_.back()->worker = std::move(*worker);
    }
    return workers;
}

Workers::~Workers() = default;

void Workers::limit_held(std::size_t most) {
    total_ = std::make_shared<net::HeldTotal>(size());
    limit_posted(most);
    for (std::size_t index = 0; index < size(); ++index) {
        (*this)[index].loop().limit_held(most, total_, index);
        (*this)[index].entry().count_in(total_);
    }
}

/// Who posts faster than loops can take it is not to push out the connections of the others.
void Workers::limit_posted(std::size_t most_held) noexcept {
    total_->limit_posted(most_held == 0 ? 0 : std::max<std::size_t>(most_held / 2, 1));
}

void Workers::change_limit_held(std::size_t most) {
    limit_posted(most);
    for (std::size_t index = 0; index < size(); ++index) {
        net::Loop& loop = (*this)[index].loop();
        loop.post([&loop, most, total = total_, index] { loop.limit_held(most, total, index); });
    }
}

void Workers::run(const std::function<void(Worker&)>& work) {
    // Signals are for the threads that the program has made itself.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (std::size_t index = 1; index < size(); ++index) {
        threads_.emplace_back([&work, &worker = (*this)[index]] {
            const Worker::Running here(worker);
            work(worker);
        });
        pthread_setname_np(threads_.back().native_handle(),
                           ("longwire-" + std::to_string(index)).c_str());
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    {
        const Worker::Running here(first());
        work(first());
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

Workers::Member& Workers::least_loaded() noexcept {
    Member* least = members_.front().get();
    std::uint64_t fewest = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t step = 0; step < size(); ++step) {
        Member& member = *members_[(next_ + step) % size()];
        const std::uint64_t load =
            member.worker->loop().stream_count() + member.given - member.arrived.load();
        if (load >= fewest) continue;
        fewest = load;
        least = &member;
    }
    next_ = (next_ + 1) % size();
    return *least;
}

void Workers::hand_out(std::move_only_function<void(Worker&)> begin) {
    Member& member = least_loaded();
    if (member.worker == members_.front()->worker) return begin(first());
    ++member.given;
    member.worker->loop().post([&member, begin = std::move(begin)]() mutable {
        begin(*member.worker);
        ++member.arrived;
    });
}

void Workers::wake_all() const noexcept {
    for (const auto& member : members_) member->worker->loop().wake();
}

}  // namespace longwire::engine
