// How long a client waits before it comes back, and when it does not.
#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <ctime>
#include <memory>
#include <set>
#include <string>

namespace longwire {
namespace {

using namespace std::chrono_literals;
using Clock = Backoff::Clock;

const Clock::time_point start = Clock::time_point() + 1000s;
const Error lost_network(ErrorCode::connection_failed, "no route");

Error refused(int status, const std::string& retry_after = "", bool from_proxy = false) {
    auto answer = std::make_shared<HttpAnswer>();
    answer->status = status;
    answer->from_proxy = from_proxy;
    if (!retry_after.empty()) answer->fields.emplace_back("Retry-After", retry_after);
    return {from_proxy ? ErrorCode::proxy_failed : ErrorCode::handshake_refused, "refused",
            std::move(answer)};
}

CloseStatus closed(int code, bool clean = true) {
    return {.code = CloseCode{static_cast<std::uint16_t>(code)}, .reason = "", .clean = clean};
}

TEST(Backoff, WaitsUpToTwiceAsLongEachTimeAndNoLongerThanTheMost) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Backoff backoff({.first_delay = 100ms, .max_delay = 1s}, seed);
        for (const auto most : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms, 1000ms}) {
            const auto delay = backoff.after(lost_network, start);
            ASSERT_TRUE(delay);
            EXPECT_GE(*delay, 0ms);
            EXPECT_LE(*delay, most);
        }
    }
}

TEST(Backoff, FillsTheWholeRange) {
    std::set<std::chrono::milliseconds> low;
    std::set<std::chrono::milliseconds> high;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        Backoff backoff({.first_delay = 10ms}, seed * 0x9E3779B97F4A7C15U);
        const auto delay = backoff.after(lost_network, start);
        (*delay < 5ms ? low : high).insert(*delay);
    }
    EXPECT_EQ(low.size() + high.size(), 11U);
}

TEST(Backoff, IsReproducibleWithASeedAndNotWithout) {
    const auto delays = [](std::uint64_t seed) {
        Backoff backoff({.first_delay = 1h, .max_delay = 24h}, seed);
        return *backoff.after(lost_network, start);
    };
    EXPECT_EQ(delays(7), delays(7));
    EXPECT_NE(delays(7), delays(8));
    EXPECT_NE(delays(0), delays(0));
}

TEST(Backoff, GivesUpAfterSoManyTriesOrSoMuchTime) {
    Backoff counted({.first_delay = 1ms, .max_tries = 3});
    for (std::uint32_t tries = 1; tries <= 3; ++tries) {
        EXPECT_TRUE(counted.after(lost_network, start));
        EXPECT_EQ(counted.tries(), tries);
    }
    EXPECT_FALSE(counted.after(lost_network, start));
    Backoff timed({.first_delay = 1ms, .max_time = 10s});
    EXPECT_TRUE(timed.after(lost_network, start));
    EXPECT_TRUE(timed.after(lost_network, start + 9s));
    EXPECT_FALSE(timed.after(lost_network, start + 10s));
}

TEST(Backoff, NeverOverflows) {
    Backoff slow({.first_delay = std::chrono::years(1000), .max_delay = 30s});
    for (int tries = 0; tries < 100; ++tries) EXPECT_LE(slow.after(lost_network, start), 30s);
    Backoff backoff({.first_delay = 1s, .max_delay = 30s});
    for (int tries = 0; tries < 100; ++tries) {
        const auto delay = backoff.after(lost_network, start);
        ASSERT_TRUE(delay);
        EXPECT_LE(*delay, 30s);
        EXPECT_GE(*delay, 0s);
    }
}

TEST(Backoff, AConnectionThatHeldIsASuccessAndOneThatDidNotIsNone) {
    Backoff backoff({.first_delay = 1ms, .max_tries = 2, .steady_after = 10s});
    EXPECT_TRUE(backoff.after(lost_network, start));
    backoff.connected(start);
    EXPECT_TRUE(backoff.after(closed(1006, false), start + 9s));
    EXPECT_EQ(backoff.tries(), 2U);
    backoff.connected(start + 9s);
    EXPECT_TRUE(backoff.after(closed(1006, false), start + 19s));
    EXPECT_EQ(backoff.tries(), 1U);
}

TEST(Backoff, CodesThatMeanNotToComeBackAreRespected) {
    for (const int code : {1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003})
        EXPECT_FALSE(Backoff().after(closed(code), start)) << code;
    for (const int code : {1001, 1005, 1006, 1011, 1012, 1013, 1014, 3001, 3999, 4000, 4999})
        EXPECT_TRUE(Backoff().after(closed(code), start)) << code;
}

TEST(Backoff, AServerThatRestartsIsGivenATime) {
    for (const int code : {1012, 1013})
        for (std::uint64_t seed = 1; seed <= 100; ++seed)
            EXPECT_GE(*Backoff({.first_delay = 100ms}, seed).after(closed(code), start), 100ms);
}

TEST(Backoff, RefusalsAreFinalUnlessTheyMayPass) {
    for (const int status : {200, 302, 400, 401, 403, 404, 407, 410, 426, 501})
        EXPECT_FALSE(Backoff().after(refused(status), start)) << status;
    for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
        EXPECT_TRUE(Backoff().after(refused(status), start)) << status;
        EXPECT_TRUE(Backoff().after(refused(status, "", true), start)) << status;
    }
    EXPECT_FALSE(Backoff().after(refused(407, "", true), start));
}

TEST(Backoff, WhatIsWrongStaysWrong) {
    for (const ErrorCode code : {ErrorCode::invalid_url, ErrorCode::invalid_argument,
                                 ErrorCode::certificate_unusable, ErrorCode::cancelled})
        EXPECT_FALSE(Backoff().after(Error(code, ""), start));
    for (const ErrorCode code :
         {ErrorCode::name_not_resolved, ErrorCode::connection_refused, ErrorCode::timed_out,
          ErrorCode::tls_failed, ErrorCode::handshake_invalid, ErrorCode::proxy_failed})
        EXPECT_TRUE(Backoff().after(Error(code, ""), start));
}

std::chrono::milliseconds delay_with(const std::string& retry_after) {
    return *Backoff({.first_delay = 1ms}, 1).after(refused(503, retry_after), start);
}

TEST(Backoff, ObeysRetryAfterWithinBounds) {
    EXPECT_GE(delay_with("7"), 7s);
    EXPECT_LE(delay_with("7"), 7s + 1ms);
    EXPECT_LE(delay_with("0"), 1ms);
    EXPECT_LE(delay_with("99999999999999999999"), 5min + 1ms);
    EXPECT_GE(delay_with("99999999999999999999"), 5min);
    EXPECT_GE(delay_with("86400"), 5min);
    for (const std::string wrong : {"-5", "soon", "7s", "7.5", "Sun, 06 Nov"})
        EXPECT_LE(delay_with(wrong), 1ms) << wrong;
}

TEST(Backoff, ObeysADateToo) {
    std::array<char, 40> date = {};
    const std::time_t soon = std::time(nullptr) + 60;
    std::tm parts = {};
    gmtime_r(&soon, &parts);
    std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    EXPECT_GE(delay_with(date.data()), 50s);
    EXPECT_LE(delay_with(date.data()), 61s);
    EXPECT_LE(delay_with("Sun, 06 Nov 1994 08:49:37 GMT"), 1ms);
}

}  // namespace
}  // namespace longwire
