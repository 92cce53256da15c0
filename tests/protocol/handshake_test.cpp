// The opening handshake (RFC 6455, section 4), as each side builds and judges it.
#include "protocol/handshake.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::protocol {
namespace {

using List = std::vector<HeaderField>;

List correct() {
    return {{"Host", "server.example.com"},
            {"Upgrade", "websocket"},
            {"Connection", "Upgrade"},
            {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
            {"Sec-WebSocket-Version", "13"}};
}

List without(std::string_view name) {
    List fields = correct();
    std::erase_if(fields, [&](const HeaderField& field) { return field.name == name; });
    return fields;
}

List with(std::string_view name, std::string_view value) {
    List fields = without(name);
    fields.push_back({name, value});
    return fields;
}

List with_also(std::string_view name, std::string_view value) {
    List fields = correct();
    fields.push_back({name, value});
    return fields;
}

TEST(HandshakeKey, IsAnsweredAsInTheRfc) {
    EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(HandshakeKey, IsSixteenBytesInBase64) {
    EXPECT_TRUE(is_key("dGhlIHNhbXBsZSBub25jZQ=="));
    EXPECT_TRUE(is_key("AAAAAAAAAAAAAAAAAAAAAA=="));
    // Of the RFC itself (section 4.1): its last digit has bits that carry nothing.
    EXPECT_TRUE(is_key("AQIDBAUGBwgJCgsMDQ4PEC=="));
    for (const char* const wrong :
         {"", "x", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ===",
          "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZQAA", "AAAAAAAAAAAAAAAAAAAAAAAAAA=="})
        EXPECT_FALSE(is_key(wrong)) << wrong;
    std::set<std::string> keys;
    for (int count = 0; count < 100; ++count) {
        keys.insert(random_key());
        EXPECT_TRUE(is_key(*keys.begin()));
    }
    EXPECT_EQ(keys.size(), 100U);
}

TEST(ServerHandshake, ACorrectRequestIsAnOffer) {
    List fields = correct();
    fields.push_back({"Origin", "http://example.com"});
    fields.push_back({"Sec-WebSocket-Protocol", "chat, superchat"});
    fields.push_back({"sec-websocket-protocol", "third"});
    const auto offer = judge_request("GET", 1, fields);
    ASSERT_TRUE(offer);
    EXPECT_EQ(offer->version, 13);
    EXPECT_EQ(offer->origin, "http://example.com");
    EXPECT_EQ(offer->subprotocols, (std::vector<std::string_view>{"chat", "superchat", "third"}));
}

TEST(ServerHandshake, NamesAndTokensIgnoreCaseAndMayStandInLists) {
    EXPECT_TRUE(judge_request("GET", 1, with("Upgrade", "WebSocket")));
    EXPECT_TRUE(judge_request("GET", 1, with("Upgrade", "h2c, websocket")));
    EXPECT_TRUE(judge_request("GET", 1, with("Connection", "keep-alive, Upgrade")));
    List fields = with("Connection", "keep-alive");
    fields.push_back({"connection", "UPGRADE"});
    EXPECT_TRUE(judge_request("GET", 1, fields));
}

TEST(ServerHandshake, VersionEightHasItsOwnOrigin) {
    List fields = with("Sec-WebSocket-Version", "8");
    fields.push_back({"Sec-WebSocket-Origin", "http://draft.example"});
    fields.push_back({"Origin", "http://other.example"});
    const auto offer = judge_request("GET", 1, fields);
    ASSERT_TRUE(offer);
    EXPECT_EQ(offer->version, 8);
    EXPECT_EQ(offer->origin, "http://draft.example");
    // In version 13 that field means nothing.
    EXPECT_EQ(judge_request("GET", 1, with_also("Sec-WebSocket-Origin", "http://x"))->origin, "");
}

struct Wrong {
    const char* name;
    const char* method;
    int minor_version;
    List fields;
    int status;
    const char* says;

    friend void PrintTo(const Wrong& wrong, std::ostream* output) { *output << wrong.name; }
};

class WrongRequest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongRequest, IsRefusedAndToldWhy) {
    const Wrong& wrong = GetParam();
    const auto offer = judge_request(wrong.method, wrong.minor_version, wrong.fields);
    ASSERT_FALSE(offer);
    EXPECT_EQ(offer.error().status, wrong.status) << offer.error().body;
    EXPECT_NE(offer.error().body.find(wrong.says), std::string::npos) << offer.error().body;
    EXPECT_EQ(offer.error().body.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongRequest,
    testing::Values(
        Wrong{"post", "POST", 1, correct(), 405, "GET"},
        Wrong{"http_1_0", "GET", 0, correct(), 400, "HTTP/1.1"},
        Wrong{"no_host", "GET", 1, without("Host"), 400, "Host"},
        Wrong{"two_hosts", "GET", 1, with_also("Host", "b"), 400, "Host"},
        Wrong{"no_upgrade", "GET", 1, without("Upgrade"), 426, "ws://"},
        Wrong{"other_upgrade", "GET", 1, with("Upgrade", "h2c"), 426, "websocket"},
        Wrong{"part_of_a_token", "GET", 1, with("Upgrade", "xwebsocket"), 426, "websocket"},
        Wrong{"no_connection", "GET", 1, without("Connection"), 400, "Connection"},
        Wrong{"keep_alive", "GET", 1, with("Connection", "keep-alive"), 400, "Connection"},
        Wrong{"no_key", "GET", 1, without("Sec-WebSocket-Key"), 400, "Sec-WebSocket-Key"},
        Wrong{"short_key", "GET", 1, with("Sec-WebSocket-Key", "c2hvcnQ="), 400, "16 bytes"},
        Wrong{"two_keys", "GET", 1, with_also("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), 400,
              "once"},
        Wrong{"no_version", "GET", 1, without("Sec-WebSocket-Version"), 400,
              "Sec-WebSocket-Version"},
        Wrong{"two_versions", "GET", 1, with_also("Sec-WebSocket-Version", "13"), 400, "once"},
        Wrong{"version_7", "GET", 1, with("Sec-WebSocket-Version", "7"), 426, "13 and 8"},
        Wrong{"version_14", "GET", 1, with("Sec-WebSocket-Version", "14"), 426, "13 and 8"},
        Wrong{"version_list", "GET", 1, with("Sec-WebSocket-Version", "13, 8"), 426, "13 and 8"},
        Wrong{"old_draft", "GET", 1,
              List{{"Host", "x"},
                   {"Upgrade", "WebSocket"},
                   {"Connection", "Upgrade"},
                   {"Sec-WebSocket-Key1", "4 @1  46546xW%0l 1 5"},
                   {"Sec-WebSocket-Key2", "12998 5 Y3 1  .P00"}},
              400, "old draft"},
        Wrong{"version_not_a_number", "GET", 1, with("Sec-WebSocket-Version", "x"), 426,
              "13 and 8"},
        Wrong{"version_empty", "GET", 1, with("Sec-WebSocket-Version", ""), 426, "13 and 8"},
        Wrong{"two_origins", "GET", 1,
              [] {
                  List fields = with_also("Origin", "http://server.example.com");
                  fields.push_back({"Origin", "http://evil.example"});
                  return fields;
              }(),
              400, "Origin"},
        Wrong{"subprotocol_not_a_token", "GET", 1, with_also("Sec-WebSocket-Protocol", "a b"), 400,
              "token"},
        Wrong{"subprotocol_twice", "GET", 1, with_also("Sec-WebSocket-Protocol", "a, b, a"), 400,
              "twice"}),
    [](const auto& tested) { return tested.param.name; });

TEST(ServerHandshake, AnotherVersionIsToldTheList) {
    const auto offer = judge_request("GET", 1, with("Sec-WebSocket-Version", "25"));
    const auto& headers = offer.error().headers;
    EXPECT_NE(std::ranges::find(
                  headers, std::pair<std::string, std::string>("Sec-WebSocket-Version", "13, 8")),
              headers.end());
}

TEST(ServerHandshake, TheWordsRepeatNothingButANumber) {
    for (const std::string& version : {std::string("<script>"), std::string(5000, '9')}) {
        const auto offer = judge_request("GET", 1, with("Sec-WebSocket-Version", version));
        ASSERT_FALSE(offer);
        EXPECT_LT(offer.error().body.size(), 200U);
        EXPECT_EQ(offer.error().body.find(version), std::string::npos);
    }
    EXPECT_NE(
        judge_request("GET", 1, with("Sec-WebSocket-Version", "7")).error().body.find("is 7;"),
        std::string::npos);
}

TEST(ServerHandshake, HeadersOfARefusalSayWhatWouldDo) {
    using Field = std::pair<std::string, std::string>;
    EXPECT_EQ(judge_request("PUT", 1, correct()).error().headers, Fields{Field("Allow", "GET")});
    EXPECT_EQ(judge_request("GET", 1, without("Upgrade")).error().headers,
              Fields{Field("Upgrade", "websocket")});
}

TEST(ServerHandshake, ALongOfferIsJudgedInLinearTime) {
    std::string list;
    for (int count = 0; count < 100'000; ++count) list += "p" + std::to_string(count) + ",";
    const auto offer = judge_request("GET", 1, with_also("Sec-WebSocket-Protocol", list));
    ASSERT_TRUE(offer);
    EXPECT_EQ(offer->subprotocols.size(), 100'000U);
}

TEST(ServerHandshake, ChoosesByItsOwnPreference) {
    const std::vector<std::string> preferred = {"b", "a"};
    const std::vector<std::string_view> offered = {"a", "b"};
    EXPECT_EQ(choose_subprotocol(preferred, offered), "b");
    EXPECT_EQ(choose_subprotocol(preferred, std::vector<std::string_view>{"B"}), "");
    EXPECT_EQ(choose_subprotocol({}, offered), "");
}

class ClientHandshake : public testing::Test {
protected:
    [[nodiscard]] std::string judged(const List& fields, int status = 101) const {
        const auto answer = judge_response(status, fields, key, offered);
        return answer ? "ok " + answer->subprotocol : answer.error();
    }

    std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
    std::vector<std::string> offered = {"chat", "superchat"};
    List fields = {{"Upgrade", "websocket"},
                   {"Connection", "Upgrade"},
                   {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}};
};

TEST_F(ClientHandshake, AcceptsACorrectAnswer) {
    EXPECT_EQ(judged(fields), "ok ");
    fields.push_back({"Sec-WebSocket-Protocol", "chat"});
    EXPECT_EQ(judged(fields), "ok chat");
}

TEST_F(ClientHandshake, RefusesEveryOther) {
    EXPECT_NE(judged(fields, 200).find("200"), std::string::npos);
    for (std::size_t left_out = 0; left_out < fields.size(); ++left_out) {
        List some = fields;
        some.erase(some.begin() + static_cast<std::ptrdiff_t>(left_out));
        EXPECT_NE(judged(some).find(fields[left_out].name), std::string::npos) << judged(some);
    }
    List other = fields;
    other[2].value = "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    EXPECT_NE(judged(other).find("Sec-WebSocket-Accept"), std::string::npos);
    for (const HeaderField& more : {HeaderField{"Sec-WebSocket-Extensions", "permessage-deflate"},
                                    HeaderField{"Sec-WebSocket-Protocol", "other"},
                                    HeaderField{"Sec-WebSocket-Protocol", "chat, superchat"},
                                    HeaderField{"Sec-WebSocket-Protocol", ""},
                                    HeaderField{"Sec-WebSocket-Protocol", "CHAT"}}) {
        List all = fields;
        all.push_back(more);
        EXPECT_NE(judged(all).find("was not offered"), std::string::npos) << more.value;
    }
}

TEST_F(ClientHandshake, ASubprotocolIsChosenAtMostOnce) {
    fields.push_back({"Sec-WebSocket-Protocol", "chat"});
    fields.push_back({"Sec-WebSocket-Protocol", "chat"});
    EXPECT_FALSE(judged(fields).starts_with("ok"));
}

TEST_F(ClientHandshake, ItsRequestIsOneThatTheServerAccepts) {
    const Fields written = request_fields(key, offered, "http://example.org");
    List read = {{"Host", "x"}};
    for (const auto& [name, value] : written) read.push_back({name, value});
    const auto offer = judge_request("GET", 1, read);
    ASSERT_TRUE(offer);
    EXPECT_EQ(offer->origin, "http://example.org");
    EXPECT_EQ(offer->subprotocols, (std::vector<std::string_view>{"chat", "superchat"}));
    List answer;
    const Fields response = response_fields(*offer, "superchat");
    for (const auto& [name, value] : response) answer.push_back({name, value});
    EXPECT_EQ(judged(answer), "ok superchat");
}

}  // namespace
}  // namespace longwire::protocol
