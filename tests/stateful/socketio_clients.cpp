// What members of namespaces do.
#include "engineio_clients.hpp"

#include "engine_line.hpp"

#include <array>

namespace longwire::stateful {

namespace {

constexpr std::string_view path = "/socket.io/";

std::string subscribing(std::string_view channel, std::uint64_t number) {
    return "42" + std::to_string(number) + R"(["subscribe",")" + std::string(channel) + "\"]";
}

}  // namespace

Script returning(World& world, Chance chance, Stay stay) {
    const std::string name_space = "/" + world.note(stay.channel);
    std::string plain_key;
    std::string channel_key;
    const std::uint64_t rooms = chance.pick({0U, 2U, 40U});
    const auto ends = Clock::now() + milliseconds(stay.ms);
    while (Clock::now() < ends) {
        EngineLine line(world, chance.branch(), path, "");
        const auto claim = [](const std::string& key) {
            return key.empty() ? std::string() : R"({"pid":")" + key + R"("})";
        };
        std::string both;
        const std::string on_channel = "40" + name_space + "," + claim(channel_key);
        const std::string on_plain = "40" + claim(plain_key);
        const bool channel_first = chance.one_in(2);
        line.say(channel_first ? on_channel : on_plain);
        line.say(channel_first ? on_plain : on_channel);
        const bool there = co_await until(milliseconds(3000), [&] {
            return (line.has("40{") && line.has("40" + name_space + ",{")) || !line.alive();
        });
        if (!there || !line.alive()) {
            co_await pause(chance.between(5, 100));
            continue;
        }
        plain_key = line.key_after("40{");
        channel_key = line.key_after("40" + name_space + ",{");
        for (std::uint64_t room = 0; room < rooms; ++room)
            line.say(subscribing("plain-room" + std::to_string(room), 2 + room));
        line.say(subscribing(stay.channel, 1));
        co_await until(milliseconds(2000), [&] { return line.has("431[") || !line.alive(); });
        co_await until(milliseconds(chance.between(0, 150)), [&] { return !line.alive(); });
        line.wire.reset();
        co_await pause(chance.between(0, 120));
    }
}

Script returning_alone(World& world, Chance chance, Stay stay) {
    const std::string channel =
        world.note(stay.channel + "-own" + std::to_string(chance.between(0, 99'999)));
    const std::string on_channel = "40/" + channel + ",";
    const std::string event = "42/" + channel + R"(,["m"])";
    std::string key;
    const auto ends = Clock::now() + milliseconds(stay.ms);
    while (Clock::now() < ends) {
        EngineLine line(world, chance.branch(), path, "");
        line.say(on_channel);
        line.say(key.empty() ? "40" : R"(40{"pid":")" + key + R"("})");
        std::string burst;
        const std::string frame = client_frame(chance, event);
        for (std::uint64_t left = key.empty() ? 0 : chance.between(1200, 2500); left > 0; --left)
            burst += frame;
        const auto there = [&] { return line.has("\n40{") || !line.alive(); };
        // (Each turn of the loop finds some more of it.)
        bool came = co_await until(milliseconds(1), there);
        for (std::uint64_t left = 10; left > 0 && !came; --left) {
            line.wire.send(burst);
            came = co_await until(milliseconds(chance.between(1, 12)), there);
        }
        came = came || co_await until(milliseconds(3000), there);
        if (!came || !line.alive()) continue;
        key = line.key_after("\n40{");
        line.say(subscribing(channel, 1));
        co_await until(milliseconds(2000), [&] { return line.has("431[") || !line.alive(); });
        line.wire.reset();
        co_await pause(chance.between(0, 60));
    }
}

Script slow_publisher(World& world, Chance chance, Stay stay) {
    EngineLine line(world, chance.branch(), path, "", 2304);
    world.note(stay.channel);
    const bool on_namespace = chance.one_in(2);
    line.say(on_namespace ? "40/" + stay.channel + "," : "40");
    co_await until(milliseconds(2000), [&] { return line.has("40") || !line.alive(); });
    if (!on_namespace) line.say(subscribing(stay.channel, 1));
    co_await until(milliseconds(on_namespace ? 50 : 2000),
                   [&] { return line.has("431[") || !line.alive(); });
    line.wire.read(false);
    const auto ends = Clock::now() + milliseconds(stay.ms);
    while (Clock::now() < ends && !line.wire.ended()) {
        // Much of it in one turn: what comes first waits for the end of that, and the rest is
        // published meanwhile.
        const bool small = chance.one_in(2);
        const std::string body(static_cast<std::size_t>(small ? 10 : chance.between(500, 3000)),
                               's');
        for (std::uint64_t left = chance.between(1, small ? 60 : 20); left > 0; --left)
            line.say(on_namespace
                         ? "42/" + stay.channel + R"(,["m",")" + body + "\"]"
                         : R"(42["publish",")" + stay.channel + R"(","m",")" + body + "\"]");
        co_await pause(chance.between(1, 40));
    }
    part(chance, line.wire);
    co_await pause(5);
}

Script channel_member(World& world, Chance chance, Stay stay) {
    const auto token = token_of(stay, chance);
    const std::string query = stay.introduces ? "&introduce=1" : "";
    EngineLine line(world, chance.branch(), path, query, stay.slow ? 2304 : 0);
    const std::string shown = token ? R"({"token":")" + token->text + "\"}" : std::string();
    const std::string channel = world.note(stay.channel);
    line.say(chance.one_in(2) ? "40" + shown : "40/" + channel + "," + shown);
    const auto ends = Clock::now() + milliseconds(stay.ms);
    for (std::uint64_t number = 1; Clock::now() < ends && line.alive(); ++number) {
        switch (chance.between(0, 6)) {
            case 0:
            case 1:
                line.say("42" + std::to_string(number) + R"(["subscribe",")" + channel +
                         R"(",{"history":3}])");
                break;
            case 2:
                line.say("42" + std::to_string(number) + R"(["unsubscribe",")" + channel + "\"]");
                break;
            case 3:
                line.say("42" + std::to_string(number) + R"(["presence",")" + channel + "\"]");
                break;
            case 4:
                line.say("451-" + std::to_string(number) + R"(["publish",")" + channel +
                         R"(","b",{"_placeholder":true,"num":0}])");
                line.say_bytes("bytes");
                break;
            case 5:
                line.say("40/" + channel + "," + shown);
                break;
            default:
                line.say("42/" + channel + "," + std::to_string(number) + R"(["said",1,"two"])");
                break;
        }
        if (chance.one_in(12)) line.say("41/" + channel + ",");
        line.wire.read(!stay.slow || chance.one_in(4));
        co_await until(milliseconds(chance.between(0, 250)), [&] { return !line.alive(); });
    }
    part(chance, line.wire);
    co_await pause(20);
}

Script program_member(World& world, Chance chance, Stay stay) {
    EngineLine line(world, chance.branch(), "/program/", "", stay.slow ? 2304 : 0);
    constexpr std::array<std::string_view, 4> names = {"", "/other,", "/rooms-1,", "/guarded,"};
    const std::string name(names.at(static_cast<std::size_t>(chance.between(0, 3))));
    line.say("40" + name + (chance.one_in(2) ? R"({"how":"late"})" : R"({"how":"never"})"));
    const auto ends = Clock::now() + milliseconds(stay.ms);
    for (std::uint64_t number = 1; Clock::now() < ends && line.alive(); ++number) {
        const auto event = chance.pick<std::string_view>(
            {R"(["ask",0])", R"(["ask",-5])", R"(["ask",-100000,"go"])", R"(["ask",1,"go"])",
             R"(["ask",30])", R"(["say","x"])", R"(["join","quiet"])", R"(["leave","quiet"])",
             R"(["shout",1])", R"(["other",1])", R"(["go",0])", R"(["go",1])", R"(["ask",0])",
             R"(["ask",-1])", R"(["throw"])"});
        const bool ends_it = event.find("go") != std::string_view::npos;
        if (!ends_it || chance.one_in(6))
            line.say("42" + name + std::to_string(number) + std::string(event));
        // An answer to a question that may have been given up.
        if (chance.one_in(4))
            line.say("43" + name + std::to_string(chance.between(1, 9)) + R"(["yes"])");
        if (chance.one_in(20)) line.say("41" + name);
        line.wire.read(!stay.slow || chance.one_in(4));
        co_await until(milliseconds(chance.between(0, 120)), [&] { return !line.alive(); });
    }
    part(chance, line.wire);
    co_await pause(5);
}

}  // namespace longwire::stateful
