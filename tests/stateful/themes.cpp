#include "themes.hpp"

#include "engineio_clients.hpp"
#include "mutant_clients.hpp"
#include "pusher_clients.hpp"
#include "raw_clients.hpp"

#include <array>
#include <string>

namespace longwire::stateful {

namespace {

/// One of a few names that begin so: many meet on one of them.
std::string one_of(Chance& chance, std::string_view begin) {
    return std::string(begin) + std::to_string(chance.percent(70) ? 0 : chance.between(1, 3));
}

std::string way(Chance& chance) {
    return chance.pick<std::string>(
        {"late", "late", "post", "slow", "never", "mixed", "mixed", "refuse"});
}

Script stale_poll(World& world, Chance chance) {
    const Stay stay = {.channel = one_of(chance, "user-stale"),
                       .ms = chance.between(100, 1500),
                       .token = chance.percent(75) ? just_past(chance) : around_now(chance)};
    return chance.one_in(5) ? changing_transport(world, chance.branch(), stay)
                            : stale_polls(world, chance.branch(), stay);
}

Script change(World& world, Chance chance) {
    const Stay stay = {.channel = one_of(chance, "user-change"),
                       .ms = chance.between(100, 2000),
                       .token = around_now(chance)};
    return changing_transport(world, chance.branch(), stay);
}

Script on_hot(World& world, Chance chance) {
    const std::string channel = one_of(chance, "hot");
    const std::uint64_t who = chance.between(0, 11);
    // (More in one turn than are kept for somebody who has not come back yet.)
    if (who < 2)
        return flood(world, chance.branch(),
                     {.channel = channel,
                      .most = 5000,
                      .least_size = 0,
                      .most_size = 1,
                      .rest = 1200,
                      .row = 8});
    if (who < 6) return returning_alone(world, chance.branch(), {.channel = channel, .ms = 2000});
    if (who < 11) return returning(world, chance.branch(), {.channel = channel, .ms = 3000});
    return channel_member(world, chance.branch(),
                          {.channel = channel, .ms = 1500, .token = 60, .slow = chance.one_in(2)});
}

/// Few enough that each is alone in its group of the channel, on its loop.
Script in_duel(World& world, Chance chance) {
    Flood flooding = {.channel = "duel", .ms = 1500, .rest = 80};
    // (Many that are small wait where few that are large have filled what there is.)
    if (chance.one_in(2))
        flooding = {.channel = "duel",
                    .ms = 1500,
                    .most = 5000,
                    .least_size = 1,
                    .most_size = 2,
                    .rest = 400};
    if (chance.one_in(4)) return flood(world, chance.branch(), std::move(flooding));
    return slow_publisher(world, chance.branch(),
                          {.channel = "duel", .ms = chance.between(100, 500)});
}

Script ghost(World& world, Chance chance) {
    const Stay stay = {.channel = one_of(chance, "asked-" + way(chance) + "-"),
                       .ms = chance.between(1, chance.one_in(3) ? 2500 : 120),
                       .token = chance.percent(60) ? std::optional(60) : std::nullopt,
                       .introduces = chance.one_in(3)};
    const bool by_hook = chance.one_in(5);
    Stay asked = stay;
    if (by_hook) asked.channel = one_of(chance, "hook-");
    switch (chance.between(0, 7)) {
        case 0:
        case 1:
            return event_stream(world, chance.branch(), asked);
        case 2:
        case 3:
            return long_polls(world, chance.branch(), asked);
        case 4:
            return channel_socket(world, chance.branch(), asked);
        case 5:
            return channel_member(world, chance.branch(), asked);
        case 6:
            return pusher_socket(world, chance.branch(), stay);
        default:
            return pusher_fallback(world, chance.branch(), stay);
    }
}

/// Alarms: of tokens and of verdicts, some of which throw when they ring.
Script on_alarm(World& world, Chance chance) {
    Stay stay = {
        .channel = one_of(
            chance,
            "asked-" + chance.pick<std::string>({"throws", "brief", "past", "throws"}) + "-"),
        .ms = chance.between(500, 4000),
        .token = chance.pick<std::int64_t>({-8, -7, -5, -3, 1, 2})};
    // Some stay on quiet channels, to see that they may not stay.
    stay.to_the_end = chance.one_in(3);
    if (stay.to_the_end && chance.one_in(2)) stay.channel = one_of(chance, "token-quiet");
    switch (chance.between(0, 6)) {
        case 0:
        case 1:
        case 2:
            return event_stream(world, chance.branch(), stay);
        case 3:
            return channel_socket(world, chance.branch(), stay);
        case 4:
            return namespace_to_the_end(world, chance.branch(), stay);
        case 5:
            return pusher_to_the_end(world, chance.branch(), stay);
        default:
            return long_polls(world, chance.branch(), stay);
    }
}

Script inside_leeway(World& world, Chance chance) {
    const Stay stay = {.channel = one_of(chance, chance.one_in(4) ? "asked-past-" : "token-lee"),
                       .ms = chance.between(20, 600),
                       .token = chance.percent(80) ? just_past(chance) : around_now(chance),
                       .introduces = chance.one_in(8)};
    switch (chance.between(0, 8)) {
        case 0:
        case 1:
            return event_stream(world, chance.branch(), stay);
        case 2:
            return long_polls(world, chance.branch(), stay);
        case 3:
            return channel_socket(world, chance.branch(), stay);
        case 4:
            return channel_member(world, chance.branch(), stay);
        case 5:
            return pusher_socket(world, chance.branch(), stay);
        case 6:
            return stale_polls(world, chance.branch(), stay);
        case 7:
            return publishing(world, chance.branch(), stay);
        default:
            return too_late(world, chance.branch(), stay);
    }
}

Script oddity(World& world, Chance chance) {
    const Stay stay = {.channel = one_of(chance, "odd"), .ms = chance.between(100, 1500)};
    switch (chance.between(0, 4)) {
        case 0:
            return publishing(world, chance.branch(), stay);
        case 1:
            return pusher_api(world, chance.branch(), stay);
        case 2:
            return pusher_fallback(world, chance.branch(), stay);
        case 3:
            return change(world, chance.branch());
        default:
            return program_member(world, chance.branch(), stay);
    }
}

Script app_search(World& world, Chance chance) {
    const Stay stay = {.channel = "apps", .ms = chance.between(300, 2000)};
    if (chance.one_in(5)) return pusher_socket(world, chance.branch(), stay);
    if (chance.one_in(5)) return pusher_api(world, chance.branch(), stay);
    return apps_looked_through(world, chance.branch(), stay);
}

Script broken(World& world, Chance chance) {
    return mutant(world, chance.branch(),
                  {.channel = one_of(chance, "broken"), .ms = chance.between(20, 800)});
}

Script slow_reading(World& world, Chance chance) {
    Stay stay = {.channel = one_of(
                     chance, chance.pick<std::string_view>({"hot", "latest-", "drops-", "plain-"})),
                 .ms = chance.between(500, 3000),
                 .token = chance.one_in(2) ? std::optional(60) : std::nullopt,
                 .slow = chance.percent(70)};
    switch (chance.between(0, 6)) {
        case 0:
            return flood(world, chance.branch(),
                         chance.one_in(2)
                             ? Flood{.channel = stay.channel}
                             // (As much as an event stream may leave unread, in little time.)
                             : Flood{.channel = stay.channel,
                                     .most = 60,
                                     .least_size = 3000,
                                     .most_size = 60'000});
        case 1:
        case 2:
            return event_stream(world, chance.branch(), stay);
        case 3:
            return channel_socket(world, chance.branch(), stay);
        case 4:
            return channel_member(world, chance.branch(), stay);
        case 5:
            return long_polls(world, chance.branch(), stay);
        default:
            return program_member(world, chance.branch(), stay);
    }
}

Script pusher_crowd(World& world, Chance chance) {
    const Stay stay = {.channel = one_of(chance, "room"),
                       .ms = chance.between(200, 2500),
                       .slow = chance.one_in(5),
                       .introduces = chance.one_in(6)};
    switch (chance.between(0, 5)) {
        case 0:
            return pusher_api(world, chance.branch(), stay);
        case 1:
        case 2:
            return pusher_fallback(world, chance.branch(), stay);
        default:
            return pusher_socket(world, chance.branch(), stay);
    }
}

constexpr std::array all_themes = {
    Theme{"stale", "polls of Engine.IO in one write, and tokens just past their end", 8,
          stale_poll},
    Theme{"hot", "a channel that is two namespaces, and those who come back to both", 8, on_hot},
    Theme{"duel", "those who publish, and do not read, on a channel that is two namespaces", 5,
          in_duel},
    Theme{"ghosts", "those who leave while it is asked whether they may come", 24, ghost},
    Theme{"alarms", "tokens and verdicts that end, some of which throw", 24, on_alarm},
    Theme{"leeway", "tokens inside the leeway, in each dialect", 14, inside_leeway},
    Theme{"odd", "bodies and questions that are easily handled wrongly", 10, oddity},
    Theme{"reload", "other rules and apps many times a second", 6, app_search, 100},
    Theme{"change", "from polls to a WebSocket, in whatever order", 8, change},
    Theme{"broken", "bytes that are wrong", 10, broken},
    Theme{"slow", "those who do not read, beside a flood", 10, slow_reading},
    Theme{"pusher", "clients and servers of Pusher", 12, pusher_crowd},
};

}  // namespace

std::span<const Theme> themes() {
    return all_themes;
}

}  // namespace longwire::stateful
