#include "episode.hpp"

#include "served.hpp"
#include "world.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

namespace longwire::stateful {

namespace {

// What a client that has gone leaves behind goes by itself in this time, at most: a session that
// nobody polls (4 s), one that waits for its last poll (5 s), who may come back by Pusher's HTTP
// (2 s), a question to a hook (1 s), and as much again for a machine that has other things to do.
constexpr std::chrono::seconds settles_in{15};
// From the drain to the end: closes take 1.5 s, last answers 5 s.
constexpr std::chrono::seconds ends_in{20};

/// The clients of one theme.
class Crowd {
public:
    Crowd(const Theme& theme, Chance chance) : theme_(theme), chance_(chance) {}

    void turn(World& world, Clock::time_point now, bool more) {
        for (Script& script : scripts_) script.turn(now);
        std::erase_if(scripts_, [](const Script& script) { return script.over(); });
        if (!more || now < next_) return;
        next_ = now + milliseconds(chance_.between(0, 30));
        if (scripts_.size() >= theme_.crowd) return;
        scripts_.push_back(theme_.next(world, chance_.branch()));
        ++came_;
    }
    void reload(World& world, Clock::time_point now) {
        if (theme_.reloads_a_second == 0 || now < next_reload_) return;
        world.served.reload();
        next_reload_ = now + milliseconds(1000 / theme_.reloads_a_second);
    }
    void go() { scripts_.clear(); }
    [[nodiscard]] std::uint64_t came() const noexcept { return came_; }

private:
    const Theme& theme_;
    Chance chance_;
    std::vector<Script> scripts_;
    Clock::time_point next_ = {};
    Clock::time_point next_reload_ = {};
    std::uint64_t came_ = 0;
};

class Episode {
public:
    Episode(std::uint64_t seed, const std::vector<const Theme*>& with, const Options& options)
        : chance_(seed),
          plan_(drawn_plan(chance_, options.threads)),
          served_(plan_),
          world_{.wires = Wires(served_.port()), .served = served_, .plan = plan_} {
        for (const Theme* const theme : with) crowds_.emplace_back(*theme, chance_.branch());
    }

    Told run(milliseconds busy) {
        live(busy);
        for (Crowd& crowd : crowds_) crowd.go();
        settle();
        live(milliseconds(chance_.between(300, 1500)));
        leave();
        Told told;
        for (const Crowd& crowd : crowds_) told.clients += crowd.came();
        return told;
    }

private:
    void turn(bool more) {
        world_.wires.turn(2);
        const auto now = Clock::now();
        for (Crowd& crowd : crowds_) {
            crowd.turn(world_, now, more);
            if (more) crowd.reload(world_, now);
        }
        served_.look();
    }
    void live(milliseconds busy) {
        const auto ends = Clock::now() + busy;
        while (Clock::now() < ends) turn(true);
    }
    /// Everybody has gone: nothing may be left of them.
    void settle() {
        const auto ends = Clock::now() + settles_in;
        for (;;) {
            turn(false);
            const std::string left = served_.left(world_.channels);
            if (left.empty()) return;
            if (Clock::now() > ends + 4 * served_.lag())
                found("15 s after all clients have gone there is still: " + left);
        }
    }
    void leave() {
        world_.leaving = true;
        served_.drain(milliseconds(chance_.between(0, 1000)));
        const auto ends = Clock::now() + ends_in;
        while (!served_.ended()) {
            turn(false);
            if (Clock::now() > ends + 4 * served_.lag())
                found("the server has not ended 20 s after it was to drain");
        }
        served_.join();
        for (Crowd& crowd : crowds_) crowd.go();
    }

    Chance chance_;
    const Plan plan_;
    Served served_;
    World world_;
    std::vector<Crowd> crowds_;
};

}  // namespace

Told run_episode(std::uint64_t seed, const std::vector<const Theme*>& with, milliseconds busy,
                 const Options& options) {
    Episode episode(seed, with, options);
    return episode.run(busy);
}

}  // namespace longwire::stateful
