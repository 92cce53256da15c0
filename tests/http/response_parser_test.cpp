#include "http/response_parser.hpp"

#include "transcript.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::http::testing {
namespace {

TEST(ResponseParser, leaves_what_follows_101) {
    ResponseParser parser;
    const std::string head =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    const auto parsed = parser.parse(bytes_of(head + "\x81\x02hi"));
    ASSERT_EQ(parsed.status, ResponseParser::Status::head);
    EXPECT_EQ(parsed.consumed, head.size());
    EXPECT_EQ(parser.status(), 101);
    ASSERT_EQ(parser.fields().size(), 2U);
    EXPECT_EQ(parser.fields()[0].name, "Upgrade");
    EXPECT_EQ(parser.fields()[0].value, "websocket");
}

TEST(ResponseParser, takes_a_status_line_without_a_reason) {
    EXPECT_EQ(response_in("HTTP/1.0 403\r\nContent-Length: 0\r\n\r\n"),
              "head 403 1.0\n  Content-Length=0\n|complete|body=[]");
    EXPECT_EQ(response_in("HTTP/1.1 403 \r\nContent-Length: 0\r\n\r\n"),
              "head 403 1.1\n  Content-Length=0\n|complete|body=[]");
    EXPECT_EQ(response_in("HTTP/1.1 599 caf\xC3\xA9\r\nContent-Length: 0\r\n\r\n"),
              "head 599 1.1\n  Content-Length=0\n|complete|body=[]");
}

TEST(ResponseParser, collects_bodies_of_every_framing) {
    EXPECT_EQ(response_in("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabREST"),
              "head 200 1.1\n  Content-Length=2\nREST|complete|body=[ab]");
    EXPECT_EQ(response_in("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "2\r\nab\r\n1\r\nc\r\n0\r\nT: x\r\n\r\nREST"),
              "head 200 1.1\n  Transfer-Encoding=chunked\nREST|complete|body=[abc]");
    EXPECT_EQ(response_in("HTTP/1.1 200 OK\r\n\r\nabc"), "head 200 1.1\n|body=[abc]");
    EXPECT_EQ(response_in("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nREST"),
              "head 304 1.1\n  Content-Length=2\nREST|complete|body=[]");
}

TEST(ResponseParser, keeps_the_beginning_of_a_large_body) {
    const Limits limits{.max_body_size = 4};
    EXPECT_EQ(response_in("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", limits),
              "head 200 1.1\n  Content-Length=4\n|complete|body=[abcd]");
    EXPECT_EQ(response_in("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", limits),
              "head 200 1.1\n  Content-Length=5\n|complete|truncated|body=[abcd]");
    EXPECT_EQ(response_in("HTTP/1.1 200 OK\r\n\r\nabcde", limits),
              "head 200 1.1\n|complete|truncated|body=[abcd]");
    EXPECT_EQ(response_in("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "FFFFFFFFFFFFFFFF\r\nabcde",
                          limits),
              "head 200 1.1\n  Transfer-Encoding=chunked\n|complete|truncated|body=[abcd]");
}

TEST(ResponseParser, passes_over_interim_responses_but_not_for_ever) {
    const std::string final = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    std::string interim;
    for (int count = 0; count < 16; ++count) interim += "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n";
    EXPECT_EQ(response_in(interim + final), "head 200 1.1\n  Content-Length=0\n|complete|body=[]");
    EXPECT_EQ(response_in(interim + "HTTP/1.1 100 Continue\r\n\r\n" + final),
              "failed: the server sent more than 16 interim responses and no final one");
}

TEST(ResponseParser, the_head_is_exact_at_its_bound) {
    const auto head = [](std::size_t size) {
        const std::string begin = "HTTP/1.1 101 Switching Protocols\r\nX: ";
        return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
    };
    const Limits limits{.max_head_size = 100, .max_fields = 2};
    EXPECT_TRUE(response_in(head(100), limits).starts_with("head 101"));
    EXPECT_EQ(response_in(head(101), limits),
              "failed: the answer is not valid HTTP: the head is larger than 100 bytes");
    EXPECT_TRUE(response_in("HTTP/1.1 101 \r\na:b\r\na:b\r\n\r\n", limits).starts_with("head 101"));
    EXPECT_EQ(response_in("HTTP/1.1 101 \r\na:b\r\na:b\r\na:b\r\n\r\n", limits),
              "failed: the answer is not valid HTTP: there are more than 2 header fields");
}

TEST(ResponseParser, says_what_came_in_place_of_http) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"\x15\x03\x01",
         "the answer is not HTTP: it begins with \"\\x15\\x03\\x01\" (a TLS alert? "
         "then this server wants wss://)"},
        {"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
         "the answer is not HTTP: it begins with \"SSH-2.0-OpenSSH_9.2p1 De\""},
        {"HTTX", "the answer is not HTTP: it begins with \"HTTX\""},
        {"\r\nHTTP/1.1 200 OK\r\n",
         "the answer is not HTTP: it begins with \"\\x0d\\x0aHTTP/1.1 "
         "200 OK\\x0d\\x0a\""},
        {"\x1B[31m\"", "the answer is not HTTP: it begins with \"\\x1b[31m\\x22\""},
        {"HTTP/2 200\r\n", "the answer is not HTTP/1.1: it begins with \"HTTP/2 200\""},
        {"HTTP/1.1200 OK\r\n", "the answer is not HTTP/1.1: it begins with \"HTTP/1.1200 OK\""},
        {"HTTP/1.1 20 OK\r\n", "the answer is not HTTP/1.1: it begins with \"HTTP/1.1 20 OK\""},
        {"HTTP/1.1 2000\r\n", "the answer is not HTTP/1.1: it begins with \"HTTP/1.1 2000\""},
        {"HTTP/1.1 600 X\r\n", "the answer is not HTTP/1.1: it begins with \"HTTP/1.1 600 X\""},
        {"HTTP/1.1 099 X\r\n", "the answer is not HTTP/1.1: it begins with \"HTTP/1.1 099 X\""},
    };
    for (const auto& [text, reason] : table) EXPECT_EQ(response_in(text), "failed: " + reason);
}

TEST(ResponseParser, is_as_strict_as_for_requests) {
    const std::vector<std::pair<std::string, std::string_view>> table = {
        {"HTTP/1.1 200 OK\nA: b\r\n\r\n", "LF alone"},
        {"HTTP/1.1 200 OK\r\nA: b\n\r\n", "LF alone"},
        {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded"},
        {"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "white space before the colon"},
        {"HTTP/1.1 200 OK\r\nA: b\x01\r\n\r\n", "control character"},
        {"HTTP/1.1 200 O\x01K\r\n\r\n", "control character"},
        {"HTTP/1.1 101 X\r\nUpgrade: websocket\rConnection: Upgrade\r\n\r\n", "CR that no LF"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", "Content-Length"},
        {"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na", "Content-Length"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "Content-Length"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\na", "transfer coding"},
        {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.0"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "chunk size"},
    };
    for (const auto& [text, words] : table) {
        const std::string outcome = response_in(text);
        EXPECT_NE(outcome.find("failed: "), std::string::npos) << text << "\n" << outcome;
        EXPECT_NE(outcome.find(words), std::string::npos) << text << "\n" << outcome;
    }
}

}  // namespace
}  // namespace longwire::http::testing
