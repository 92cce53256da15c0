#include "net/inbox.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace longwire::net {

namespace {

std::atomic<void (*)() noexcept> tell_exception = nullptr;

}  // namespace

Inbox::Entry* Inbox::end_mark() noexcept {
    static Entry mark;
    return &mark;
}

Inbox::~Inbox() {
    close();
}

bool Inbox::enqueue(Function function) {
    auto entry = std::make_unique<Entry>(std::move(function));
    Entry* head = head_.load();
    do {
        if (head == end_mark()) return false;
        entry->next = head;
    } while (!head_.compare_exchange_weak(head, entry.get()));
    [[maybe_unused]] const Entry* const queued = entry.release();
    return true;
}

bool Inbox::add(Function function) {
    if (!enqueue(std::move(function))) return false;
    if (!awake_.exchange(true)) wake();
    return true;
}

bool Inbox::add_awake(Function function) {
    return enqueue(std::move(function));
}

void Inbox::wake() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto size = ::write(wakeup_.get(), &one, sizeof one);
}

void Inbox::clear_wakeup() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = ::read(wakeup_.get(), &count, sizeof count);
    // Cleared before the queue is taken: what is added later wakes the loop again.
    awake_.store(false);
}

void Inbox::run() {
    std::unique_ptr<Entry> oldest;
    for (Entry* entry = head_.exchange(nullptr); entry != nullptr;) {
        Entry* const older = std::exchange(entry->next, oldest.release());
        oldest.reset(entry);
        entry = older;
    }
    while (oldest) {
        const std::unique_ptr<Entry> entry = std::move(oldest);
        oldest.reset(std::exchange(entry->next, nullptr));
        run(entry->function);
    }
}

void Inbox::run(Function& function) noexcept {
    try {
        function();
    } catch (...) {
        if (const auto told = tell_exception.load()) told();
    }
}

void Inbox::on_exception(void (*told)() noexcept) noexcept {
    tell_exception = told;
}

void Inbox::close() noexcept {
    Entry* const head = head_.exchange(end_mark());
    if (head != end_mark()) drop(head);
}

void Inbox::drop(Entry* entry) noexcept {
    while (entry != nullptr) {
        const std::unique_ptr<Entry> dropped(entry);
        entry = dropped->next;
    }
}

}  // namespace longwire::net
