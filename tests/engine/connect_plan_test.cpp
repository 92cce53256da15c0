// What is read out of the options of `connect`, and where redirects lead.
#include "engine/client/connect_plan.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

namespace longwire::engine {
namespace {

HttpAnswer leading_to(const std::string& location) {
    HttpAnswer answer;
    answer.status = 302;
    answer.fields.emplace_back("Location", location);
    return answer;
}

std::string where(const ConnectPlan& plan) {
    return plan.url().scheme + "://" + plan.url().host_field() + plan.url().target;
}

TEST(ConnectPlan, ARedirectMayLeadFromWsToWss) {
    auto plan = ConnectPlan::make("ws://a/b", {.max_redirects = 2});
    ASSERT_TRUE(plan);
    EXPECT_EQ((*plan)->tls(), nullptr);
    ASSERT_TRUE((*plan)->redirect(leading_to("https://a/b")));
    EXPECT_EQ(where(**plan), "wss://a/b");
    EXPECT_NE((*plan)->tls(), nullptr);
}

TEST(ConnectPlan, ARedirectMayNotLeadFromWssToWs) {
    auto plan = ConnectPlan::make("wss://a/b", {.max_redirects = 2});
    ASSERT_TRUE(plan);
    const auto redirected = (*plan)->redirect(leading_to("http://a/b"));
    ASSERT_FALSE(redirected);
    EXPECT_EQ(redirected.error().code(), ErrorCode::handshake_refused);
    EXPECT_NE(redirected.error().message().find("not be encrypted"), std::string::npos);
}

TEST(ConnectPlan, ARedirectOfAUnixSocketIsNotFollowed) {
    auto plan = ConnectPlan::make("ws+unix:/run/x.sock:/b", {.max_redirects = 2});
    ASSERT_TRUE(plan);
    EXPECT_EQ((*plan)->server(), "/run/x.sock");
    EXPECT_FALSE((*plan)->redirect(leading_to("/c")));
}

TEST(ConnectPlan, AUnixSocketMayBeSpokenToWithTls) {
    const auto plan = ConnectPlan::make("wss+unix:/run/x.sock:/b?c");
    ASSERT_TRUE(plan);
    EXPECT_EQ((*plan)->unix_path(), "/run/x.sock");
    EXPECT_EQ(where(**plan), "wss://localhost/b?c");
    EXPECT_NE((*plan)->tls(), nullptr);
}

TEST(ConnectPlan, AHostThatIsGivenIsSentToTheFirstOriginOnly) {
    const HeaderField host = {.name = "host", .value = "inner.example"};
    auto plan = ConnectPlan::make("ws://a/", {.headers = {&host, 1}, .max_redirects = 2});
    ASSERT_TRUE(plan);
    EXPECT_EQ((*plan)->host_field(), "inner.example");
    EXPECT_TRUE((*plan)->request_fields().empty());
    ASSERT_TRUE((*plan)->redirect(leading_to("/b")));
    EXPECT_EQ((*plan)->host_field(), "inner.example");
    ASSERT_TRUE((*plan)->redirect(leading_to("http://b/")));
    EXPECT_EQ((*plan)->host_field(), "b");
    const std::array<HeaderField, 2> twice = {host, host};
    EXPECT_FALSE(ConnectPlan::make("ws://a/", {.headers = twice}));
}

TEST(ConnectPlan, KnowsWhichStatusesToFollowAndHowOften) {
    auto plan = ConnectPlan::make("ws://a/", {.max_redirects = 1});
    ASSERT_TRUE(plan);
    for (const int status : {301, 302, 303, 307, 308}) EXPECT_TRUE((*plan)->follows(status));
    for (const int status : {200, 300, 304, 305, 400}) EXPECT_FALSE((*plan)->follows(status));
    ASSERT_TRUE((*plan)->redirect(leading_to("/b")));
    EXPECT_FALSE((*plan)->follows(302));
}

TEST(ConnectPlan, ALocalAddressIsNumericAndNotForUnixSockets) {
    const auto plan = ConnectPlan::make("ws://a/", {.local_address = "2001:db8::7"});
    ASSERT_TRUE(plan);
    ASSERT_TRUE((*plan)->local_address());
    EXPECT_EQ((*plan)->local_address()->to_text(), "[2001:db8::7]:0");
    for (const auto& [url, address] : {std::pair("ws://a/", "eth0"),
                                       {"ws://a/", "127.0.0.1:80"},
                                       {"ws+unix:/x:/", "127.0.0.2"}}) {
        const auto refused = ConnectPlan::make(url, {.local_address = address});
        ASSERT_FALSE(refused) << url << " " << address;
        EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
        EXPECT_NE(refused.error().message().find(address), std::string::npos);
    }
}

TEST(ConnectPlan, TheProxyOfTheOptionsHoldsForEveryHost) {
    auto plan = ConnectPlan::make("ws://127.0.0.1/", {.proxy = "socks5://p:1"});
    ASSERT_TRUE(plan);
    ASSERT_TRUE((*plan)->proxy());
    EXPECT_EQ((*plan)->proxy()->name(), "p:1");
    const auto wrong = ConnectPlan::make("ws://a/", {.proxy = "ftp://p"});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code(), ErrorCode::invalid_argument);
}

TEST(ConnectPlan, TheProxyOfTheEnvironmentIsChosenAnewForARedirect) {
    setenv("ALL_PROXY", "http://p:1", 1);
    setenv("NO_PROXY", "direct.example", 1);
    auto plan = ConnectPlan::make("ws://a.example/", {.max_redirects = 2});
    const auto without =
        ConnectPlan::make("ws://a.example/", {.environment_proxy = false, .max_redirects = 2});
    const auto unix = ConnectPlan::make("ws+unix:/run/x.sock:/");
    unsetenv("ALL_PROXY");
    unsetenv("NO_PROXY");
    ASSERT_TRUE(plan && without && unix);
    EXPECT_TRUE((*plan)->proxy());
    ASSERT_TRUE((*plan)->redirect(leading_to("http://direct.example/")));
    EXPECT_FALSE((*plan)->proxy());
    ASSERT_TRUE((*plan)->redirect(leading_to("http://a.example/")));
    EXPECT_TRUE((*plan)->proxy());
    EXPECT_FALSE((*without)->proxy());
    EXPECT_FALSE((*unix)->proxy());
}

TEST(ConnectPlan, ConnectionsOfTheSameOptionsShareTheirTerms) {
    const auto first = ConnectPlan::make("ws://a/", {.subprotocols = {"chat"}});
    const auto second = ConnectPlan::make("ws://b/", {.subprotocols = {"chat"}});
    const auto third = ConnectPlan::make("ws://a/", {.subprotocols = {"game"}});
    const auto fourth =
        ConnectPlan::make("ws://a/", {.subprotocols = {"game"}, .limits = {.max_message_size = 5}});
    ASSERT_TRUE(first && second && third && fourth);
    EXPECT_EQ((*first)->terms(), (*second)->terms());
    EXPECT_NE((*first)->terms(), (*third)->terms());
    EXPECT_NE((*third)->terms(), (*fourth)->terms());
    EXPECT_EQ((*fourth)->terms()->terms.max_message_size, 5U);
}

}  // namespace
}  // namespace longwire::engine
