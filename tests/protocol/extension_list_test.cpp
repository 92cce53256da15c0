// Sec-WebSocket-Extensions (RFC 6455, section 9.1): what it may say, and that whoever breaks its
// grammar gets no connection, on either side.
#include "protocol/extension_list.hpp"

#include "protocol/handshake.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace longwire::protocol {
namespace {

using List = std::vector<HeaderField>;

/// "name;parameter=[value]" for each member, as it was understood.
std::string understood(const List& fields) {
    const auto extensions = parse_extensions(fields);
    if (!extensions) return "malformed";
    std::string words;
    for (const Extension& extension : *extensions) {
        words += (words.empty() ? "" : ", ") + std::string(extension.name);
        for (const auto& [name, value] : extension.parameters) {
            words += ";" + std::string(name);
            if (value) words += "=[" + *value + "]";
        }
    }
    return words;
}

std::string understood(std::string_view value) {
    return understood(List{{"Sec-WebSocket-Extensions", value}});
}

constexpr const char* malformed[] = {
    "a b",       "a;",           ";a",           "a=b",      "a; =b",          "a; b=",
    "a; b = ",   "a; b c",       "a, b;",        "a; b=\"",  "a; b=\"c",       "a; b=\"c\\",
    "a; b=\"\"", "a; b=\"c d\"", "a; b=\"c,d\"", "a; b=c d", "a; b=\"c\"d",    "a; b=\"\xC3\xA9\"",
    "a@b",       "(a)",          "\"a\"",        "a; \"b\"", "a; b=\"c\x7F\"", "a\xC3\xA9",
};

TEST(ExtensionList, ReadsAllThatTheGrammarAllows) {
    EXPECT_EQ(understood("foo"), "foo");
    EXPECT_EQ(understood("foo;bar;baz=2"), "foo;bar;baz=[2]");
    EXPECT_EQ(understood(" foo \t; bar = 1 , mux"), "foo;bar=[1], mux");
    EXPECT_EQ(understood("a!#$%&'*+-.^_`|~09AZ"), "a!#$%&'*+-.^_`|~09AZ");
    EXPECT_EQ(understood("foo; bar=\"2\""), understood("foo; bar=2"));
    EXPECT_EQ(understood("foo; bar=\"\\2\\0\""), "foo;bar=[20]");
    EXPECT_EQ(understood(""), "");
}

TEST(ExtensionList, MayBeSplitOverSeveralFields) {
    EXPECT_EQ(understood(List{{"Sec-WebSocket-Extensions", "foo"},
                              {"Origin", "x"},
                              {"sec-websocket-extensions", "bar; baz=2"}}),
              understood("foo, bar; baz=2"));
    // One member does not go on in the next field.
    EXPECT_EQ(
        understood(List{{"Sec-WebSocket-Extensions", "foo;"}, {"Sec-WebSocket-Extensions", "bar"}}),
        "malformed");
}

TEST(ExtensionList, AQuotedValueIsATokenOnceUnescaped) {
    for (const char* const value : malformed) EXPECT_EQ(understood(value), "malformed") << value;
    EXPECT_EQ(understood(std::string_view("a; b=\"c\0\"", 10)), "malformed");
    EXPECT_EQ(understood(std::string_view("a\0b", 3)), "malformed");
}

TEST(ExtensionList, OneThatIsMalformedIsRefusedWith400) {
    for (const char* const value : malformed) {
        const List request = {
            {"Host", "server.example.com"},     {"Upgrade", "websocket"},
            {"Connection", "Upgrade"},          {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
            {"Sec-WebSocket-Version", "13"},    {"Sec-WebSocket-Extensions", "permessage-deflate"},
            {"Sec-WebSocket-Extensions", value}};
        const auto offer = judge_request("GET", 1, request);
        ASSERT_FALSE(offer) << value;
        EXPECT_EQ(offer.error().status, 400) << value;
        EXPECT_NE(offer.error().body.find("Sec-WebSocket-Extensions"), std::string::npos);
    }
}

TEST(ExtensionList, AnAnswerThatIsMalformedFailsTheClient) {
    const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
    const auto judged = [&](std::string_view value) {
        const std::string accept = accept_key(key);
        const List answer = {{"Upgrade", "websocket"},
                             {"Connection", "Upgrade"},
                             {"Sec-WebSocket-Accept", accept},
                             {"Sec-WebSocket-Extensions", value}};
        return judge_response(101, answer, key, {}, DeflateOffer::made);
    };
    EXPECT_TRUE(judged("permessage-deflate"));
    for (const char* const value : malformed) {
        const auto answer = judged(value);
        ASSERT_FALSE(answer) << value;
        EXPECT_NE(answer.error().find("grammar"), std::string::npos) << answer.error();
    }
}

TEST(ExtensionList, AnAnswerTakesNothingThatWasNotOffered) {
    const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
    const std::string accept = accept_key(key);
    for (const char* const value :
         {"mux", "permessage-deflate, mux", "mux, permessage-deflate",
          "permessage-deflate, permessage-deflate", "x-webkit-deflate-frame",
          "permessage-deflate; unknown", "permessage-deflate; server_no_context_takeover=1",
          "permessage-deflate; server_max_window_bits=7",
          "permessage-deflate; server_max_window_bits=16",
          "permessage-deflate; server_max_window_bits=-1",
          "permessage-deflate; server_max_window_bits=4294967304",
          "permessage-deflate; server_max_window_bits",
          "permessage-deflate; client_max_window_bits",
          "permessage-deflate; client_max_window_bits=10; client_max_window_bits=10",
          "permessage-deflate; client_no_context_takeover; client_no_context_takeover"}) {
        const List answer = {{"Upgrade", "websocket"},
                             {"Connection", "Upgrade"},
                             {"Sec-WebSocket-Accept", accept},
                             {"Sec-WebSocket-Extensions", value}};
        EXPECT_FALSE(judge_response(101, answer, key, {}, DeflateOffer::made)) << value;
        EXPECT_FALSE(judge_response(101, answer, key, {}, DeflateOffer::none)) << value;
    }
}

}  // namespace
}  // namespace longwire::protocol
