// What a user's own server is asked, and what counts as an answer.
#include "dialects/webhook_messages.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>

namespace longwire::dialects {
namespace {

TEST(WebhookMessages, AskInJson) {
    EXPECT_EQ(to_json({.what = "connect",
                       .channel = "",
                       .user = "",
                       .info = "",
                       .address = "",
                       .claims = "",
                       .headers = ""}),
              R"({"what":"connect"})");
    EXPECT_EQ(to_json({.what = "publish",
                       .channel = "a\"b",
                       .user = "ann\n",
                       .info = R"({"name":"Ann"})",
                       .address = "::1",
                       .claims = R"({"sub":"ann\n"})",
                       .headers = R"({"Cookie":"x"})",
                       .message = Message::text("\"\x01")}),
              R"({"what":"publish","channel":"a\"b","user":"ann\n","info":{"name":"Ann"},)"
              R"("address":"::1","claims":{"sub":"ann\n"},"headers":{"Cookie":"x"},)"
              R"("message":{"type":"text","size":2,"text":"\"\u0001"}})");
}

TEST(WebhookMessages, ShowBytesInBase64AndLargeMessagesNotAtAll) {
    const auto message_in = [](const Message& message) {
        const std::string json = to_json({.what = "publish",
                                          .channel = "",
                                          .user = "",
                                          .info = "",
                                          .address = "",
                                          .claims = "",
                                          .headers = "",
                                          .message = message});
        return json.substr(json.find("message") + 9);
    };
    const std::array<std::byte, 4> bytes = {std::byte{0xFB}, std::byte{0xFF}, std::byte{0},
                                            std::byte{1}};
    const std::array<const char*, 5> expected = {"", "+w==", "+/8=", "+/8A", "+/8AAQ=="};
    for (std::size_t size = 0; size <= bytes.size(); ++size)
        EXPECT_EQ(message_in(Message::binary(std::span(bytes).first(size))),
                  R"({"type":"binary","size":)" + std::to_string(size) + R"(,"base64":")" +
                      expected.at(size) + "\"}}");
    EXPECT_EQ(message_in(Message::text(std::string(largest_shown_message + 1, 'x'))),
              R"({"type":"text","size":65537}})");
}

TEST(WebhookMessages, ReadAnAnswer) {
    const auto answer = read_webhook_answer(
        R"({"allow":true,"user":"ann","info":{"a": 1},"channels":["a","b*"],"publish":[],)"
        R"("expires_in":60,"reason":null,"more":[]})");
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_TRUE(answer->allow);
    EXPECT_EQ(answer->user, "ann");
    EXPECT_EQ(answer->info, R"({"a":1})");
    EXPECT_EQ(answer->channels, (std::vector<std::string>{"a", "b*"}));
    EXPECT_EQ(answer->publish, std::vector<std::string>{});
    EXPECT_EQ(answer->expires_in, std::chrono::seconds(60));
    const auto refusal = read_webhook_answer(R"({"allow":false,"reason":"no"})");
    ASSERT_TRUE(refusal);
    EXPECT_FALSE(refusal->allow);
    EXPECT_EQ(refusal->reason, "no");
    EXPECT_FALSE(refusal->user || refusal->channels || refusal->expires_in);
}

TEST(WebhookMessages, TakeNothingElseForAnAnswer) {
    EXPECT_FALSE(read_webhook_answer({}));
    const std::string deep = std::string(5000, '[') + std::string(5000, ']');
    for (const std::string& wrong : {std::string(),
                                     std::string("[]"),
                                     std::string("true"),
                                     std::string("{}"),
                                     std::string(R"({"allow":1})"),
                                     std::string(R"({"allow":"true"})"),
                                     std::string(R"({"allow":null})"),
                                     std::string(R"({"allow":true)"),
                                     std::string(R"({"allow":true}{)"),
                                     std::string(R"({"allow":true,"user":1})"),
                                     R"({"allow":true,"user":")" + std::string(129, 'x') + "\"}",
                                     R"({"allow":true,"reason":")" + std::string(201, 'x') + "\"}",
                                     R"({"allow":true,"info":")" + std::string(1025, 'x') + "\"}",
                                     std::string(R"({"allow":true,"channels":"a"})"),
                                     std::string(R"({"allow":true,"channels":[1]})"),
                                     std::string(R"({"allow":true,"publish":{}})"),
                                     std::string(R"({"allow":true,"expires_in":0})"),
                                     std::string(R"({"allow":true,"expires_in":-1})"),
                                     std::string(R"({"allow":true,"expires_in":1e99})"),
                                     std::string("{\"allow\":true,\"user\":\"\xFF\"}"),
                                     R"({"allow":true,"x":)" + deep + "}"})
        EXPECT_FALSE(read_webhook_answer(wrong)) << wrong.substr(0, 80);
}

}  // namespace
}  // namespace longwire::dialects
