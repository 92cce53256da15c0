// Signatures of the pusher dialect, with the keys and texts of the protocol's own documents. (The
// signature that they print for a presence channel is of another text: it is computed here.)
#include "dialects/pusher/signature.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace longwire::dialects::pusher {
namespace {

constexpr std::string_view key = "278d425bdf160c739803";
constexpr std::string_view secret = "7ad3773142a6692b25b8";
const std::string body = R"({"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"})";

TEST(PusherSignature, OfChannelsAndUsers) {
    EXPECT_TRUE(
        signed_by("278d425bdf160c739803:"
                  "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4",
                  key, secret, channel_text("1234.1234", "private-foobar", "")));
    const std::string presence = channel_text(
        "1234.1234", "presence-foobar", R"({"user_id":10,"user_info":{"name":"Mr. Channels"}})");
    EXPECT_EQ(presence,
              R"(1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Channels"}})");
    EXPECT_TRUE(
        signed_by(std::string(key) + ":" + hmac_sha256(secret, presence), key, secret, presence));
    EXPECT_TRUE(
        signed_by("278d425bdf160c739803:"
                  "4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba",
                  key, secret, user_text("1234.1234", R"({"id":"12345"})")));
    for (const std::string wrong : {"", ":", "278d425bdf160c739803", "278d425bdf160c739803:",
                                    "x:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651"
                                    "c3a4"})
        EXPECT_FALSE(signed_by(wrong, key, secret, channel_text("1234.1234", "private-foobar", "")))
            << wrong;
}

SignedRequest example() {
    return {.method = "POST",
            .path = "/apps/3/events",
            .query = {{"auth_version", "1.0"},
                      {"AUTH_KEY", std::string(key)},
                      {"auth_timestamp", "1353088179"},
                      {"body_md5", "ec365a775a4cd0599faeb73354201b6f"},
                      {"auth_signature",
                       "da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c"}},
            .body = body};
}

TEST(PusherSignature, OfRequests) {
    const std::chrono::sys_seconds then{std::chrono::seconds(1353088179)};
    EXPECT_EQ(md5(body), "ec365a775a4cd0599faeb73354201b6f");
    EXPECT_EQ(request_text(example()),
              "POST\n/apps/3/events\nauth_key=278d425bdf160c739803&auth_timestamp=1353088179"
              "&auth_version=1.0&body_md5=ec365a775a4cd0599faeb73354201b6f");
    EXPECT_TRUE(verify(example(), key, secret, then));
    EXPECT_TRUE(verify(example(), key, secret, then + clocks_differ));
    EXPECT_TRUE(verify(example(), key, secret, then - clocks_differ));
    EXPECT_FALSE(verify(example(), key, secret, then + clocks_differ + std::chrono::seconds(1)));
    EXPECT_FALSE(verify(example(), key, secret, then - clocks_differ - std::chrono::seconds(1)));
    EXPECT_FALSE(verify(example(), key, "other", then));
    EXPECT_FALSE(verify(example(), "other", secret, then));
    for (std::size_t left_out = 0; left_out < 5; ++left_out) {
        SignedRequest request = example();
        request.query.erase(request.query.begin() + static_cast<std::ptrdiff_t>(left_out));
        EXPECT_FALSE(verify(request, key, secret, then)) << left_out;
    }
    SignedRequest other_body = example();
    other_body.body = "{}";
    EXPECT_FALSE(verify(other_body, key, secret, then));
    SignedRequest other_path = example();
    other_path.path = "/apps/4/events";
    EXPECT_FALSE(verify(other_path, key, secret, then));
    SignedRequest more = example();
    more.query.emplace_back("info", "user_count");
    EXPECT_FALSE(verify(more, key, secret, then));
}

}  // namespace
}  // namespace longwire::dialects::pusher
