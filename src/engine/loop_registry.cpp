#include "engine/loop_registry.hpp"

#include "engine/websocket/websocket_session.hpp"

#include <unistd.h>

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

namespace longwire::engine {

namespace {

// To a loop that is no server's, for which the program has set no limit.
constexpr std::size_t most_posted_to_client_loop = std::size_t{64} * 1024 * 1024;

struct Registry {
    std::shared_mutex mutex;
    pid_t forking = 0;  // which process, around a fork
    std::uint32_t last_number = 0;
    std::unordered_map<std::uint32_t, std::shared_ptr<LoopEntry>> loops;
};

Registry& registry() {
    static Registry instance;
    return instance;
}

}  // namespace

LoopEntry::LoopEntry(const net::Loop& loop)
    : inbox_(loop.inbox()), held_(std::make_shared<net::HeldTotal>(1)) {
    held_->limit_posted(most_posted_to_client_loop);
}

bool LoopEntry::post(Name name, std::move_only_function<void(WebSocketSession&)> function) {
    if (!alive(name)) return false;
    // Sessions come and go on the loop's thread only, so it stays while the function runs. Where
    // the entry is gone, so is the loop, and nothing runs.
    return net::Loop::post_to(inbox_, [this, name, function = std::move(function)]() mutable {
        if (WebSocketSession* const session = slots_.session(name)) function(*session);
    });
}

std::pair<std::uint32_t, std::shared_ptr<LoopEntry>> LoopRegistry::enter(const net::Loop& loop) {
    auto entry = std::make_shared<LoopEntry>(loop);
    const std::unique_lock lock(registry().mutex);
    const std::uint32_t number = ++registry().last_number;
    registry().loops.emplace(number, entry);
    return {number, std::move(entry)};
}

void LoopRegistry::leave(std::uint32_t number) noexcept {
    const std::unique_lock lock(registry().mutex);
    registry().loops.erase(number);
}

void LoopRegistry::lock() {
    registry().mutex.lock();
    registry().forking = ::getpid();
}

void LoopRegistry::unlock() noexcept {
    // A lock of this kind is let go by the thread that took it, and a child's has another number.
    if (registry().forking == ::getpid())
        registry().mutex.unlock();
    else
        std::construct_at(&registry().mutex);
}

std::shared_ptr<LoopEntry> LoopRegistry::find(std::uint32_t number) noexcept {
    const std::shared_lock lock(registry().mutex);
    const auto found = registry().loops.find(number);
    return found == registry().loops.end() ? nullptr : found->second;
}

}  // namespace longwire::engine
