// What a request costs is in proportion to its length, however it comes: a parser that began again
// with each read would take 10^13 steps here, and not end before the test is given up.
#include "transcript.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace longwire::http::testing {
namespace {

constexpr std::size_t length = std::size_t{4} << 20;

/// Feeds `text` byte by byte: how many requests there were, or -1 for a refusal.
int requests_byte_by_byte(std::string_view text, const Limits& limits) {
    RequestParser parser(limits);
    int requests = 0;
    for (std::size_t index = 0; index < text.size(); ++index)
        switch (parser.parse(bytes_of(text.substr(index, 1))).status) {
            case RequestParser::Status::need_more:
                break;
            case RequestParser::Status::request:
                ++requests;
                (void)parser.take_request();
                break;
            case RequestParser::Status::failed:
                return -1;
        }
    return requests;
}

TEST(ParseCost, a_head_that_comes_byte_by_byte_is_read_once) {
    const Limits limits{.max_head_size = 2 * length};
    const std::string head =
        "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(length, 'x') + "\r\n\r\n";
    EXPECT_EQ(requests_byte_by_byte(head, limits), 1);
    const std::string never_ends = head.substr(0, head.size() - 1);
    EXPECT_EQ(requests_byte_by_byte(never_ends, limits), 0);
}

TEST(ParseCost, of_many_fields_is_linear) {
    const Limits limits{.max_head_size = 2 * length, .max_fields = length};
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n";
    while (head.size() < length) head += "Connection: ,,\r\n";
    EXPECT_TRUE(requests_in(head + "\r\n", limits).starts_with("request GET"));
}

TEST(ParseCost, of_many_white_spaces_is_linear) {
    const Limits limits{.max_head_size = 8 * length};
    const std::string spaces(length, ' ');
    EXPECT_TRUE(
        requests_in("GET / HTTP/1.1\r\nHost: a\r\nX:" + spaces + "y" + spaces + "\r\n\r\n", limits)
            .starts_with("request GET"));
    EXPECT_TRUE(requests_in("GET / HTTP/1.1\r\nHost: a\r\nConnection: x" + spaces + "," + spaces +
                                "close\r\n\r\n",
                            limits)
                    .starts_with("request GET"));
}

TEST(ParseCost, of_chunks_of_one_byte_is_linear) {
    const Limits limits{.max_body_size = length};
    std::string body;
    for (std::size_t count = 0; count < length / 8; ++count) body += "1\r\nx\r\n";
    EXPECT_EQ(requests_byte_by_byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                                    "\r\n" +
                                        body + "0\r\n\r\n",
                                    limits),
              1);
}

TEST(ParseCost, of_pipelined_requests_is_linear) {
    std::string requests;
    for (int count = 0; count < 100'000; ++count) requests += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(requests_byte_by_byte(requests, {}), 100'000);
}

TEST(ParseCost, empty_lines_before_a_request_do_not_go_on_for_ever) {
    // One is forgiven (RFC 9112, section 2.2); a stream of them is not a request.
    EXPECT_EQ(requests_byte_by_byte("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", {}), 1);
    EXPECT_EQ(requests_byte_by_byte("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", {}), -1);
}

}  // namespace
}  // namespace longwire::http::testing
