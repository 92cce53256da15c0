#include "engine/loop_registry.hpp"

#include "engine/websocket_session.hpp"

#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

namespace longwire::engine {

namespace {

struct Registry {
    std::shared_mutex mutex;
    std::uint32_t last_number = 0;
    std::unordered_map<std::uint32_t, std::shared_ptr<LoopEntry>> loops;
};

Registry& registry() {
    static Registry instance;
    return instance;
}

}  // namespace

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

std::shared_ptr<LoopEntry> LoopRegistry::find(std::uint32_t number) noexcept {
    const std::shared_lock lock(registry().mutex);
    const auto found = registry().loops.find(number);
    return found == registry().loops.end() ? nullptr : found->second;
}

}  // namespace longwire::engine
