// What a client and a SOCKS proxy say to each other (RFC 1928, RFC 1929).
#include "net/socks5.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::net {
namespace {

using namespace std::string_literals;

const std::string success_reply = "\x05\x00\x00\x01\x7F\x00\x00\x01\x12\x34"s;

Socks5::Proxy anonymous() {
    return {.name = "proxy:1080", .user = "", .password = ""};
}

Socks5::Proxy with_password() {
    return {.name = "proxy:1080", .user = "me", .password = "pass"};
}

/// What was said, whether the way is open, and what went wrong.
struct Heard {
    std::string sent;
    std::string error;
    bool done = false;
};

/// Says `answers` to the client in pieces of `piece` bytes.
Heard hear(Socks5& client, std::string_view answers, std::size_t piece = 1000) {
    Heard heard;
    heard.sent = client.begin();
    while (!answers.empty() && heard.error.empty()) {
        const std::string_view part = answers.substr(0, piece);
        answers.remove_prefix(part.size());
        const auto progress = client.receive(std::as_bytes(std::span(part.data(), part.size())));
        if (progress) {
            heard.sent += progress->answer;
            heard.done = progress->done;
        } else {
            EXPECT_EQ(progress.error().code(), ErrorCode::proxy_failed);
            heard.error = progress.error().message();
        }
    }
    return heard;
}

Heard hear(Socks5::Proxy proxy, std::string_view answers, std::size_t piece = 1000) {
    Socks5 client(std::move(proxy), "server", 8443);
    return hear(client, answers, piece);
}

bool tells(const Heard& heard, std::string_view words) {
    return heard.error.find(words) != std::string::npos &&
           heard.error.find("the proxy proxy:1080 does not connect to server:8443") == 0;
}

TEST(Socks5, AsksForANameWithoutAuthentication) {
    const Heard heard = hear(anonymous(), "\x05\x00"s + success_reply);
    EXPECT_EQ(heard.sent, "\x05\x01\x00"s + "\x05\x01\x00\x03\x06server\x20\xFB"s);
    EXPECT_TRUE(heard.done) << heard.error;
}

TEST(Socks5, AsksForAddressesOfBothFamilies) {
    Socks5 ipv4(anonymous(), "192.0.2.7", 80);
    EXPECT_EQ(hear(ipv4, "\x05\x00"s).sent,
              "\x05\x01\x00"s + "\x05\x01\x00\x01\xC0\x00\x02\x07\x00\x50"s);
    Socks5 ipv6(anonymous(), "2001:db8::7", 65535);
    EXPECT_EQ(
        hear(ipv6, "\x05\x00"s).sent,
        "\x05\x01\x00"s + "\x05\x01\x00\x04\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x07\xFF\xFF"s);
    EXPECT_NE(ipv6.ended().message().find("[2001:db8::7]:65535"), std::string::npos);
}

TEST(Socks5, SaysUserAndPasswordWhereTheyAreAskedFor) {
    const Heard asked = hear(with_password(), "\x05\x02\x01\x00"s + success_reply);
    EXPECT_EQ(asked.sent,
              "\x05\x02\x00\x02"s + "\x01\x02me\x04pass"s + "\x05\x01\x00\x03\x06server\x20\xFB"s);
    EXPECT_TRUE(asked.done) << asked.error;
    const Heard not_asked = hear(with_password(), "\x05\x00"s + success_reply);
    EXPECT_EQ(not_asked.sent.find("pass"), std::string::npos);
    EXPECT_TRUE(not_asked.done);
    const Heard longest = hear(
        {.name = "proxy:1080", .user = std::string(255, 'u'), .password = std::string(255, 'p')},
        "\x05\x02"s);
    EXPECT_EQ(longest.sent, "\x05\x02\x00\x02"s + "\x01\xFF"s + std::string(255, 'u') + "\xFF"s +
                                std::string(255, 'p'));
}

TEST(Socks5, TakesAnswersInAnyPieces) {
    for (const std::string& reply :
         {success_reply, "\x05\0\0\x03\x03"s + "abc" + "\0\x50"s, "\x05\0\0\x03\0\0\x50"s,
          "\x05\0\0\x04"s + std::string(16, '\x11') + "\0\x50"s})
        for (std::size_t piece = 1; piece < 30; ++piece)
            EXPECT_TRUE(hear(with_password(), "\x05\x02\x01\x00"s + reply, piece).done)
                << piece << " of " << reply.size();
}

TEST(Socks5, IsNotDoneBeforeTheLastByte) {
    const std::string answers = "\x05\x00"s + success_reply;
    for (std::size_t size = 0; size < answers.size(); ++size) {
        const Heard heard = hear(anonymous(), answers.substr(0, size));
        EXPECT_FALSE(heard.done) << size;
        EXPECT_EQ(heard.error, "") << size;
    }
}

TEST(Socks5, NothingMayFollowTheReply) {
    EXPECT_TRUE(
        tells(hear(anonymous(), "\x05\x00"s + success_reply + "x"), "it sent data too early"));
    EXPECT_TRUE(
        tells(hear(anonymous(), "\x05\x00"s + success_reply + "x", 1), "it sent data too early"));
}

TEST(Socks5, ExplainsEachRefusal) {
    const std::vector<std::string> words = {
        "does not say why",         "rules",           "network is unreachable",
        "host is unreachable",      "refused",         "time to live",
        "cannot connect to others", "kind of address", "not in RFC 1928"};
    for (std::size_t reply = 1; reply <= words.size(); ++reply) {
        // Some proxies end with the code.
        const std::string answer = "\x05\x00\x05"s + static_cast<char>(reply);
        EXPECT_TRUE(tells(hear(anonymous(), answer), words[reply - 1])) << reply;
    }
}

TEST(Socks5, ExplainsWhatAuthenticationIsMissingOrWrong) {
    EXPECT_TRUE(tells(hear(anonymous(), "\x05\xFF"s), "socks5://user:password@"));
    EXPECT_TRUE(tells(hear(with_password(), "\x05\xFF"s), "neither"));
    EXPECT_TRUE(tells(hear(with_password(), "\x05\x01"s), "not offered"));
    EXPECT_TRUE(tells(hear(anonymous(), "\x05\x02"s), "not offered"));
    const Heard wrong = hear(with_password(), "\x05\x02\x01\x01"s);
    EXPECT_TRUE(tells(wrong, "does not take this user and password"));
    EXPECT_EQ(wrong.error.find("pass "), std::string::npos);
}

TEST(Socks5, KnowsWhatIsNoSocks) {
    EXPECT_TRUE(tells(hear(anonymous(), "HTTP/1.1 400 Bad Request\r\n\r\n"), "write http://"));
    EXPECT_TRUE(tells(hear(anonymous(), "\x04\x00"s), "not SOCKS version 5"));
    EXPECT_TRUE(tells(hear(anonymous(), "\x05\x00\x04"s), "not SOCKS version 5"));
    EXPECT_TRUE(tells(hear(anonymous(), "\x05\x00\x05\x00\x00\x02\x00"s), "unknown kind"));
}

TEST(Socks5, ANameThatSocksCannotCarryIsNotCutShort) {
    Socks5 longest(anonymous(), std::string(255, 'h'), 80);
    EXPECT_EQ(hear(longest, "\x05\x00"s).sent,
              "\x05\x01\x00"s + "\x05\x01\x00\x03\xFF"s + std::string(255, 'h') + "\x00\x50"s);
    Socks5 too_long(anonymous(), std::string(256, 'h'), 80);
    const Heard heard = hear(too_long, "\x05\x00"s);
    EXPECT_EQ(heard.sent, "\x05\x01\x00"s);
    EXPECT_NE(heard.error.find("longer than the 255 bytes"), std::string::npos) << heard.error;
}

TEST(Socks5, AnEndIsTold) {
    Socks5 client(anonymous(), "server", 80);
    EXPECT_NE(client.ended().message().find("without an answer"), std::string::npos);
    (void)hear(client, "\x05\x00"s);
    EXPECT_NE(client.ended().message().find("before it had connected"), std::string::npos);
}

}  // namespace
}  // namespace longwire::net
