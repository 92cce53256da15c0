// Sockets of a SocketIo in rooms that are channels of a Hub, beside clients of other dialects and
// the program: through the public interface, with clients that write every byte.
#include "line_client.hpp"
#include "raw_client.hpp"
#include "running_server.hpp"
#include "told.hpp"

#include <longwire/longwire.hpp>
#include <longwire/socketio.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace longwire {
namespace {

using namespace std::chrono_literals;
using socketio::Acknowledge;
using socketio::Arguments;
using socketio::Socket;

/// What the program heard on its channels, by the names of events.
struct Heard : Told {
    [[nodiscard]] SubscriptionHandlers handlers() const {
        SubscriptionHandlers all = Told::handlers();
        all.on_message = [add = adder()](const ChannelMessage& said) {
            add(said.event() + ": " + std::string(said.message().text()));
        };
        return all;
    }
};

HubOptions hub_options() {
    return {
        .rules = {{.pattern = "kept*", .history_count = 10, .presence = true},
                  {.pattern = "last", .history_count = 1, .last_message = true},
                  {.pattern = "*"}},
        .authenticate = [](const Request& request) -> Result<ChannelUser> {
            return ChannelUser{.name = request.query("user").value_or(""), .info = {}};
        },
        .authorize = [](AuthorizationRequest question) { question.allow(); },
        .presence_grace = 0ms,
    };
}

/// Sockets join what they name, perhaps as somebody.
void let_join(socketio::Namespace& name_space) {
    name_space.on(
        "join", [](Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge) {
            const std::string room = arguments.text(0).value_or("");
            if (const auto name = arguments.text(1))
                socket.join(room, {.name = *name, .info = arguments.text(2).value_or("")});
            else
                socket.join(room);
            acknowledge();
        });
}

/// A socket on a namespace.
class RoomClient {
public:
    explicit RoomClient(std::uint16_t port, const std::string& name_space = "",
                        std::string_view path = "/socket.io/", const std::string& auth = "")
        : prefix_(name_space.empty() ? "" : name_space + ','), line_(port, path) {
        EXPECT_EQ(line_.next().substr(0, 1), "0");
        line_.send("40" + prefix_ + auth);
        const std::string answer = line_.message();
        EXPECT_EQ(answer.substr(0, 2 + prefix_.size()), "40" + prefix_);
        id = text_after(answer, R"("sid":")");
        key = text_after(answer, R"("pid":")");
    }
    /// Gives back once it is there: what is published from then on arrives.
    void join(const Hub& hub, const std::string& channel, const std::string& arguments) {
        const std::size_t before = members(hub, channel);
        line_.send("42" + prefix_ + "1[\"join\"," + arguments + "]");
        EXPECT_EQ(line_.message(), "43" + prefix_ + "1[]");
        while (members(hub, channel) == before) std::this_thread::yield();
    }
    void join(const Hub& hub, const std::string& channel) {
        join(hub, channel, '"' + channel + '"');
    }
    std::string message() { return line_.message(); }

    static std::size_t members(const Hub& hub, const std::string& channel) {
        const auto listed = hub.channels(channel, {}, 1);
        return listed.empty() || listed.front().name != channel ? 0 : listed.front().members;
    }
    static std::string text_after(const std::string& text, std::string_view mark) {
        const std::size_t at = text.find(mark);
        if (at == std::string::npos) return {};
        const std::size_t begin = at + mark.size();
        return text.substr(begin, text.find('"', begin) - begin);
    }

    std::string id;
    std::string key;

private:
    std::string prefix_;
    LineClient line_;
};

struct SharedHub : testing::Test {
    SharedHub() {
        set_log_sink([](LogLevel, std::string_view) {});
        hub = std::make_unique<Hub>(running.server, hub_options());
    }
    ~SharedHub() override {
        running.stop();
        set_log_sink({});
    }
    SocketIo& serve(const SocketIoOptions& options = {}) {
        io = std::make_unique<SocketIo>(*hub, options);
        let_join(io->of("/"));
        return *io;
    }
    std::vector<std::string> present(std::string_view channel) {
        std::promise<std::vector<ChannelUser>> done;
        hub->presence(channel, [&](Result<std::vector<ChannelUser>> all) {
            done.set_value(std::move(all).value());
        });
        std::vector<std::string> names;
        for (const ChannelUser& user : done.get_future().get()) names.push_back(user.name);
        std::ranges::sort(names);
        return names;
    }

    RunningServer running{{.threads = 3}};
    std::unique_ptr<Hub> hub;
    std::unique_ptr<SocketIo> io;
};

TEST_F(SharedHub, ARoomIsTheChannelOfItsName) {
    serve();
    running.start();
    Heard heard;
    const auto subscription = hub->subscribe("news", heard.handlers());
    EXPECT_EQ(heard.next(), "begun");
    RawClient plain(running.port);
    plain.upgrade("/channels/news?format=json");
    plain.read_until("}}");
    RoomClient socket(running.port);
    socket.join(*hub, "news");

    hub->publish("news", "hi");
    EXPECT_EQ(socket.message(), R"(42["message","hi"])");
    hub->publish("news", R"({"eur":1})", {.event = "price", .json = true});
    EXPECT_EQ(socket.message(), R"(42["price",{"eur":1}])");
    plain.read_until(R"("text":"hi"})");
    plain.read_until(R"("json":{"eur":1}})");
    EXPECT_EQ(heard.next(), ": hi");
    EXPECT_EQ(heard.next(), R"(price: {"eur":1})");

    io->of("/").to("news").emit("said", "a", 1);
    EXPECT_EQ(socket.message(), R"(42["said","a",1])");
    EXPECT_NE(plain.read_until("]}").find(R"("event":"said","arguments":["a",1]})"),
              std::string::npos);
    EXPECT_EQ(heard.next(), R"(said: ["a",1])");
    io->of("/").to("news").emit("message", "usual");
    EXPECT_EQ(socket.message(), R"(42["message","usual"])");
    EXPECT_EQ(heard.next(), ": usual");
    plain.read_until(R"("text":"usual"})");

    plain.send(client_frame(text, "from a line"));
    EXPECT_EQ(socket.message(), R"(42["message","from a line"])");
    EXPECT_EQ(heard.next(), ": from a line");
}

TEST_F(SharedHub, WhatIsForSocketsAloneStaysAmongThem) {
    serve();
    running.start();
    RoomClient socket(running.port);
    socket.join(*hub, "news");
    socket.join(*hub, "socket.io/#a/b", "\"a/b\"");
    Heard heard;
    std::vector<Subscription> subscriptions;
    for (const std::string& channel : {std::string("news"), socket.id}) {
        subscriptions.push_back(hub->subscribe(channel, heard.handlers()));
        EXPECT_EQ(heard.next(), "begun");
    }
    io->of("/").to(socket.id).emit("to it alone");
    EXPECT_EQ(socket.message(), R"(42["to it alone"])");
    io->of("/").emit("to all");
    EXPECT_EQ(socket.message(), R"(42["to all"])");
    io->of("/").to("news").to("others").emit("to two rooms");
    EXPECT_EQ(socket.message(), R"(42["to two rooms"])");
    io->of("/").to("a/b").emit("to a room that is no channel");
    EXPECT_EQ(socket.message(), R"(42["to a room that is no channel"])");
    hub->publish(socket.id, "to whoever guesses");
    EXPECT_EQ(heard.next(), ": to whoever guesses");
    hub->publish("news", "to everybody");
    EXPECT_EQ(heard.next(), ": to everybody");
    EXPECT_EQ(socket.message(), R"(42["message","to everybody"])");
}

TEST_F(SharedHub, NamespacesSayWhichChannelsTheirRoomsAre) {
    serve();
    for (const char* const name : {"/own", "/same", "/chat"}) let_join(io->of(name));
    io->of("/same").room_channels("");
    io->of("/chat").room_channels("chat.");
    running.start();
    RoomClient main(running.port);
    main.join(*hub, "red");
    RoomClient same(running.port, "/same");
    same.join(*hub, "red");
    RoomClient chat(running.port, "/chat");
    chat.join(*hub, "chat.red", "\"red\"");
    RoomClient own(running.port, "/own");
    own.join(*hub, "socket.io/own#red", "\"red\"");

    // (As long as an id, and nobody's.)
    main.join(*hub, "all-of-twenty-4-letters-");
    hub->publish("all-of-twenty-4-letters-", "zero");
    EXPECT_EQ(main.message(), R"(42["message","zero"])");
    hub->publish("red", "one");
    EXPECT_EQ(main.message(), R"(42["message","one"])");
    EXPECT_EQ(same.message(), R"(42/same,["message","one"])");
    io->of("/same").to("red").emit("said", 2);
    EXPECT_EQ(main.message(), R"(42["said",2])");
    EXPECT_EQ(same.message(), R"(42/same,["said",2])");
    hub->publish("chat.red", "three");
    EXPECT_EQ(chat.message(), R"(42/chat,["message","three"])");
    io->of("/own").to("red").emit("said", 4);
    EXPECT_EQ(own.message(), R"(42/own,["said",4])");
}

TEST_F(SharedHub, PresenceIsOneList) {
    serve();
    running.start();
    Heard heard;
    const auto subscription = hub->subscribe("kept", heard.handlers());
    EXPECT_EQ(heard.next(), "begun");
    RawClient bob(running.port);
    bob.upgrade("/channels/kept?format=json&user=bob");
    EXPECT_EQ(heard.next(), "+bob");
    bob.read_until(R"({"joined":"bob"}})");
    auto ann = std::make_unique<RoomClient>(running.port);
    ann->join(*hub, "kept", R"("kept","ann","{\"age\":7}")");
    EXPECT_EQ(heard.next(), R"(+ann{"age":7})");
    bob.read_until(R"({"presence":{"joined":"ann","info":{"age":7}}})");
    EXPECT_EQ(present("kept"), (std::vector<std::string>{"ann", "bob"}));
    RoomClient broken(running.port);
    broken.join(*hub, "kept", R"("kept","eve","no JSON")");
    EXPECT_EQ(present("kept"), (std::vector<std::string>{"ann", "bob"}));
    ann.reset();
    EXPECT_EQ(heard.next(), R"(-ann{"age":7})");
}

TEST_F(SharedHub, WhoJoinsGetsTheLastMessageWhereTheRuleSaysSo) {
    serve();
    running.start();
    hub->publish("last", "one");
    hub->publish("last", "two");
    RoomClient socket(running.port);
    socket.join(*hub, "last");
    EXPECT_EQ(socket.message(), R"(42["message","two"])");
}

TEST_F(SharedHub, WhoWasAwayGetsWhatAnybodyHasPublished) {
    serve({.recovery = 60s});
    running.start();
    Heard heard;
    const auto subscription = hub->subscribe("kept", heard.handlers());
    EXPECT_EQ(heard.next(), "begun");
    const RoomClient stays(running.port);
    auto away = std::make_unique<RoomClient>(running.port);
    const auto [id, key] = std::pair(away->id, away->key);
    away->join(*hub, "kept", R"("kept","ann")");
    EXPECT_EQ(heard.next(), "+ann");
    hub->publish("kept", "seen");
    const std::string seen = away->message();
    const std::string offset = RoomClient::text_after(seen, R"("seen",")");
    EXPECT_EQ(seen, R"(42["message","seen",")" + offset + "\"]");
    EXPECT_EQ(heard.next(), ": seen");
    away.reset();
    EXPECT_EQ(heard.next(), "-ann");
    hub->publish("kept", "missed");
    io->of("/").to("kept").emit("said", "that too");
    RoomClient back(running.port, "", "/socket.io/",
                    R"({"pid":")" + key + R"(","offset":")" + offset + "\"}");
    EXPECT_EQ(back.id, id);
    EXPECT_EQ(back.message().substr(0, 22), R"(42["message","missed",)");
    EXPECT_EQ(back.message().substr(0, 21), R"(42["said","that too",)");
    EXPECT_EQ(present("kept"), std::vector<std::string>{"ann"});
}

TEST_F(SharedHub, SeveralStandOnOneHub) {
    serve();
    SocketIo other(*hub, {.path = "/other/", .recovery = 60s, .channel_prefix = "other"});
    let_join(other.of("/"));
    running.start();
    {
        RoomClient one(running.port);
        one.join(*hub, "news");
        RoomClient two(running.port, "", "/other/");
        two.join(*hub, "news");
        hub->publish("news", "hi");
        EXPECT_EQ(one.message(), R"(42["message","hi"])");
        EXPECT_EQ(two.message().substr(0, 19), R"(42["message","hi",")");
        other.of("/").emit("among the others");
        io->of("/").emit("among these");
        EXPECT_EQ(one.message(), R"(42["among these"])");
        EXPECT_EQ(two.message().substr(0, 23), R"(42["among the others",")");
    }
    running.stop();
}

TEST_F(SharedHub, EitherMayGoFirst) {
    serve();
    running.start();
    {
        RoomClient socket(running.port);
        socket.join(*hub, "news");
    }
    running.stop();
    io->of("/").to("news").emit("nobody hears this");
    io.reset();
    hub->publish("news", "nor this");
    hub.reset();
}

TEST_F(SharedHub, TheHubMayGoFirstEvenBeforeTheServerRuns) {
    serve();
    hub.reset();
    running.start();
    RawClient plain(running.port);
    plain.upgrade("/channels/news");
    RoomClient socket(running.port);
    io->of("/").emit("to all");
    EXPECT_EQ(socket.message(), R"(42["to all"])");
    io->of("/").to("news").emit("said", "x");
    EXPECT_EQ(plain.read(3), "\x81\x01x");
}

TEST_F(SharedHub, AllThreadsPublishAndEachSocketGetsAllInOrder) {
    constexpr int publishers = 4;
    constexpr int each = 50;
    serve();
    running.start();
    std::vector<std::unique_ptr<RoomClient>> sockets;
    for (int number = 0; number < 6; ++number) {
        sockets.push_back(std::make_unique<RoomClient>(running.port));
        sockets.back()->join(*hub, "news");
    }
    {
        std::vector<std::jthread> threads;
        threads.reserve(publishers);
        for (int publisher = 0; publisher < publishers; ++publisher)
            threads.emplace_back([this, publisher] {
                for (int number = 0; number < each; ++number) {
                    const std::string line = std::to_string(publisher) + std::to_string(number);
                    if (publisher % 2 == 0)
                        hub->publish("news", line);
                    else
                        io->of("/").to("news").emit("message", line);
                }
            });
    }
    std::vector<std::string> first;
    for (const auto& socket : sockets) {
        std::vector<std::string> all;
        std::vector<int> counts(publishers);
        for (int number = 0; number < publishers * each; ++number) {
            all.push_back(socket->message());
            const std::string line = RoomClient::text_after(all.back(), R"("message",")");
            ASSERT_FALSE(line.empty()) << all.back();
            int& count = counts.at(static_cast<std::size_t>(line.front() - '0'));
            EXPECT_EQ(line.substr(1), std::to_string(count++));
        }
        if (first.empty()) first = all;
        EXPECT_EQ(all, first);
    }
}

}  // namespace
}  // namespace longwire
