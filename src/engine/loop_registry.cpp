#include "engine/loop_registry.hpp"

#include "net/loop.hpp"

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

WebSocketSession* LoopEntry::find(Name name) noexcept {
    if (name.slot >= slots_.size() || slots_[name.slot].generation != name.generation)
        return nullptr;
    return slots_[name.slot].session;
}

bool LoopEntry::post(Name name, std::function<void(WebSocketSession&)> function) {
    const std::lock_guard lock(mutex_);
    if (loop_ == nullptr || find(name) == nullptr) return false;
    loop_->post([this, name, function = std::move(function)] {
        WebSocketSession* session = nullptr;
        {
            const std::lock_guard inner(mutex_);
            session = find(name);
        }
        // Sessions come and go on this thread only, so it stays while the function runs.
        if (session != nullptr) function(*session);
    });
    return true;
}

void LoopEntry::post(std::function<void()> function) {
    const std::lock_guard lock(mutex_);
    if (loop_ != nullptr) loop_->post(std::move(function));
}

bool LoopEntry::alive(Name name) noexcept {
    const std::lock_guard lock(mutex_);
    return find(name) != nullptr;
}

LoopEntry::Name LoopEntry::give_name(WebSocketSession& session) {
    const std::lock_guard lock(mutex_);
    std::uint32_t slot = 0;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    slots_[slot].session = &session;
    return {.slot = slot, .generation = slots_[slot].generation};
}

void LoopEntry::take_name(Name name) noexcept {
    const std::lock_guard lock(mutex_);
    Slot& slot = slots_[name.slot];
    slot.session = nullptr;
    // A slot whose generations are used up is left alone: 0 would name it again.
    if (++slot.generation != 0) free_.push_back(name.slot);
}

void LoopEntry::loop_is_gone() noexcept {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
}

std::pair<std::uint32_t, std::shared_ptr<LoopEntry>> LoopRegistry::enter(net::Loop& loop) {
    auto entry = std::make_shared<LoopEntry>();
    entry->loop_ = &loop;
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
