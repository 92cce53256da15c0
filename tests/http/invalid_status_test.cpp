// A status that is none is written as 500 with its whole body: a length without it would make the
// client take the next response for the body. (Found by fuzzing.)
#include "transcript.hpp"

#include "http/response_writer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::http::testing {
namespace {

TEST(InvalidStatus, KeepsTheBodyThatItsLengthAnnounces) {
    for (const int status : {0, 99, 100, 101, 150, 199, 600}) {
        const std::string two = write_response({.status = status, .body = "first"}, {}) +
                                write_response({.status = 200, .body = "second"}, {});
        ResponseParser parser;
        const auto head = parser.parse(bytes_of(two));
        ASSERT_EQ(head.status, ResponseParser::Status::head) << status;
        EXPECT_EQ(parser.status(), 500);
        const auto body = parser.collect_body(bytes_of(two).subspan(head.consumed));
        EXPECT_EQ(body.status, ResponseParser::BodyStatus::complete);
        EXPECT_EQ(parser.body(), "first") << status;
    }
}

}  // namespace
}  // namespace longwire::http::testing
