// Socket.IO on channels, where one client stands on them more than once.
#include "access/json_web_token.hpp"
#include "broken_broker.hpp"
#include "dialects/socketio/channels.hpp"
#include "line_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace longwire::dialects {
namespace {

std::string value_of(std::string_view key, const std::string& json) {
    const std::string quoted = "\"" + std::string(key) + "\":\"";
    const std::size_t at = json.find(quoted) + quoted.size();
    return json.substr(at, json.find('"', at) - at);
}

/// Reads until a packet begins so.
std::string await(LineClient& client, std::string_view begin) {
    for (;;) {
        std::string packet = client.message();
        if (packet.starts_with(begin) || packet == "close") return packet;
    }
}

struct SocketIoChannels : RunningHub<BrokenBroker> {
    SocketIoChannels() { broker.kept_channel = "late"; }

    static SocketIoOptions options() { return {.recovery = std::chrono::seconds(30)}; }
    void await_members(std::size_t count) {
        while (hub.counts().members != count) {
            hub.tick();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

    socketio::Channels socketio{running.server, hub_loops, gate, options(), {}};
};

struct SocketIoTokens : SocketIoChannels {
    SocketIoTokens() {
        RulesGate::Policy policy = open_policy();
        policy.users_name_themselves = false;
        policy.keys.add(*key());
        gate.replace(std::move(policy));
    }
    static Result<access::SigningKey> key() {
        return access::SigningKey::secret("a secret of at least thirty-two bytes");
    }
    static std::string token(const std::string& user, const std::string& info = "{}") {
        return *access::sign_token(
            R"({"sub":")" + user + R"(","exp":4000000000,"info":)" + info + "}", *key());
    }
    /// On a namespace, and gone from it as a network goes. Gives its secret for coming back.
    std::string come_and_go(const std::string& token) {
        LineClient client(running.port, "/socket.io/");
        client.next();
        client.send("40/hot," + token);
        const std::string key = value_of("pid", await(client, "40/hot,"));
        await_members(1);
        await_turns();
        return key;
    }
    /// Waits until this user alone is on the channel, and gives their information.
    std::string await_present(const std::string& user) {
        std::string info;
        for (bool alone = false; !alone;) {
            hub.tick();
            hub.presence("hot", [&](const Result<std::vector<hub::Presence>>& present) {
                alone = present->size() == 1 && present->front().user == user;
                if (alone) info = present->front().info;
            });
        }
        return info;
    }
};

// Two namespaces that are one channel: the client is ended while what was published there goes to
// the one, and is to go to the other.
TEST_F(SocketIoChannels, OneThatIsEndedByWhatComesIsOnTheChannelTwice) {
    std::string keys[2];
    {
        LineClient client(running.port, "/socket.io/");
        client.next();
        client.send("40");
        keys[0] = value_of("pid", await(client, "40{"));
        client.send("40/hot,");
        keys[1] = value_of("pid", await(client, "40/hot,"));
        client.send(R"(420["subscribe","hot"])");
        EXPECT_EQ(await(client, "43").substr(0, 3), "430");
        client.send(R"(421["subscribe","late"])");
        while (broker.kept() < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        broker.answer_all();
        EXPECT_EQ(await(client, "43").substr(0, 3), "431");
        await_members(3);
    }
    await_members(0);
    LineClient again(running.port, "/socket.io/");
    again.next();
    again.send("40/hot,{\"pid\":\"" + keys[1] + "\"}");
    await(again, "40/hot,");
    again.send("40{\"pid\":\"" + keys[0] + "\"}");
    // On / it waits for one of its channels, and what comes by the other is held, up to a bound.
    await_members(2);
    while (broker.kept() < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    for (int count = 0; count <= 1000; ++count)
        hub.publish({.channel = "hot", .content = {.message = Message::text("x")}});
    EXPECT_EQ(await(again, "close"), "close");
    broker.answer_all();
    await_members(0);
}

// The page comes back with what another user has to show.
TEST_F(SocketIoTokens, NobodyGoesOnAsAnotherUser) {
    const std::string key = come_and_go("{\"token\":\"" + token("ann") + "\"}");
    await_members(0);
    LineClient again(running.port, "/socket.io/");
    again.next();
    again.send("40/hot,{\"token\":\"" + token("bob") + R"(","pid":")" + key + "\"}");
    EXPECT_NE(value_of("pid", await(again, "40/hot,")), key);
    await_members(1);
    await_present("bob");
}

TEST_F(SocketIoTokens, WhoGoesOnIsListedAsTheirNewTokenSays) {
    const std::string key = come_and_go("{\"token\":\"" + token("ann", R"({"n":"<old>"})") + "\"}");
    await_members(0);
    LineClient again(running.port, "/socket.io/");
    again.next();
    again.send("40/hot,{\"token\":\"" + token("ann", R"({"n":"<new>"})") + R"(","pid":")" + key +
               "\"}");
    EXPECT_EQ(value_of("pid", await(again, "40/hot,")), key);
    await_members(1);
    EXPECT_EQ(await_present("ann"), R"({"n":"<new>"})");
}

// It would be connected, and nothing would ever come.
TEST_F(SocketIoChannels, WhoCannotJoinItsNamespacesChannelIsCut) {
    broker.fails = true;
    std::string key;
    {
        LineClient client(running.port, "/socket.io/");
        client.next();
        client.send("40/hot,");
        key = value_of("pid", await(client, "40/hot,"));
        EXPECT_EQ(await(client, "close"), "close");
    }
    broker.fails = false;
    LineClient again(running.port, "/socket.io/");
    again.next();
    again.send("40/hot,{\"pid\":\"" + key + "\"}");
    EXPECT_NE(value_of("pid", await(again, "40/hot,")), key);
    await_members(1);
    hub.publish({.channel = "hot", .content = {.message = Message::text("x")}});
    EXPECT_TRUE(await(again, "42").starts_with(R"(42/hot,["message","x")"));
}

// On / there is a place for it.
TEST_F(SocketIoTokens, TellWhoSentAnEvent) {
    LineClient client(running.port, "/socket.io/");
    client.next();
    client.send("40{\"token\":\"" + token("ann") + R"(","echo":"1"})");
    await(client, "40{");
    client.send(R"(420["subscribe","hot"])");
    await(client, "430");
    client.send(R"(42["publish","hot","said","x"])");
    EXPECT_TRUE(await(client, R"(42["said")")
                    .starts_with(R"(42["said","x",{"channel":"hot","user":"ann"})"));
}

}  // namespace
}  // namespace longwire::dialects
