// Where a body ends (RFC 9112, section 6.3), judged from the fields alone: also what the parser
// before it refuses already.
#include "http/message_framing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::http {
namespace {

MessageHead head_with(std::vector<HeaderField> fields, int minor_version = 1) {
    MessageHead head;
    head.minor_version = minor_version;
    head.fields = std::move(fields);
    return head;
}

int refusal_of(const MessageHead& head) {
    const auto framing = request_framing(head);
    return framing ? 0 : framing.error().status;
}

TEST(MessageFraming, WithoutALengthARequestHasNoBodyAndAResponseGoesOnToTheEnd) {
    const MessageHead head = head_with({{"Host", "a"}});
    EXPECT_EQ(request_framing(head)->kind, Framing::Kind::length);
    EXPECT_EQ(request_framing(head)->length, 0U);
    MessageHead response = head_with({});
    response.status = 200;
    EXPECT_EQ(response_framing(response)->kind, Framing::Kind::until_close);
}

TEST(MessageFraming, SomeResponsesNeverHaveABody) {
    for (const int status : {101, 204, 304}) {
        MessageHead head = head_with({{"Content-Length", "7"}});
        head.status = status;
        EXPECT_EQ(response_framing(head)->kind, Framing::Kind::length);
        EXPECT_EQ(response_framing(head)->length, 0U);
    }
}

TEST(MessageFraming, ALengthIsOneDecimalNumber) {
    MessageHead head = head_with({{"content-length", "18446744073709551615"}});
    head.content_length = 18446744073709551615U;
    EXPECT_EQ(request_framing(head)->length, 18446744073709551615U);
    for (const char* const value : {"", "+1", "-1", "0x1", "1,1", "1 1", "18446744073709551616"})
        EXPECT_EQ(refusal_of(head_with({{"Content-Length", value}})), 400) << value;
    EXPECT_EQ(refusal_of(head_with({{"Content-Length", "1"}, {"Content-Length", "1"}})), 400);
}

TEST(MessageFraming, ChunkedComesOnceAndLast) {
    MessageHead head = head_with({{"Transfer-Encoding", " , chunked,"}});
    head.chunked = true;
    EXPECT_EQ(request_framing(head)->kind, Framing::Kind::chunked);
    EXPECT_EQ(refusal_of(head_with({{"Transfer-Encoding", "chunked, gzip"}})), 400);
    EXPECT_EQ(
        refusal_of(head_with({{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}})),
        400);
    EXPECT_EQ(refusal_of(head_with({{"Transfer-Encoding", ""}})), 400);
    EXPECT_EQ(refusal_of(head_with({{"Transfer-Encoding", "gzip, chunked"}})), 501);
    EXPECT_EQ(refusal_of(head_with({{"Transfer-Encoding", "identity"}})), 501);
    EXPECT_EQ(refusal_of(head_with({{"Transfer-Encoding", "chunked"}}, 0)), 400);
}

TEST(MessageFraming, OfTwoLengthsNoneIsChosen) {
    EXPECT_EQ(refusal_of(head_with({{"Transfer-Encoding", "chunked"}, {"Content-Length", "1"}})),
              400);
}

TEST(MessageFraming, WhereTheParserUnderstoodOtherwiseTheMessageIsRefused) {
    MessageHead length = head_with({{"Content-Length", "5"}});
    length.content_length = 6;
    EXPECT_EQ(refusal_of(length), 400);
    EXPECT_EQ(refusal_of(head_with({{"Transfer-Encoding", "chunked"}})), 400);
    MessageHead neither = head_with({});
    neither.chunked = true;
    EXPECT_EQ(refusal_of(neither), 400);
}

}  // namespace
}  // namespace longwire::http
