#include "raw_clients.hpp"

#include "answers.hpp"
#include "requests.hpp"
#include "served.hpp"

namespace longwire::stateful {

namespace {

/// ?history=…, ?token=… and the like.
std::string query_of(const Stay& stay, const std::optional<Token>& token, Chance& chance) {
    std::string query = "?x=1";
    if (token) query += "&token=" + token->text;
    if (stay.introduces) query += "&introduce=1";
    if (chance.one_in(3)) query += "&history=" + std::to_string(chance.between(0, 30));
    if (chance.one_in(4)) query += "&format=json";
    if (chance.one_in(4)) query += "&echo=1";
    return query;
}

}  // namespace

Script event_stream(World& world, Chance chance, Stay stay) {
    Wire wire(world.wires, stay.slow ? 2304 : 0);
    Answers http(wire);
    const auto token = token_of(stay, chance);
    Fields fields = {{"Accept", "text/event-stream"}};
    if (chance.one_in(5)) fields.emplace_back("Last-Event-ID", "1-1");
    http.ask("GET",
             request("GET", "/channels/" + world.note(stay.channel) + query_of(stay, token, chance),
                     fields));
    const auto over = [&] { return http.at(0).whole || wire.ended(); };
    if (stay.slow) {
        co_await until(milliseconds(300), [&] { return http.at(0).begun; });
        wire.read(false);
        co_await pause(stay.ms / 2);
        wire.read(true);
    }
    const milliseconds longest =
        stay.to_the_end && token ? until_it_is_over(*token) : milliseconds(stay.ms);
    const bool ended = co_await until(longest, over) ||
                       (stay.to_the_end && co_await until(2 * world.served.lag(), over));
    const Answer& answer = http.at(0);
    if (token && answer.has("Your token has expired")) check_not_early(*token, "an event stream");
    if (stay.to_the_end && token && !ended && answer.status == 200)
        found("an event stream is there 6 s after the leeway of its token");
    part(chance, wire);
    co_await pause(20);
}

Script long_polls(World& world, Chance chance, Stay stay) {
    Wire wire(world.wires);
    Answers http(wire);
    const auto token = token_of(stay, chance);
    std::string position;
    const auto ends = Clock::now() + milliseconds(stay.ms);
    while (Clock::now() < ends && !wire.ended()) {
        for (std::uint64_t left = chance.between(1, 3); left > 0; --left) {
            std::string target =
                "/channels/" + world.note(stay.channel) + query_of(stay, token, chance) +
                // (Who has ended their side may still read, and so is there until it is over.)
                "&wait=" + (chance.one_in(4) ? "8" : std::to_string(chance.between(0, 2)));
            if (!position.empty() && chance.percent(70)) target += "&since=" + position;
            http.ask("GET", request("GET", target));
        }
        const auto all = [&] { return http.count() >= http.asked() || wire.ended(); };
        const bool came = co_await until(milliseconds(chance.between(50, 2500)), all);
        if (!came) break;
        position = text_of(http.at(http.asked() - 1).body, "position");
    }
    part(chance, wire);
    co_await pause(20);
}

Script channel_socket(World& world, Chance chance, Stay stay) {
    Wire wire(world.wires, stay.slow ? 2304 : 0);
    Answers http(wire);
    Frames frames(wire);
    const auto token = token_of(stay, chance);
    http.ask("GET",
             upgrade("/channels/" + world.note(stay.channel) + query_of(stay, token, chance)));
    // (Who is asked about it waits; what it says meanwhile does too.)
    if (chance.one_in(4)) wire.send(client_frame(chance, "early"));
    const auto ends = Clock::now() +
                      (stay.to_the_end && token ? until_it_is_over(*token) : milliseconds(stay.ms));
    const auto read = [&] {
        while (http.upgraded() && frames.next()) {
        }
        return wire.ended() || frames.code() || http.at(0).status >= 200;
    };
    co_await until(std::min(milliseconds(stay.ms), milliseconds(3000)),
                   [&] { return http.upgraded() || http.at(0).whole || wire.ended(); });
    while (Clock::now() < ends && !wire.ended() && http.upgraded() && !frames.code()) {
        if (!stay.slow || chance.one_in(4))
            wire.send(client_frame(chance, std::string(chance.small_or_large(3000), 'm')));
        wire.read(!stay.slow || chance.one_in(5));
        co_await until(milliseconds(chance.between(5, 400)), [&] {
            read();
            return wire.ended() || frames.code().has_value();
        });
    }
    const auto over = [&] {
        read();
        return !http.upgraded() || frames.code().has_value() || wire.ended();
    };
    const bool ended = over() || (stay.to_the_end && co_await until(2 * world.served.lag(), over));
    if (token && frames.code() == 3000U) check_not_early(*token, "a channel's WebSocket");
    if (stay.to_the_end && token && !ended)
        found("a channel's WebSocket is there 6 s after the leeway of its token");
    if (chance.one_in(3)) wire.send(client_frame(chance, "\x03\xE8", closing));
    part(chance, wire);
    co_await pause(20);
}

Script publishing(World& world, Chance chance, Stay stay) {
    Wire wire(world.wires);
    Answers http(wire);
    const auto token = token_of(stay, chance);
    const std::string target = "/channels/" + world.note(stay.channel);
    const auto ends = Clock::now() + milliseconds(stay.ms);
    while (Clock::now() < ends && !wire.ended()) {
        for (std::uint64_t left = chance.between(1, 30); left > 0; --left) {
            Fields fields;
            if (token) fields.emplace_back("Authorization", "Bearer " + token->text);
            if (chance.one_in(3)) fields.emplace_back("Content-Type", "application/json");
            if (chance.one_in(9)) fields.emplace_back("Expect", "100-continue");
            if (chance.one_in(9)) {
                fields.emplace_back("Upgrade", "h2c");
                fields.emplace_back("Connection", "Upgrade, HTTP2-Settings");
            }
            if (chance.one_in(9)) fields.emplace_back("Idempotency-Key", "k");
            if (chance.one_in(9)) fields.emplace_back("Origin", "https://example.org");
            const auto method = chance.pick<std::string_view>(
                {"POST", "POST", "POST", "POST", "HEAD", "OPTIONS", "GET", "PUT", "DELETE"});
            const bool posts = method == "POST" || method == "PUT";
            const std::string body = posts ? odd_body(chance) : std::string();
            const std::string where =
                target + (method == "GET" && chance.one_in(2) ? "/presence" : "?history=3");
            http.ask(method, request(method, where, fields, body));
        }
        const auto all = [&] { return http.count() >= http.asked() || wire.ended(); };
        const bool came = co_await until(milliseconds(12'000), all);
        const std::size_t count = http.count();
        if (!came && world.patient())
            found("of " + std::to_string(http.asked()) + " requests in a row on " + stay.channel +
                  " only " + std::to_string(count) + " have an answer after 12 s");
        const bool told =
            count > 0 && http.at(count - 1).head.find("close\r\n") != std::string::npos;
        if (count < http.asked() && wire.ended() && !told && world.patient())
            found("a connection ended with " + std::to_string(http.asked() - count) +
                  " requests unanswered, and no answer had said that it would; the last: " +
                  (count > 0 ? http.at(count - 1).head : std::string("none")));
        if (count < http.asked()) break;
    }
    part(chance, wire);
    co_await pause(20);
}

Script flood(World& world, Chance chance, Flood wanted) {
    Wire wire(world.wires);
    Answers http(wire);
    http.ask("GET", upgrade("/channels/" + world.note(wanted.channel)));
    co_await until(milliseconds(2000), [&] { return http.upgraded() || wire.ended(); });
    const auto ends = Clock::now() + milliseconds(wanted.ms);
    for (std::uint64_t number = 1;
         Clock::now() < ends && !wire.ended() && http.upgraded() && !world.leaving; ++number) {
        const std::string payload(
            static_cast<std::size_t>(chance.between(wanted.least_size, wanted.most_size)), 'f');
        const std::string frame = client_frame(chance, payload);
        std::string burst;
        for (std::uint64_t left = chance.between(wanted.most / 4, wanted.most); left > 0; --left)
            burst += frame;
        wire.send(burst);
        const std::uint64_t rest =
            number % wanted.row == 0 ? chance.between(wanted.rest / 4, wanted.rest) : 15;
        co_await until(milliseconds(rest), [&] {
            wire.in.clear();
            return wire.ended();
        });
    }
    wire.reset();
}

Script too_late(World& world, Chance chance, Stay stay) {
    Wire wire(world.wires);
    Answers http(wire);
    const Token token = token_for("eve", long_past(chance));
    const std::string on_channel = "/channels/" + stay.channel;
    const std::string with_token = on_channel + "?token=" + token.text;
    const Fields bearer = {{"Authorization", "Bearer " + token.text}};
    switch (chance.between(0, 5)) {
        case 0:
            http.ask("GET", request("GET", with_token, {{"Accept", "text/event-stream"}}));
            break;
        case 1:
            http.ask("GET", request("GET", with_token + "&wait=12"));
            break;
        case 2:
            http.ask("POST", request("POST", on_channel, bearer, "x"));
            break;
        case 3:
            http.ask("GET", upgrade(with_token));
            break;
        case 4:
            http.ask("GET", request("GET", "/socket.io/?EIO=4&transport=polling", bearer));
            break;
        default:
            http.ask("GET", upgrade("/socket.io/?EIO=4&transport=websocket&token=" + token.text));
            break;
    }
    const bool came =
        co_await until(milliseconds(8000), [&] { return http.at(0).begun || wire.ended(); });
    const int status = http.at(0).status;
    if (world.patient() && (!came || !http.at(0).begun))
        found("whoever shows a token that ended 12 s ago is not told that it has");
    if (world.patient() && status != 401)
        found("whoever shows a token that ended 12 s ago is answered with " +
              std::to_string(status));
    part(chance, wire);
    co_await pause(20);
}

}  // namespace longwire::stateful
