#include "hub/hub.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::hub {
namespace {

struct Somebody final : Member {};

/// Notes what it is to deliver.
class Noting final : public Dialect {
public:
    void deliver(const Publication& publication) override {
        std::string line(publication.channel);
        line += ": ";
        line += publication.message.text();
        if (publication.dialect == this) line += " (not to the publisher)";
        noted.push_back(std::move(line));
    }
    std::vector<std::string> noted;
};

TEST(Hub, APublicationReachesEveryDialect) {
    Noting raw;
    Noting other;
    Hub hub;
    hub.add(raw);
    hub.add(other);
    hub.publish({.channel = "lobby", .message = Message::text("hello")});
    EXPECT_EQ(raw.noted, std::vector<std::string>{"lobby: hello"});
    EXPECT_EQ(other.noted, raw.noted);
}

TEST(Hub, SaysWhoseMemberIsToBePassedOver) {
    Noting raw;
    Noting other;
    Hub hub;
    hub.add(raw);
    hub.add(other);
    Somebody publisher;
    hub.publish({.channel = "lobby",
                 .message = Message::text("hello"),
                 .dialect = &raw,
                 .publisher = &publisher});
    EXPECT_EQ(raw.noted, std::vector<std::string>{"lobby: hello (not to the publisher)"});
    EXPECT_EQ(other.noted, std::vector<std::string>{"lobby: hello"});
}

}  // namespace
}  // namespace longwire::hub
