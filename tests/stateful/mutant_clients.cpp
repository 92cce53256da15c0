#include "mutant_clients.hpp"

#include "answers.hpp"
#include "engine_line.hpp"
#include "requests.hpp"

namespace longwire::stateful {

namespace {

/// What is valid somewhere.
std::string packet_of(Chance& chance, const std::string& channel) {
    return chance.pick<std::string>(
        {R"(42["subscribe",")" + channel + R"(",{"history":3}])", "40", "40/" + channel + ",{}",
         R"(451-["publish",")" + channel + R"(","b",{"_placeholder":true,"num":0}])",
         R"(42/)" + channel + R"(,7["said",1,"two"])", "41", "2", "3", "2probe", "5", "6", "1",
         R"({"event":"pusher:subscribe","data":{"channel":")" + channel + "\"}}",
         R"({"event":"pusher:signin","data":{"auth":"key-1:x","user_data":"{\"id\":\"1\"}"}})",
         R"({"event":"client-x","channel":"private-)" + channel + R"(","data":"d"})", "plain"});
}

std::string request_of(Chance& chance, const std::string& channel) {
    const std::string path = "/channels/" + channel;
    switch (chance.between(0, 7)) {
        case 0:
            return request("POST", path, {{"Content-Type", "application/json"}}, "{\"a\":[1,2]}");
        case 1:
            return request("GET", path + "?wait=1&since=1-1");
        case 2:
            return request("GET", path + "?history=3", {{"Accept", "text/event-stream"}});
        case 3:
            return request("GET", "/socket.io/?EIO=4&transport=polling");
        case 4:
            return request("POST", "/pusher/app/key-1/1/abc/xhr_streaming?protocol=7");
        case 5:
            return request("POST", "/pusher/app/key-1/1/abc/xhr_send?protocol=7", {}, "[\"{}\"]");
        case 6:
            return request("POST", signed_target("key-1", "POST", "/apps/1/events", "{}"), {},
                           "{}");
        default:
            return upgrade(path);
    }
}

}  // namespace

Script mutant(World& world, Chance chance, Stay stay) {
    Wire wire(world.wires);
    Answers http(wire);
    Frames frames(wire);
    const std::string channel = world.note(stay.channel);
    const bool speaks_http = chance.one_in(2);
    if (speaks_http) {
        http.be_lenient();
        std::string all;
        for (std::uint64_t left = chance.between(1, 5); left > 0; --left) {
            const std::string one = request_of(chance, channel);
            all += chance.one_in(2) ? mutated(chance, one) : one;
        }
        http.ask("GET", all);
        co_await until(milliseconds(stay.ms), [&] {
            http.count();
            return wire.ended();
        });
    } else {
        const std::string target = chance.pick<std::string>(
            {"/channels/" + channel, "/app/key-1?protocol=7",
             "/socket.io/?EIO=4&transport=websocket", "/program/?EIO=4&transport=websocket"});
        http.ask("GET", upgrade(target));
        co_await until(milliseconds(1000), [&] { return http.upgraded() || wire.ended(); });
        const auto ends = Clock::now() + milliseconds(stay.ms);
        while (Clock::now() < ends && !wire.ended() && http.upgraded() && !frames.code()) {
            const std::string packet = packet_of(chance, channel);
            std::string frame =
                client_frame(chance, chance.one_in(2) ? mutated(chance, packet) : packet);
            if (chance.one_in(8)) frame = mutated(chance, frame);
            wire.send(frame);
            co_await until(milliseconds(chance.between(0, 40)), [&] {
                while (frames.next()) {
                }
                return wire.ended();
            });
        }
    }
    part(chance, wire);
    co_await pause(5);
}

}  // namespace longwire::stateful
