// What a client learns when the server does not switch protocols.
#include "raw_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace longwire {
namespace {

using namespace std::chrono_literals;

struct Refusal {
    ErrorCode code = ErrorCode::system;
    std::string message;
    HttpAnswer answer;
    bool has_answer = false;
};

Task<> ask(std::string url, std::chrono::milliseconds limit, Refusal& outcome) {
    const auto socket = co_await connect(url, {.handshake_timeout = limit});
    if (socket) co_return;
    outcome.code = socket.error().code();
    outcome.message = socket.error().message();
    outcome.has_answer = socket.error().answer() != nullptr;
    if (outcome.has_answer) outcome.answer = *socket.error().answer();
}

enum class Afterwards : std::uint8_t { shut, reset, wait };

Refusal outcome_of(const std::string& answer, Afterwards afterwards = Afterwards::wait,
                   std::chrono::milliseconds limit = 10s) {
    const RawServer server;
    Refusal outcome;
    RunningClient client([&] { return ask(server.url() + "chat", limit, outcome); });
    RawConnection connection = server.accept();
    (void)connection.read_until("\r\n\r\n");
    connection.send(answer);
    if (afterwards == Afterwards::shut) connection.shut();
    if (afterwards == Afterwards::reset) connection.vanish();
    client.wait();
    return outcome;
}

TEST(RefusedHandshake, TellsTheWholeAnswer) {
    const Refusal outcome = outcome_of(
        "HTTP/1.0 401 Not you\r\nWWW-Authenticate: Basic realm=\"x\"\r\nSet-Cookie: a=1\r\n"
        "Set-Cookie: b=2\r\nContent-Length: 6\r\n\r\nwho?\r\n");
    EXPECT_EQ(outcome.code, ErrorCode::handshake_refused);
    EXPECT_NE(outcome.message.find("answered 401 Unauthorized"), std::string::npos);
    ASSERT_TRUE(outcome.has_answer);
    EXPECT_EQ(outcome.answer.status, 401);
    EXPECT_EQ(outcome.answer.status_line, "HTTP/1.0 401 Not you");
    EXPECT_EQ(outcome.answer.field("www-authenticate"), "Basic realm=\"x\"");
    EXPECT_EQ(outcome.answer.field("Set-Cookie"), "a=1");
    EXPECT_EQ(outcome.answer.field("Location"), "");
    ASSERT_EQ(outcome.answer.fields.size(), 4U);
    EXPECT_EQ(outcome.answer.fields[2].second, "b=2");
    EXPECT_EQ(outcome.answer.body, "who?\r\n");
    EXPECT_FALSE(outcome.answer.body_is_cut);
    EXPECT_FALSE(outcome.answer.from_proxy);
}

TEST(RefusedHandshake, ReadsABodyOfEachFraming) {
    const Refusal chunked = outcome_of(
        "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nnot\r\n5\r\n you.\r\n0\r\n\r\n");
    EXPECT_EQ(chunked.answer.body, "not you.");
    EXPECT_FALSE(chunked.answer.body_is_cut);
    const Refusal until_end =
        outcome_of("HTTP/1.0 404 Not Found\r\n\r\nnothing here", Afterwards::shut);
    EXPECT_EQ(until_end.answer.body, "nothing here");
    EXPECT_FALSE(until_end.answer.body_is_cut);
    const Refusal none = outcome_of("HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_EQ(none.answer.status, 204);
    EXPECT_EQ(none.answer.body, "");
    EXPECT_FALSE(none.answer.body_is_cut);
}

TEST(RefusedHandshake, KeepsTheFirstKibOfTheBody) {
    const std::string body(HttpAnswer::max_body_size, 'x');
    const std::string head = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: ";
    const Refusal fits = outcome_of(head + "1024\r\n\r\n" + body);
    EXPECT_EQ(fits.answer.body, body);
    EXPECT_FALSE(fits.answer.body_is_cut);
    const Refusal more = outcome_of(head + "1025\r\n\r\n" + body + "y");
    EXPECT_EQ(more.answer.body, body);
    EXPECT_TRUE(more.answer.body_is_cut);
    const Refusal announced = outcome_of(head + "99999999999\r\n\r\n" + body + "y");
    EXPECT_EQ(announced.answer.body, body);
    EXPECT_TRUE(announced.answer.body_is_cut);
}

TEST(RefusedHandshake, DoesNotWaitForABodyThatDoesNotCome) {
    const std::string head = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\n\r\nbusy";
    for (const auto afterwards : {Afterwards::wait, Afterwards::shut, Afterwards::reset}) {
        const Refusal outcome = outcome_of(head, afterwards);
        EXPECT_EQ(outcome.code, ErrorCode::handshake_refused);
        EXPECT_EQ(outcome.answer.status, 503);
        EXPECT_EQ(outcome.answer.body, "busy");
        EXPECT_TRUE(outcome.answer.body_is_cut);
    }
    // Nor beyond the time for the whole of it.
    const Refusal late = outcome_of(head, Afterwards::wait, 200ms);
    EXPECT_EQ(late.code, ErrorCode::handshake_refused);
    EXPECT_EQ(late.answer.body, "busy");
}

TEST(RefusedHandshake, ABrokenBodyIsNoReasonToForgetTheStatus) {
    const Refusal outcome =
        outcome_of("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\nzz\r\n");
    EXPECT_EQ(outcome.code, ErrorCode::handshake_refused);
    EXPECT_EQ(outcome.answer.body, "no");
    EXPECT_TRUE(outcome.answer.body_is_cut);
}

TEST(RefusedHandshake, AnAnswerThatIsNotHttpIsNone) {
    const Refusal outcome = outcome_of("220 mail.example.org ESMTP\r\n");
    EXPECT_EQ(outcome.code, ErrorCode::handshake_invalid);
    EXPECT_FALSE(outcome.has_answer);
}

TEST(RefusedHandshake, TimeThatIsOverSaysWhatWasWaitedFor) {
    const Refusal silent = outcome_of("", Afterwards::wait, 50ms);
    EXPECT_EQ(silent.code, ErrorCode::timed_out);
    EXPECT_NE(silent.message.find("has not answered the handshake"), std::string::npos)
        << silent.message;
    const Refusal half = outcome_of("HTTP/1.1 403 Forb", Afterwards::wait, 50ms);
    EXPECT_EQ(half.code, ErrorCode::timed_out);
}

}  // namespace
}  // namespace longwire
