// What a dialect gets from Membership, by the smallest there is.
#include "lines/lines.hpp"

#include "access/json_web_token.hpp"
#include "late_gate.hpp"
#include "line_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>

namespace longwire::dialects {
namespace {

using namespace std::chrono_literals;

struct Person : FrameClient {
    Person(const RunningHub<>& hub, std::string_view user)
        : FrameClient(hub.running.port, "/lines?user=" + std::string(user)) {}

    void say(std::string_view line, std::string_view answer) {
        send(line);
        EXPECT_EQ(next(), answer);
    }
};

struct LinesTest : RunningHub<> {
    Lines lines{running.server, hub_loops, gate};
};

TEST_F(LinesTest, PeopleOnAChannelSeeOneAnotherAndWhatIsPublished) {
    Person ann(*this, "ann");
    ann.say("subscribe a", "on a");
    Person bob(*this, "bob");
    bob.say("subscribe a", "on a");
    EXPECT_EQ(ann.next(), "came a bob");
    bob.send("publish a good morning");
    EXPECT_EQ(ann.next(), "message a bob good morning");
    ann.say("publish b x", "error b You are not subscribed to this channel.");
    bob.send("unsubscribe a");
    while (hub.counts().members > 1) std::this_thread::sleep_for(1ms);
    hub.tick();
    EXPECT_EQ(ann.next(), "went a bob");
    bob.say("publish a x", "error a You are not subscribed to this channel.");
}

TEST_F(LinesTest, OneClientMayBeOnSeveralChannels) {
    Person ann(*this, "ann");
    ann.say("subscribe a", "on a");
    ann.say("subscribe b", "on b");
    Person bob(*this, "bob");
    bob.say("subscribe b", "on b");
    EXPECT_EQ(ann.next(), "came b bob");
    bob.send("publish b x");
    EXPECT_EQ(ann.next(), "message b bob x");
    EXPECT_EQ(hub.counts().members, 3U);
}

TEST_F(LinesTest, WhoseTokenExpiresIsClosed) {
    constexpr std::string_view secret = "a secret of at least thirty-two bytes";
    RulesGate::Policy policy = open_policy();
    policy.users_name_themselves = false;
    policy.keys.add(*access::SigningKey::secret(std::string(secret)));
    policy.demands.leeway = 10s;
    gate.replace(std::move(policy));
    const auto exp =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - 8s;
    const std::string token = *access::sign_token(
        R"({"sub":"ann","exp":)" + std::to_string(exp.time_since_epoch().count()) + "}",
        *access::SigningKey::secret(std::string(secret)));
    {
        FrameClient ann(running.port, "/lines?token=" + token);
        ann.send("subscribe a");
        EXPECT_EQ(ann.next(), "on a");
        EXPECT_EQ(ann.next(), "close");
        EXPECT_EQ(ann.close_code, 3000U);
        EXPECT_GE(std::chrono::system_clock::now(), exp + 10s);
    }
    while (hub.counts().members > 0) std::this_thread::sleep_for(1ms);
}

struct LateLines : RunningHub<> {
    static Verdict for_now(std::chrono::seconds more = 0s) {
        return {
            .reason = {},
            .expires =
                std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + more};
    }
    void await_asked() {
        while (late.asked() == 0) std::this_thread::sleep_for(1ms);
    }
    void answer(const Verdict& verdict) {
        await_asked();
        late.answer_all(verdict);
    }

    LateGate late{gate};
    Lines lines{running.server, hub_loops, late};
};

/// Somebody on the channel a, for now.
struct Ann : Person {
    explicit Ann(LateLines& lines) : Person(lines, "ann") {
        send("subscribe a");
        lines.answer(LateLines::for_now());
        EXPECT_EQ(next(), "on a");
    }
};

// (Here it is asked about presence and about staying, one after the other or at once.)
TEST_F(LateLines, WhoWasLetInForSomeTimeIsAskedAboutAgain) {
    Ann ann(*this);
    for (int count = 0; count < 3; ++count) answer(for_now());
    EXPECT_EQ(hub.counts().members, 1U);
    while (hub.counts().members > 0) late.answer_all({{.status = 403, .reason = "Not any more."}});
    EXPECT_EQ(ann.next(), "error a Not any more.");
}

TEST_F(LateLines, WhatIsPublishedStaysInItsOrder) {
    Ann ann(*this);
    while (late.asked() < 2) std::this_thread::sleep_for(1ms);
    late.answer_all(Verdict{});
    Person bob(*this, "bob");
    bob.send("subscribe a");
    answer({});
    EXPECT_EQ(bob.next(), "on a");
    answer({.status = 403, .reason = "No."});
    for (const std::string text : {"one", "two", "three"}) ann.send("publish a " + text);
    ann.send("publish b x");
    while (ann.next() != "error b You are not subscribed to this channel.") continue;
    for (const std::string text : {"one", "two", "three"}) {
        EXPECT_EQ(late.asked(), 1U);
        answer({});
        EXPECT_EQ(bob.next(), "message a ann " + text);
        if (text != "three") await_asked();
    }
}

TEST_F(LateLines, WhoGoesWhileSomebodyIsAskedIsGone) {
    const Ann ann(*this);
    {
        Person bob(*this, "bob");
        bob.send("subscribe a");
        bob.send("subscribe b");
        await_asked();
    }
    while (running.server.counts().connections > 1) std::this_thread::sleep_for(1ms);
    answer({});
    await_turns();
    EXPECT_EQ(hub.counts().members, 1U);
}

}  // namespace
}  // namespace longwire::dialects
