// Lines of an access log, as people and programs read them.
#include "ops/access_line.hpp"

#include <gtest/gtest.h>
#include <longwire/server.hpp>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>

namespace longwire::ops {
namespace {

constexpr std::chrono::system_clock::time_point ended{std::chrono::milliseconds(1795725999123)};

AccessRecord request() {
    return {.peer = "192.0.2.1:54321",
            .client = "192.0.2.7",
            .method = "GET",
            .target = "/channels/news?token=***",
            .status = 200,
            .bytes_received = 120,
            .bytes_sent = 3456,
            .duration = std::chrono::microseconds(1234)};
}

struct AccessText : testing::Test {
    AccessText() {
        setenv("TZ", "UTC-3", 1);  // three hours east of Greenwich
        tzset();
    }
    ~AccessText() override {
        unsetenv("TZ");
        tzset();
    }
};

TEST_F(AccessText, IsTheCombinedFormatAndMore) {
    EXPECT_EQ(access_text(request(), ended),
              "192.0.2.7 - - [26/Nov/2026:23:46:39 +0300] "
              "\"GET /channels/news?token=*** HTTP/1.1\" 200 3456 \"-\" \"-\" "
              "0.001234s received=120");
}

TEST_F(AccessText, OfAWebSocketSaysHowItWent) {
    AccessRecord record = request();
    record.client = "2001:db8::7";
    record.user = "alice";
    record.status = 101;
    record.origin = "https://example.org";
    record.user_agent = "Mozilla/5.0 (X11)";
    record.duration = std::chrono::seconds(90);
    record.websocket = ConnectionRecord{.subprotocol = "chat",
                                        .code = CloseCode::abnormal_closure,
                                        .server_code = CloseCode::policy_violation,
                                        .reason = "reads too slowly",
                                        .messages_received = 3,
                                        .messages_sent = 5};
    EXPECT_EQ(access_text(record, ended),
              "2001:db8::7 - alice [26/Nov/2026:23:46:39 +0300] "
              "\"GET /channels/news?token=*** HTTP/1.1\" 101 3456 \"https://example.org\" "
              "\"Mozilla/5.0 (X11)\" 90.000000s received=120 in=3 out=5 closed=1006 "
              "by_server=1008 reason=\"reads too slowly\" subprotocol=chat");
}

TEST_F(AccessText, OfAConnectionWithoutARequestHasNone) {
    const AccessRecord record = {
        .peer = "unix", .client = "unix", .status = 408, .refused = HandshakeFailure::timeout};
    EXPECT_EQ(access_text(record, ended),
              "unix - - [26/Nov/2026:23:46:39 +0300] \"-\" 408 0 \"-\" \"-\" 0.000000s received=0 "
              "refused=timeout");
}

TEST_F(AccessText, IsNotBrokenByWhatClientsSend) {
    AccessRecord record = request();
    record.user = "eve - [x] \"GET";
    record.target = "/\n127.0.0.1 - -";
    record.user_agent = "\x1B[2J\" 200 \\ \xC2\x9B \x7F";
    record.origin = std::string("\0\r", 2);
    const std::string line = access_text(record, ended);
    EXPECT_NE(line.find(" eve\\x20-\\x20[x]\\x20\\x22GET ["), std::string::npos) << line;
    EXPECT_NE(line.find("\"GET /\\x0A127.0.0.1 - - HTTP/1.1\""), std::string::npos) << line;
    EXPECT_NE(line.find("\"\\x1B[2J\\x22 200 \\x5C \\xC2\\x9B \\x7F\""), std::string::npos) << line;
    EXPECT_NE(line.find("\"\\x00\\x0D\""), std::string::npos) << line;
}

TEST(AccessJson, IsAnObjectWithWhatThereIs) {
    EXPECT_EQ(
        access_json(request(), ended),
        R"({"time":"2026-11-26T20:46:39.123Z","peer":"192.0.2.1:54321","client":"192.0.2.7","method":"GET",)"
        R"("target":"/channels/news?token=***","protocol":"HTTP/1.1","tls":false,)"
        R"("status":200,"seconds":0.001234,"bytes_in":120,"bytes_out":3456})");
}

TEST(AccessJson, OfAWebSocketSaysHowItWent) {
    AccessRecord record = request();
    record.secure = true;
    record.status = 101;
    record.user = "alice";
    record.websocket = ConnectionRecord{.subprotocol = "chat",
                                        .code = CloseCode::normal,
                                        .reason = "enough",
                                        .messages_received = 3,
                                        .messages_sent = 5};
    const std::string json = access_json(record, ended);
    EXPECT_NE(json.find(R"("user":"alice")"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("tls":true)"), std::string::npos) << json;
    EXPECT_TRUE(json.ends_with(
        R"("messages_in":3,"messages_out":5,"close_code":1000,"close_reason":"enough",)"
        R"("subprotocol":"chat"})"))
        << json;
    record.websocket->server_code = CloseCode::service_restart;
    EXPECT_NE(access_json(record, ended).find(R"("server_close_code":1012)"), std::string::npos);
}

TEST(AccessJson, IsOneLineOfAsciiWhateverClientsSend) {
    AccessRecord record = request();
    record.refused = HandshakeFailure::origin;
    record.user_agent = "\n\x1B[2J\" \\ \xC3\xA9 \xFF \x7F";
    record.origin = std::string("\0", 1);
    const std::string json = access_json(record, ended);
    EXPECT_NE(json.find(R"("origin":"\u0000")"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("user_agent":"\n\u001b[2J\" \\ \u00e9 \ufffd )"), std::string::npos)
        << json;
    EXPECT_NE(json.find(R"("refused":"origin")"), std::string::npos) << json;
    for (const char letter : json) EXPECT_TRUE(letter >= ' ' && letter <= '\x7F');
}

}  // namespace
}  // namespace longwire::ops
