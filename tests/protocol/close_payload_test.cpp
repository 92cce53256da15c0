#include "protocol/close_payload.hpp"

#include "frames.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::protocol {
namespace {

TEST(ClosePayload, EveryCodeIsReadAsTheRfcSays) {
    for (int number = 0; number < 65536; ++number) {
        const std::string payload = close_payload(static_cast<std::uint16_t>(number), "why");
        const auto body = parse_close_payload(bytes_of(payload));
        ASSERT_EQ(body.has_value(), may_be_sent(static_cast<CloseCode>(number))) << number;
        if (body) {
            EXPECT_EQ(to_number(body->code), number);
            EXPECT_EQ(body->reason, "why");
        } else {
            EXPECT_EQ(body.error(), &broken_rule::close_code);
        }
    }
}

TEST(ClosePayload, MayBeEmptyButNotOneByte) {
    EXPECT_EQ(parse_close_payload({})->code, CloseCode::no_status_received);
    EXPECT_EQ(parse_close_payload(bytes_of("x")).error(), &broken_rule::half_close_code);
}

TEST(ClosePayload, TheReasonMustBeUtf8) {
    EXPECT_EQ(parse_close_payload(bytes_of(close_payload(1000, "\xC3"))).error(),
              &broken_rule::reason_not_utf8);
    EXPECT_EQ(parse_close_payload(bytes_of(close_payload(1000, "\xED\xA0\x80"))).error(),
              &broken_rule::reason_not_utf8);
}

TEST(ClosePayload, WhatIsWrittenIsRead) {
    const ClosePayload payload = encode_close_payload(CloseCode{4000}, "Gr\xC3\xBC\xC3\x9F\x65");
    const auto body = parse_close_payload(payload.view());
    ASSERT_TRUE(body);
    EXPECT_EQ(to_number(body->code), 4000);
    EXPECT_EQ(body->reason, "Gr\xC3\xBC\xC3\x9F\x65");
    EXPECT_TRUE(encode_close_payload(CloseCode::no_status_received, "x").view().empty());
}

TEST(ClosePayload, ALongReasonIsCutAtACharacter) {
    for (std::size_t before = 119; before < 126; ++before) {
        const std::string reason = std::string(before, 'x') + "\xF0\x9F\x9A\x80";
        const ClosePayload payload = encode_close_payload(CloseCode::normal, reason);
        EXPECT_LE(payload.size, 125);
        const auto body = parse_close_payload(payload.view());
        ASSERT_TRUE(body) << before;
        EXPECT_EQ(body->reason,
                  before == 119 ? reason : reason.substr(0, std::min<std::size_t>(before, 123)));
    }
}

TEST(ClosePayload, WhatMayNotBeSentIsNot) {
    for (const int number : {0, 999, 1004, 1006, 1015, 2999, 5000, 65535})
        EXPECT_EQ(
            parse_close_payload(encode_close_payload(static_cast<CloseCode>(number), "").view())
                ->code,
            CloseCode::normal);
    EXPECT_EQ(encode_close_payload(CloseCode::normal, "\xFF").size, 2);
}

}  // namespace
}  // namespace longwire::protocol
