#include "hub/hub.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace longwire::hub {
namespace {

class Text final : public Encoding {
public:
    explicit Text(std::string content) : text(std::move(content)) {}
    std::string text;
};

/// Encodes as "NAME:text", and counts.
class Named final : public Dialect {
public:
    explicit Named(std::string name) : name_(std::move(name)) {}
    [[nodiscard]] std::unique_ptr<const Encoding> encode(
        const Publication& publication) const override {
        ++encoded;
        return std::make_unique<Text>(name_ + ":" + std::string(publication.message.text()));
    }
    mutable int encoded = 0;

private:
    std::string name_;
};

class Listener final : public Member {
public:
    explicit Listener(const Dialect& dialect) : dialect_(dialect) {}
    [[nodiscard]] const Dialect& dialect() const noexcept override { return dialect_; }
    void deliver(const Encoding& encoding) override {
        heard.push_back(static_cast<const Text&>(encoding).text);
        on_delivery();
    }
    std::vector<std::string> heard;
    std::function<void()> on_delivery = [] {};

private:
    const Dialect& dialect_;
};

using Heard = std::vector<std::string>;

TEST(Hub, DeliversToTheMembersOfTheChannelOnly) {
    const Named dialect("a");
    Listener one(dialect);
    Listener two(dialect);
    Listener elsewhere(dialect);
    Hub hub;
    hub.subscribe("room", one);
    hub.subscribe("room", two);
    hub.subscribe("other", elsewhere);
    hub.publish("room", Message::text("hello"));
    EXPECT_EQ(one.heard, Heard{"a:hello"});
    EXPECT_EQ(two.heard, Heard{"a:hello"});
    EXPECT_TRUE(elsewhere.heard.empty());
}

TEST(Hub, LeavesOutTheExcepted) {
    const Named dialect("a");
    Listener one(dialect);
    Listener two(dialect);
    Hub hub;
    hub.subscribe("room", one);
    hub.subscribe("room", two);
    hub.publish("room", Message::text("hello"), &one);
    EXPECT_TRUE(one.heard.empty());
    EXPECT_EQ(two.heard, Heard{"a:hello"});
}

TEST(Hub, EncodesOnceADialect) {
    const Named first("a");
    const Named second("b");
    std::vector<std::unique_ptr<Listener>> members;
    Hub hub;
    for (int index = 0; index < 10; ++index) {
        members.push_back(std::make_unique<Listener>(index % 2 == 0 ? first : second));
        hub.subscribe("room", *members.back());
    }
    hub.publish("room", Message::text("x"));
    EXPECT_EQ(first.encoded, 1);
    EXPECT_EQ(second.encoded, 1);
    EXPECT_EQ(members[0]->heard, Heard{"a:x"});
    EXPECT_EQ(members[1]->heard, Heard{"b:x"});
    hub.publish("nobody", Message::text("x"));
    EXPECT_EQ(first.encoded, 1);
}

TEST(Hub, AChannelIsGoneWithItsLastMember) {
    const Named dialect("a");
    Listener one(dialect);
    Listener two(dialect);
    Hub hub;
    hub.subscribe("room", one);
    hub.subscribe("room", one);
    hub.subscribe("room", two);
    EXPECT_EQ(hub.member_count("room"), 2U);
    hub.unsubscribe("room", one);
    hub.unsubscribe("room", one);
    EXPECT_EQ(hub.member_count("room"), 1U);
    EXPECT_EQ(hub.channel_count(), 1U);
    hub.unsubscribe("room", two);
    EXPECT_EQ(hub.channel_count(), 0U);
}

TEST(Hub, MembersMayLeaveAndJoinWhileAMessageIsDelivered) {
    const Named dialect("a");
    std::vector<std::unique_ptr<Listener>> members;
    Listener late(dialect);
    Hub hub;
    for (int index = 0; index < 6; ++index) {
        members.push_back(std::make_unique<Listener>(dialect));
        hub.subscribe("room", *members.back());
    }
    members[0]->on_delivery = [&] {
        hub.unsubscribe("room", *members[0]);
        hub.unsubscribe("room", *members[3]);
        hub.subscribe("room", late);
    };
    hub.publish("room", Message::text("one"));
    hub.publish("room", Message::text("two"));
    EXPECT_EQ(members[0]->heard, Heard{"a:one"});
    EXPECT_EQ(members[1]->heard, (Heard{"a:one", "a:two"}));
    EXPECT_TRUE(members[3]->heard.empty());
    EXPECT_EQ(members[5]->heard, (Heard{"a:one", "a:two"}));
    EXPECT_EQ(late.heard, Heard{"a:two"});
    EXPECT_EQ(hub.member_count("room"), 5U);
}

TEST(Hub, EverybodyMayLeaveWhileAMessageIsDelivered) {
    const Named dialect("a");
    Listener one(dialect);
    Listener two(dialect);
    Hub hub;
    hub.subscribe("room", one);
    hub.subscribe("room", two);
    one.on_delivery = [&] {
        hub.unsubscribe("room", one);
        hub.unsubscribe("room", two);
    };
    hub.publish("room", Message::text("x"));
    EXPECT_EQ(hub.channel_count(), 0U);
}

}  // namespace
}  // namespace longwire::hub
