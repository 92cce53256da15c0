#include "pusher_clients.hpp"

#include "answers.hpp"
#include "requests.hpp"
#include "served.hpp"

#include <array>

namespace longwire::stateful {

namespace {

std::string quoted(std::string_view json) {
    std::string text = "\"";
    for (const char letter : json) {
        if (letter == '"' || letter == '\\') text += '\\';
        text += letter;
    }
    return text + '"';
}

std::string key_of(Chance& chance) {
    return "key-" + std::to_string(chance.between(1, 3));
}

/// What one of Pusher's clients says next. `socket_id` may be empty, which makes it wrong.
std::string said(Chance& chance, World& world, const std::string& key, const std::string& socket_id,
                 const std::string& channel) {
    constexpr std::array<std::string_view, 6> kinds = {
        "", "private-", "presence-", "private-encrypted-", "cache-", "private-cache-"};
    const std::string kind(kinds.at(static_cast<std::size_t>(chance.between(0, 5))));
    const std::string name = kind + channel;
    world.note("app" + key.substr(4) + ":" + name);
    switch (chance.between(0, 9)) {
        case 0:
            return R"({"event":"pusher:unsubscribe","data":{"channel":")" + name + "\"}}";
        case 1:
            return R"({"event":"pusher:ping","data":{}})";
        case 2: {
            const std::string user = R"({"id":"u)" + std::to_string(chance.between(1, 3)) +
                                     R"(","watchlist":["u1","u2"]})";
            return R"({"event":"pusher:signin","data":{"user_data":)" + quoted(user) +
                   R"(,"auth":")" + pusher_auth(key, socket_id + "::user::" + user) + "\"}}";
        }
        case 3:
        case 4:
            return R"({"event":"client-x","channel":")" + name + R"(","data":)" +
                   quoted(std::string(chance.small_or_large(9000), 'd')) + "}";
        default:
            break;
    }
    std::string data = R"({"channel":")" + name + "\"";
    std::string text = socket_id + ":" + name;
    if (kind == "presence-") {
        const std::string who =
            R"({"user_id":"u)" + std::to_string(chance.between(1, 4)) + R"(","user_info":{"a":1}})";
        data += R"(,"channel_data":)" + quoted(who);
        text += ":" + who;
    }
    if (!kind.empty()) data += R"(,"auth":")" + pusher_auth(key, text) + "\"";
    return R"({"event":"pusher:subscribe","data":)" + data + "}}";
}

std::string socket_id_in(std::string_view told) {
    // (As text in text: {"data":"{\"socket_id\":\"1.2\",…}"}.)
    constexpr std::string_view key = "socket_id\\\":\\\"";
    const std::size_t at = told.find(key);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = told.substr(at + key.size());
    return std::string(rest.substr(0, rest.find('\\')));
}

}  // namespace

Script pusher_socket(World& world, Chance chance, Stay stay) {
    const std::string key = key_of(chance);
    const auto token = token_of(stay, chance);
    std::string target = "/app/" + key + "?protocol=7&client=js";
    if (token) target += "&token=" + token->text;
    if (stay.introduces) target += "&introduce=1";
    for (std::uint64_t times = chance.between(1, 3); times > 0; --times) {
        Wire wire(world.wires, stay.slow ? 2304 : 0);
        Answers http(wire);
        Frames frames(wire);
        std::string socket_id;
        const auto read = [&] {
            while (http.upgraded()) {
                const auto frame = frames.next();
                if (!frame) break;
                if (socket_id.empty()) socket_id = socket_id_in(frame->payload);
                if (frame->payload.find("pusher:ping") != std::string::npos && !stay.slow)
                    wire.send(client_frame(chance, R"({"event":"pusher:pong","data":{}})"));
            }
            return wire.ended() || frames.code().has_value();
        };
        http.ask("GET", upgrade(target, {{"Cookie", "longwire_pusher=cookie1"}}));
        co_await until(milliseconds(chance.between(10, 1000)),
                       [&] { return read() || !socket_id.empty(); });
        const auto ends = Clock::now() + milliseconds(stay.ms / 2);
        while (Clock::now() < ends && !wire.ended() && http.upgraded() && !frames.code()) {
            for (std::uint64_t left = chance.between(1, 6); left > 0; --left)
                wire.send(client_frame(chance, said(chance, world, key, socket_id, stay.channel)));
            wire.read(!stay.slow || chance.one_in(5));
            co_await until(milliseconds(chance.between(5, 300)), read);
        }
        part(chance, wire);
        co_await pause(chance.between(0, 100));
    }
}

Script pusher_to_the_end(World& world, Chance chance, Stay stay) {
    const auto token = token_of(stay, chance);
    if (!token) co_return;
    Wire wire(world.wires);
    Answers http(wire);
    Frames frames(wire);
    http.ask("GET",
             upgrade("/app/" + key_of(chance) + "?protocol=7&client=js&token=" + token->text));
    bool greeted = false;
    const auto over = [&] {
        while (http.upgraded()) {
            const auto frame = frames.next();
            if (!frame) break;
            greeted = greeted || !socket_id_in(frame->payload).empty();
            if (frame->payload.find("pusher:ping") != std::string::npos)
                wire.send(client_frame(chance, R"({"event":"pusher:pong","data":{}})"));
        }
        return wire.ended() || frames.code().has_value() || http.at(0).whole;
    };
    const bool ended = co_await until(until_it_is_over(*token), over) ||
                       co_await until(2 * world.served.lag(), over);
    if (greeted && frames.code() == 4009U) check_not_early(*token, "a client of Pusher");
    if (!ended) found("a client of Pusher is there 6 s after the leeway of its token");
    part(chance, wire);
    co_await pause(20);
}

Script pusher_fallback(World& world, Chance chance, Stay stay) {
    const std::string key = key_of(chance);
    const std::string session = "/pusher/app/" + key + "/" +
                                std::to_string(chance.between(1, 999)) + "/s" +
                                std::to_string(chance.number());
    const std::string query = stay.introduces ? "?protocol=7&introduce=1" : "?protocol=7";
    const bool streams = chance.one_in(2);
    const std::string taking = session + (streams ? "/xhr_streaming" : "/xhr") + query;
    Wire takes(world.wires, stay.slow ? 2304 : 0);
    Wire sends(world.wires);
    Answers taken(takes);
    Answers sent(sends);
    std::string socket_id;
    const auto ends = Clock::now() + milliseconds(stay.ms);
    while (Clock::now() < ends && !takes.ended() && !sends.ended()) {
        // (One that is replaced, and one that waits behind another.)
        const bool waits = taken.count() < taken.asked();
        if (!waits || chance.one_in(6)) taken.ask("POST", request("POST", taking));
        takes.read(!stay.slow || chance.one_in(4));
        co_await until(milliseconds(chance.between(10, 200)), [&] {
            return socket_id.empty() && taken.asked() > 0 &&
                   !(socket_id = socket_id_in(taken.at(taken.asked() - 1).body)).empty();
        });
        std::string body = "[";
        for (std::uint64_t left = chance.between(0, 4); left > 0; --left) {
            if (body.size() > 1) body += ',';
            body += quoted(said(chance, world, key, socket_id, stay.channel));
        }
        body += "]";
        if (chance.one_in(8)) body = odd_body(chance);
        sent.ask("POST", request("POST", session + "/xhr_send" + query, {}, body));
        const bool came = co_await until(milliseconds(chance.between(20, 400)), [&] {
            return sent.count() >= sent.asked() || takes.ended();
        });
        if (came && chance.one_in(20)) break;
    }
    if (world.patient())
        co_await until(milliseconds(8000),
                       [&] { return sent.count() >= sent.asked() || sends.ended(); });
    if (world.patient() && sent.count() < sent.asked() && !sends.ended())
        found("what a client by HTTP sends has no answer after 8 s");
    part(chance, takes);
    part(chance, sends);
    co_await pause(20);
}

Script pusher_api(World& world, Chance chance, Stay stay) {
    Wire wire(world.wires);
    Answers http(wire);
    const auto ends = Clock::now() + milliseconds(stay.ms);
    while (Clock::now() < ends && !wire.ended()) {
        for (std::uint64_t left = chance.between(1, 12); left > 0; --left) {
            const std::string id = std::to_string(chance.between(1, 3));
            const std::string key = "key-" + id;
            const std::string name = world.plan.roomy ? stay.channel : "presence-" + stay.channel;
            world.note("app" + id + ":" + name);
            const std::string data = quoted(std::string(chance.small_or_large(3000), 'a'));
            std::string path = "/apps/" + id;
            std::string body;
            std::string_view method = "POST";
            switch (chance.between(0, 7)) {
                case 0:
                case 1:
                    path += "/events";
                    body = R"({"name":"e","channels":[")" + name + R"(","presence-)" + name +
                           R"("],"data":)" + data + "}";
                    break;
                case 2:
                    path += "/batch_events";
                    body = R"({"batch":[{"name":"e","channel":")" + name + R"(","data":)" + data +
                           R"(,"info":"subscription_count"}]})";
                    break;
                case 3:
                    path += "/batch_events";
                    body = odd_body(chance);
                    break;
                case 4:
                    path += "/events";
                    body = odd_body(chance);
                    break;
                case 5:
                    path += "/channels";
                    method = "GET";
                    break;
                case 6:
                    path += "/channels/presence-" + name + "/users";
                    method = "GET";
                    break;
                default:
                    path += "/users/u1/terminate_connections";
                    break;
            }
            http.ask(method, request(method, signed_target(key, method, path, body), {}, body));
        }
        const bool came = co_await until(
            milliseconds(12'000), [&] { return http.count() >= http.asked() || wire.ended(); });
        if (!came && world.patient()) found("an app's server has no answer after 12 s");
        if (!came) break;
        co_await pause(chance.between(1, 50));
    }
    part(chance, wire);
    co_await pause(5);
}

Script apps_looked_through(World& world, Chance chance, Stay stay) {
    Wire wire(world.wires);
    Answers http(wire);
    const auto ends = Clock::now() + milliseconds(stay.ms);
    const std::string asked = request("GET", "/apps/none/channels");
    while (Clock::now() < ends && !wire.ended()) {
        for (std::uint64_t left = chance.between(20, 60); left > 0; --left) http.ask("GET", asked);
        co_await until(milliseconds(12'000),
                       [&] { return http.count() >= http.asked() || wire.ended(); });
        if (world.patient() && http.count() < http.asked() && !wire.ended())
            found("requests for an app that there is not have no answer after 12 s");
        // (All are kept: not too many.)
        if (http.asked() > 2000) break;
    }
    wire.reset();
}

}  // namespace longwire::stateful
