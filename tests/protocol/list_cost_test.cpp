// What a peer may write into the lists of a handshake costs in proportion to its length. Each list
// here is so long that a reader which goes back over it again and again (as a backtracking regular
// expression does) takes 10^13 steps, and does not end before the test is given up.
#include "protocol/handshake.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace longwire::protocol {
namespace {

constexpr std::size_t length = std::size_t{4} << 20;

std::string repeated(std::string_view piece, std::size_t size = length) {
    std::string text;
    text.reserve(size + piece.size());
    while (text.size() < size) text += piece;
    return text;
}

/// The status of the server's answer to a request with that one field more: 101 if it is taken.
int status_with(std::string_view name, std::string_view value) {
    const std::vector<HeaderField> fields = {
        {"Host", "server.example.com"},  {"Upgrade", "websocket"},
        {"Connection", "Upgrade"},       {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
        {"Sec-WebSocket-Version", "13"}, {name, value}};
    const auto offer = judge_request("GET", 1, fields);
    return offer ? 101 : offer.error().status;
}

TEST(ListCost, OfASubprotocolFieldIsLinear) {
    constexpr std::string_view name = "Sec-WebSocket-Protocol";
    EXPECT_EQ(status_with(name, "a" + repeated(" ") + "b"), 400);
    EXPECT_EQ(status_with(name, repeated(" ") + "a" + repeated(" \t")), 101);
    EXPECT_EQ(status_with(name, repeated(",")), 400);
    EXPECT_EQ(status_with(name, repeated(" , ") + "a"), 101);
    EXPECT_EQ(status_with(name, repeated("a")), 101);
    EXPECT_EQ(status_with(name, repeated("a,")), 400) << "the same twice";
    EXPECT_EQ(status_with(name, repeated("a ") + "\x01"), 400);
}

TEST(ListCost, OfAnExtensionFieldIsLinear) {
    constexpr std::string_view name = "Sec-WebSocket-Extensions";
    EXPECT_EQ(status_with(name, "a; b=\"" + repeated("\\c")), 400) << "never closed";
    EXPECT_EQ(status_with(name, "a; b=\"" + repeated("\\\"")), 400) << "never closed";
    EXPECT_EQ(status_with(name, "a; b=\"" + repeated("c") + "\""), 101);
    EXPECT_EQ(status_with(name, "a" + repeated(" ") + "b"), 400);
    EXPECT_EQ(status_with(name, "a" + repeated(" ; ")), 400);
    EXPECT_EQ(status_with(name, repeated("a; b=\"c\", ")), 101);
    EXPECT_EQ(status_with(name, "a" + repeated("; b")), 101);
    EXPECT_EQ(status_with(name, repeated(", ")), 400);
}

TEST(ListCost, OfConnectionAndUpgradeIsLinear) {
    EXPECT_EQ(status_with("Connection", repeated("keep-alive, ")), 101);
    EXPECT_EQ(status_with("Connection", repeated(" ")), 101);
    EXPECT_EQ(status_with("Upgrade", repeated("h2c,") + repeated(" ")), 101);
}

TEST(ListCost, OfAHundredThousandOffersIsLinear) {
    // Each is passed over for the next: none of them has a parameter that is known.
    const std::string offers = repeated("permessage-deflate; unknown=1, ");
    const std::vector<HeaderField> fields = {{"Sec-WebSocket-Extensions", offers}};
    const auto extensions = parse_extensions(fields);
    ASSERT_TRUE(extensions);
    EXPECT_GT(extensions->size(), 100'000U);
    EXPECT_FALSE(choose_deflate(*extensions, {}));

    const std::string parameters =
        "permessage-deflate" + repeated("; client_no_context_takeover") + ", permessage-deflate";
    const std::vector<HeaderField> named_often = {{"Sec-WebSocket-Extensions", parameters}};
    const auto agreed = choose_deflate(*parse_extensions(named_often), {});
    ASSERT_TRUE(agreed) << "the second offer is a good one";
}

TEST(ListCost, OfManyFieldsOfOneNameIsLinear) {
    std::vector<HeaderField> fields = {{"Host", "server.example.com"},
                                       {"Upgrade", "websocket"},
                                       {"Connection", "Upgrade"},
                                       {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                                       {"Sec-WebSocket-Version", "13"}};
    const std::size_t ours = fields.size();
    std::vector<std::string> names;
    for (int count = 0; count < 200'000; ++count) names.push_back("p" + std::to_string(count));
    for (const std::string& name : names) fields.push_back({"Sec-WebSocket-Protocol", name});
    const auto offer = judge_request("GET", 1, fields);
    ASSERT_TRUE(offer);
    EXPECT_EQ(offer->subprotocols.size(), fields.size() - ours);
}

}  // namespace
}  // namespace longwire::protocol
