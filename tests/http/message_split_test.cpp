#include "transcript.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace longwire::http::testing {
namespace {

constexpr std::array<std::string_view, 12> request_streams = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\nGET /a%20b?c=d HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Space: \t v w \t\r\n\r\n"
    "HEAD /second HTTP/1.0\r\n\r\n",
    "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /q HTTP/1.1\r\nHost: "
    "b\r\n\r\n",
    "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;name=value\r\nhello\r\nA\r\n, 12345678\r\n0\r\nX-Trailer: t\r\n\r\n"
    "GET /after HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n",
    "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n"
    "\x81\x85maskhello",
    "GET http://Example.org?x HTTP/1.1\r\nHost: example.ORG\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n",
    "\x16\x03\x01\x02\x01",
    "GET /\r\n\r\n",
};

constexpr std::array<std::string_view, 8> response_streams = {
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
    "Upgrade\r\n\r\n\x81\x05hello",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef",
    "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: "
    "chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\nrest",
    "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 204\r\nContent-Length: 3\r\n\r\nrest",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 200 OK\nContent-Length: 3\r\n\r\nabc",
    "HTTP/2 200\r\n\r\n",
};

TEST(MessageSplit, requests_are_the_same_byte_by_byte) {
    for (const std::string_view text : request_streams)
        EXPECT_EQ(requests_in(single_bytes(text)), requests_in(text)) << text;
}

TEST(MessageSplit, requests_are_the_same_at_every_split_in_two) {
    for (const std::string_view text : request_streams) {
        const std::string whole = requests_in(text);
        for (std::size_t at = 0; at <= text.size(); ++at) {
            const std::array pieces = {text.substr(0, at), text.substr(at)};
            EXPECT_EQ(requests_in(pieces), whole) << text << "\nsplit at " << at;
        }
    }
}

TEST(MessageSplit, any_byte_at_any_place_is_judged_the_same_however_it_comes) {
    constexpr std::string_view head =
        "\r\nPOST /p?q HTTP/1.1\r\nHost: a\r\nX-Long-Name: v w\t\r\nContent-Length: 3\r\n\r\nabc";
    for (std::size_t at = 0; at < head.size(); ++at)
        for (int number = 0; number < 256; ++number) {
            std::string text(head);
            text[at] = static_cast<char>(number);
            const std::string whole = requests_in(text);
            EXPECT_EQ(requests_in(single_bytes(text)), whole) << text;
            const std::array pieces = {std::string_view(text).substr(0, at),
                                       std::string_view(text).substr(at)};
            EXPECT_EQ(requests_in(pieces), whole) << text << "\nsplit at " << at;
        }
}

TEST(MessageSplit, a_limit_is_reached_at_the_same_byte_however_it_comes) {
    constexpr std::string_view text =
        "\r\nGET /some/where HTTP/1.1\r\nHost: example.org\r\nX: \r\n\r\nGET / HTTP/1.1\r\nHost: "
        "b\r\n\r\n";
    for (std::size_t most = 0; most <= text.size(); ++most) {
        const Limits limits{.max_head_size = most};
        const std::string whole = requests_in(text, limits);
        EXPECT_EQ(requests_in(single_bytes(text), limits), whole) << most;
        for (std::size_t at = 0; at <= text.size(); ++at) {
            const std::array pieces = {text.substr(0, at), text.substr(at)};
            EXPECT_EQ(requests_in(pieces, limits), whole) << most << ", split at " << at;
        }
    }
}

TEST(MessageSplit, responses_are_the_same_byte_by_byte) {
    for (const std::string_view text : response_streams)
        EXPECT_EQ(response_in(single_bytes(text)), response_in(text)) << text;
}

TEST(MessageSplit, responses_are_the_same_at_every_split_in_two) {
    for (const std::string_view text : response_streams) {
        const std::string whole = response_in(text);
        for (std::size_t at = 0; at <= text.size(); ++at) {
            const std::array pieces = {text.substr(0, at), text.substr(at)};
            EXPECT_EQ(response_in(pieces), whole) << text << "\nsplit at " << at;
        }
    }
}

}  // namespace
}  // namespace longwire::http::testing
