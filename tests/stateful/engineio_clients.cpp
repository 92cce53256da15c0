// How sessions are opened, polled and changed over.
#include "engineio_clients.hpp"

#include "engine_line.hpp"
#include "served.hpp"

#include <memory>

namespace longwire::stateful {

namespace {

constexpr std::string_view path = "/socket.io/";

std::string connect_packet(std::string_view name_space, const std::optional<Token>& token) {
    std::string packet = "40";
    if (name_space != "/") packet += std::string(name_space) + ",";
    if (token) packet += R"({"token":")" + token->text + "\"}";
    return packet;
}

}  // namespace

Script stale_polls(World& world, Chance chance, Stay stay) {
    Wire polls(world.wires);
    Wire posts(world.wires);
    Answers polled(polls);
    Answers posted(posts);
    const auto token = token_of(stay, chance);
    polled.ask("GET", request("GET", std::string(path) + "?EIO=4&transport=polling"));
    const bool opened =
        co_await until(milliseconds(8000), [&] { return polled.count() > 0 || polls.ended(); });
    if (!opened || polled.at(0).status != 200) {
        if (world.patient() && !polls.ended()) found("a session cannot be opened by a poll");
        co_return;
    }
    const std::string target = poll_target(path, polled.at(0).body);
    const std::string get = request("GET", target);
    const std::uint64_t ahead = chance.between(1, 3);
    std::string together;
    for (std::uint64_t left = ahead; left > 1; --left) together += get;
    if (!together.empty()) {
        for (std::uint64_t left = ahead; left > 2; --left) polled.ask("GET", "");
        polled.ask("GET", together);
    }
    polled.ask("GET", get);
    co_await pause(chance.between(0, 60));
    const std::string name_space = chance.one_in(2) ? "/" : "/" + world.note(stay.channel);
    std::string packets = connect_packet(name_space, token);
    if (chance.one_in(3)) packets += "\x1e" + connect_packet("/token-x", token);
    if (chance.one_in(3)) packets += "\x1e" + std::string(R"(420["subscribe","token-y"])");
    // By the connection of the polls it comes when they have their answers.
    Answers& by = chance.one_in(6) ? polled : posted;
    by.ask("POST", request("POST", target, {}, packets));
    co_await until(milliseconds(stay.ms),
                   [&] { return polled.count() >= polled.asked() || polls.ended(); });
    for (std::uint64_t left = chance.between(0, 2); left > 0 && !polls.ended(); --left) {
        polled.ask("GET", get);
        co_await until(milliseconds(chance.between(1, 500)),
                       [&] { return polled.count() >= polled.asked() || polls.ended(); });
    }
    part(chance, polls);
    part(chance, posts);
    co_await pause(20);
}

Script changing_transport(World& world, Chance chance, Stay stay) {
    Wire polls(world.wires);
    Wire posts(world.wires);
    Answers polled(polls);
    Answers posted(posts);
    const auto token = token_of(stay, chance);
    polled.ask("GET", request("GET", std::string(path) + "?EIO=4&transport=polling"));
    co_await until(milliseconds(4000), [&] { return polled.count() > 0 || polls.ended(); });
    const std::string target = poll_target(path, polled.at(0).body);
    const std::string id = text_of(polled.at(0).body, "sid");
    if (id.empty()) co_return;
    const std::string get = request("GET", target);
    const std::string connect =
        connect_packet(chance.one_in(2) ? "/" : "/" + world.note(stay.channel), token);
    if (chance.percent(70)) posted.ask("POST", request("POST", target, {}, connect));
    std::unique_ptr<EngineLine> line;
    for (std::uint64_t left = chance.between(4, 16); left > 0; --left) {
        switch (chance.between(0, 8)) {
            case 0:
            case 1:
                polled.ask("GET", get);
                break;
            case 2:
                polled.ask("GET", get + get);
                polled.ask("GET", "");
                break;
            case 3:
            case 4:
                if (!line)
                    line = std::make_unique<EngineLine>(world, chance.branch(), path, "&sid=" + id);
                line->say("2probe");
                break;
            case 5:
                if (line) line->say("5");
                if (line && chance.one_in(2)) line->say(connect);
                break;
            case 6:
                if (line) line->say(R"(420["subscribe",")" + stay.channel + "\"]");
                break;
            case 7:
                posted.ask("POST", request("POST", target, {}, chance.one_in(4) ? "1" : connect));
                break;
            default:
                if (line && chance.one_in(5)) line.reset();
                break;
        }
        if (chance.percent(60)) co_await pause(chance.between(0, 30));
        polled.count();
        posted.count();
        if (line) line->alive();
    }
    co_await until(milliseconds(stay.ms / 2), [&] {
        posted.count();
        polled.count();
        return line && !line->alive();
    });
    part(chance, polls);
    part(chance, posts);
    if (line) part(chance, line->wire);
    co_await pause(20);
}

Script namespace_to_the_end(World& world, Chance chance, Stay stay) {
    const auto token = token_of(stay, chance);
    EngineLine line(world, chance.branch(), path, "");
    const std::string name_space = "/" + world.note(stay.channel);
    line.say(connect_packet(name_space, token));
    if (chance.one_in(2)) line.say(R"(40)");
    if (chance.one_in(2)) line.say(R"(420["subscribe","user-here"])");
    const bool let_in = co_await until(
        milliseconds(5000), [&] { return line.has("40" + name_space) || !line.alive(); });
    if (let_in && token) {
        const auto over = [&] { return !line.alive(); };
        const bool ended = co_await until(until_it_is_over(*token), over) ||
                           co_await until(2 * world.served.lag(), over);
        if (!ended && line.has("40" + name_space + ",{"))
            found("a member of a Socket.IO namespace is there 6 s after the leeway of its token");
    }
    part(chance, line.wire);
    co_await pause(20);
}

}  // namespace longwire::stateful
