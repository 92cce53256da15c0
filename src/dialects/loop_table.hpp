#pragma once

#include "engine/server_loops.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwire::dialects {

/// Names a thing that lives on one loop. It may be kept on any thread, and after the thing has
/// gone.
struct LoopRef {
    std::size_t loop = 0;
    std::uint64_t number = 0;  // there; 0: none

    explicit operator bool() const noexcept { return number != 0; }
    friend bool operator==(const LoopRef&, const LoopRef&) = default;
};

/// The things of one kind that live on each loop. Of the functions only `with` and `run` are for
/// any thread; the others are for that of the loop that is named. What a table holds only for
/// somebody else is held by a plain pointer, and what has several owners by a shared one.
template <class Thing, class Held = std::unique_ptr<Thing>>
class LoopTable {
public:
    explicit LoopTable(const engine::ServerLoops& loops)
        : loops_(loops), on_loops_(loops.count()) {}

    /// One that nothing in this table has, nor ever had. (Not where the numbers come from
    /// elsewhere.)
    [[nodiscard]] LoopRef new_ref(std::size_t loop) noexcept {
        return {.loop = loop, .number = ++on_loops_[loop].latest};
    }
    Thing& add(LoopRef ref, Held held) {
        Thing& thing = *held;
        on_loops_[ref.loop].things.emplace(ref.number, std::move(held));
        return thing;
    }
    void remove(LoopRef ref) { on_loops_[ref.loop].things.erase(ref.number); }
    /// Nobody finds it any more, and it is destroyed when this turn is over: one of its own
    /// functions may be the caller.
    void retire(LoopRef ref) {
        OnLoop& here = on_loops_[ref.loop];
        const auto found = here.things.find(ref.number);
        if (found == here.things.end()) return;
        here.gone.push_back(std::move(found->second));
        here.things.erase(found);
        if (here.gone.size() == 1)
            loops_.post(ref.loop, [&here] { std::exchange(here.gone, {}).clear(); });
    }

    [[nodiscard]] Thing* find(LoopRef ref) const noexcept {
        const auto& things = on_loops_[ref.loop].things;
        const auto found = things.find(ref.number);
        return found == things.end() ? nullptr : &*found->second;
    }
    /// The same, for who may take it out by what they do next; empty where it is not there.
    [[nodiscard]] Held hold(LoopRef ref) const {
        const auto& things = on_loops_[ref.loop].things;
        const auto found = things.find(ref.number);
        return found == things.end() ? Held() : found->second;
    }
    [[nodiscard]] bool empty(std::size_t loop) const noexcept {
        return on_loops_[loop].things.empty();
    }
    /// `visit` adds nothing and removes nothing.
    template <class Visit>
    void each(std::size_t loop, Visit&& visit) const {
        for (const auto& [number, held] : on_loops_[loop].things) visit(*held);
    }

    /// Runs `function` with the thing, soon and on its loop, unless it is gone by then.
    template <class Function>
    void with(LoopRef ref, Function function) {
        loops_.post(ref.loop,
                    [this, ref, function = std::move(function)]() mutable { call(ref, function); });
    }
    /// The same at once, where its loop is that of this thread.
    template <class Function>
    void run(LoopRef ref, Function function) {
        if (loops_.current() == ref.loop)
            call(ref, function);
        else
            with(ref, std::move(function));
    }

private:
    struct OnLoop {
        std::unordered_map<std::uint64_t, Held> things;
        std::vector<Held> gone;
        std::uint64_t latest = 0;
    };

    template <class Function>
    void call(LoopRef ref, Function& function) {
        auto& things = on_loops_[ref.loop].things;
        const auto found = things.find(ref.number);
        if (found == things.end()) return;
        if constexpr (std::copy_constructible<Held>) {
            const Held held = found->second;  // it may be taken out meanwhile
            std::invoke(function, *held);
        } else {
            std::invoke(function, *found->second);
        }
    }

    engine::ServerLoops loops_;
    std::deque<OnLoop> on_loops_;
};

}  // namespace longwire::dialects
