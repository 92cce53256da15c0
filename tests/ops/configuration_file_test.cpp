#include "ops/configuration_file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::ops {
namespace {

using Texts = std::vector<std::string>;

Texts problems_of(const ConfigurationFile& file) {
    Texts texts;
    for (const Problem& problem : file.problems)
        texts.push_back(std::to_string(problem.line) + ": " + problem.sentence);
    return texts;
}

TEST(ConfigurationFile, GivesEachKeyWithItsValuesAndItsLine) {
    const auto file = ConfigurationFile::read(
        "listen = [\"a\", \"b\"]\n\nthreads = 2\nself = true\nrate = 1.5 # so\n");
    ASSERT_EQ(problems_of(file), Texts{});
    ASSERT_EQ(file.settings.size(), 4U);
    EXPECT_EQ(file.settings[0].key, "listen");
    EXPECT_EQ(file.settings[0].values, (Texts{"a", "b"}));
    EXPECT_EQ(file.settings[0].line, 1U);
    EXPECT_EQ(file.settings[1].values, Texts{"2"});
    EXPECT_EQ(file.settings[1].line, 3U);
    EXPECT_EQ(file.settings[2].values, Texts{"true"});
    EXPECT_EQ(file.settings[3].values, Texts{"1.5"});
}

TEST(ConfigurationFile, ReadsRules) {
    const auto file = ConfigurationFile::read(R"([[channels]]
pattern = "chat.*"
subscribe = "user"
publish = "token"
presence = "everyone"
history = "nobody"
history_count = 10
history_age = "30s"
keeps_presence = true
last_message = true
slow_reader = "latest"
[[channels]]
pattern = "*"
)");
    ASSERT_EQ(problems_of(file), Texts{});
    ASSERT_EQ(file.channels.size(), 2U);
    const access::ChannelRule& rule = file.channels[0];
    EXPECT_EQ(rule.pattern, "chat.*");
    EXPECT_EQ(rule.subscribe, access::Who::user);
    EXPECT_EQ(rule.publish, access::Who::token);
    EXPECT_EQ(rule.presence, access::Who::everyone);
    EXPECT_EQ(rule.history, access::Who::nobody);
    EXPECT_EQ(rule.history_count, 10U);
    EXPECT_EQ(rule.history_age, std::chrono::seconds(30));
    EXPECT_TRUE(rule.keeps_presence);
    EXPECT_TRUE(rule.last_message);
    EXPECT_EQ(rule.slow_reader, SlowReader::latest);
    // What is not said is closed, but for reading what comes.
    EXPECT_EQ(file.channels[1].subscribe, access::Who::everyone);
    EXPECT_EQ(file.channels[1].publish, access::Who::nobody);
}

TEST(ConfigurationFile, TellsOfEverythingThatIsWrong) {
    EXPECT_EQ(problems_of(ConfigurationFile::read("channels = 1")),
              Texts{"1: channels: each is a table, [[channels]]"});
    EXPECT_EQ(problems_of(ConfigurationFile::read("channels = [1]")),
              Texts{"1: channels: each is a table, [[channels]]"});
    EXPECT_EQ(problems_of(ConfigurationFile::read("a = {b = 1}\nc = [[1]]\nd = 2020-01-01")),
              (Texts{"1: a: a value is a text, a number, true, false or a list of them",
                     "2: c: a value is a text, a number, true, false or a list of them",
                     "3: d: a value is a text, a number, true, false or a list of them"}));
    EXPECT_EQ(problems_of(ConfigurationFile::read("[[channels]]\npattern = \"\"\n")),
              Texts{"2: channels: pattern must be the name of a channel, in which * stands for any "
                    "characters: "});
    EXPECT_EQ(problems_of(ConfigurationFile::read("[[channels]]\npattern = [\"a\"]\n")),
              Texts{"2: channels: pattern has one value"});
    EXPECT_EQ(ConfigurationFile::read("a = \n").problems.front().line, 1U);
}

TEST(Nearest, FindsWhatWasMeantAndNothingElse) {
    const Texts known = {"listen", "max_message", "max_memory"};
    EXPECT_EQ(nearest("lisen", known), "listen");
    EXPECT_EQ(nearest("max_mesage", known), "max_message");
    EXPECT_EQ(nearest("max_memry", known), "max_memory");
    EXPECT_EQ(nearest("colour", known), "");
    EXPECT_EQ(nearest(std::string(1000, 'x'), known), "");
}

}  // namespace
}  // namespace longwire::ops
