#include "transcript.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::http::testing {
namespace {

// A second request that must never be seen where the framing of the first is in doubt.
constexpr std::string_view hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

struct Framed {
    std::string_view fields;
    std::string_view body;
    int status;
    std::string_view words;
};

std::string outcome_of(const Framed& framed) {
    return requests_in("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(framed.fields) + "\r\n\r\n" +
                       std::string(framed.body) + std::string(hidden));
}

void expect_refusals(const std::vector<Framed>& table) {
    for (const Framed& framed : table) {
        const std::string outcome = outcome_of(framed);
        EXPECT_TRUE(outcome.starts_with("refused " + std::to_string(framed.status) + " "))
            << framed.fields << "\n"
            << framed.body << "\ngave: " << outcome;
        EXPECT_NE(outcome.find(framed.words), std::string::npos)
            << framed.fields << "\n"
            << framed.body << "\ngave: " << outcome;
    }
}

TEST(RequestSmuggling, content_length) {
    expect_refusals({
        {"Content-Length: 5\r\nContent-Length: 5", "hello", 400, "Content-Length"},
        {"Content-Length: 5\r\nContent-Length: 0", "hello", 400, "Content-Length"},
        {"Content-Length: 5\r\ncontent-length: 6", "hello", 400, "Content-Length"},
        {"Content-Length: 5, 5", "hello", 400, "Content-Length"},
        {"Content-Length: +5", "hello", 400, "Content-Length"},
        {"Content-Length: -5", "hello", 400, "Content-Length"},
        {"Content-Length: 0x5", "hello", 400, "Content-Length"},
        {"Content-Length: 5 0", "hello", 400, "Content-Length"},
        {"Content-Length: 5.0", "hello", 400, "Content-Length"},
        {"Content-Length: \"5\"", "hello", 400, "Content-Length"},
        {"Content-Length:", "hello", 400, "Content-Length"},
        {"Content-Length: 18446744073709551616", "hello", 400, "Content-Length"},
        {"Content-Length: 99999999999999999999999999", "hello", 400, "Content-Length"},
        {"Content-Length: 5\t", "hello", 400, "Content-Length"},  // where llhttp sees no number
        {"Content-Length : 5", "hello", 400, "white space before the colon"},
        {"Content-Length\t: 5", "hello", 400, "white space before the colon"},
        {"X: y\r\n Content-Length: 5", "hello", 400, "white space"},
        {"X: y\nContent-Length: 5", "hello", 400, "LF alone"},
        {"X: y\rContent-Length: 5", "hello", 400, "CR that no LF follows"},
        {"Content-Length: 5\r\nX:\r", "hello", 400, "CR that no LF follows"},
    });
}

TEST(RequestSmuggling, transfer_encoding) {
    expect_refusals({
        {"Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n", 400, "Content-Length"},
        {"Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n", 400, "Content-Length"},
        {"Transfer-Encoding: chunked\r\nContent-Length: 0", "0\r\n\r\n", 400, "Content-Length"},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n", 400,
         "Transfer-Encoding"},
        {"Transfer-Encoding: chunked, chunked", "0\r\n\r\n", 400, "Transfer-Encoding"},
        {"Transfer-Encoding: chunked, identity", "0\r\n\r\n", 400, "Transfer-Encoding"},
        {"Transfer-Encoding: chunked, gzip", "0\r\n\r\n", 400, "Transfer-Encoding"},
        {"Transfer-Encoding: gzip, chunked", "0\r\n\r\n", 501, "transfer coding"},
        {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", "0\r\n\r\n", 501,
         "transfer coding"},
        {"Transfer-Encoding: gzip", "0\r\n\r\n", 501, "transfer coding"},
        {"Transfer-Encoding: identity", "0\r\n\r\n", 501, "transfer coding"},
        {"Transfer-Encoding: xchunked", "0\r\n\r\n", 501, "transfer coding"},
        {"Transfer-Encoding: chunkedx", "0\r\n\r\n", 501, "transfer coding"},
        {"Transfer-Encoding: \"chunked\"", "0\r\n\r\n", 501, "transfer coding"},
        {"Transfer-Encoding: chunked;q=1", "0\r\n\r\n", 501, "transfer coding"},
        {"Transfer-Encoding:", "0\r\n\r\n", 400, "Transfer-Encoding"},
        {"Transfer-Encoding: ,", "0\r\n\r\n", 400, "Transfer-Encoding"},
        {"Transfer-Encoding: \x0B"
         "chunked",
         "0\r\n\r\n", 400, "control character"},
        {"Transfer-Encoding: chunked\t", "0\r\n\r\n", 400, "length of the body"},
        {"Transfer-Encoding : chunked", "0\r\n\r\n", 400, "white space before the colon"},
        {"Transfer-Encoding:\r\n chunked", "0\r\n\r\n", 400, "white space"},
        {"Transfer-Encoding:\n chunked", "0\r\n\r\n", 400, "LF alone"},
    });
    EXPECT_TRUE(requests_in("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                    .starts_with("refused 400"));
}

TEST(RequestSmuggling, chunks) {
    constexpr std::string_view chunked = "Transfer-Encoding: chunked";
    expect_refusals({
        {chunked, "5\nhello\r\n0\r\n\r\n", 400, "chunk size"},
        {chunked, "5\r\nhello\n0\r\n\r\n", 400, "chunk"},
        {chunked, "5\r\nhello0\r\n\r\n", 400, "longer than its size"},
        {chunked, "5\r\nhello!!\r\n0\r\n\r\n", 400, "longer than its size"},
        {chunked, "5\r\nhello\r0\r\n\r\n", 400, "chunk"},
        {chunked, "5\rXhello\r\n0\r\n\r\n", 400, "CR that no LF follows"},
        {chunked, "\r\nhello\r\n0\r\n\r\n", 400, "chunk size"},
        {chunked, ";x\r\nhello\r\n0\r\n\r\n", 400, "chunk size"},
        {chunked, "0x5\r\nhello\r\n0\r\n\r\n", 400, "chunk size"},
        {chunked, "+5\r\nhello\r\n0\r\n\r\n", 400, "chunk size"},
        {chunked, "-5\r\nhello\r\n0\r\n\r\n", 400, "chunk size"},
        {chunked, " 5\r\nhello\r\n0\r\n\r\n", 400, "chunk size"},
        {chunked, "5 \r\nhello\r\n0\r\n\r\n", 400, "chunk size"},
        {chunked, "5_\r\nhello\r\n0\r\n\r\n", 400, "chunk size"},
        {chunked, "00000000000000005\r\nhello\r\n0\r\n\r\n", 400, "16 digits"},
        {chunked, "10000000000000005\r\nhello\r\n0\r\n\r\n", 400, "16 digits"},
        {chunked, "5;a\nhello\r\n0\r\n\r\n", 400, "LF alone"},
        {chunked, "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n", 400, "LF alone"},
        {chunked, "5;a\x01\r\nhello\r\n0\r\n\r\n", 400, "control character"},
        {chunked, "0\r\nX : y\r\n\r\n", 400, "Line 1 of the trailer section"},
        {chunked, "0\r\nX: y\n\r\n", 400, "LF alone"},
        {chunked, "0\r\nX: y\r\n z\r\n\r\n", 400, "folded"},
        {chunked, "0\r\nX:\r\r\n\r\n", 400, "CR that no LF follows"},
        {chunked, "0\r\n\n", 400, "LF alone"},
    });
}

TEST(RequestSmuggling, what_is_sound_is_taken_and_the_next_request_is_seen) {
    const std::vector<Framed> table = {
        {"Content-Length: 5", "hello", 0, "body=[hello]"},
        {"Content-Length: \t005  ", "hello", 0, "body=[hello]"},
        {"Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n", 0, "body=[hello]"},
        {"transfer-encoding: \tCHUNKED  ", "5\r\nhello\r\n0\r\n\r\n", 0, "body=[hello]"},
        {"Transfer-Encoding: chunked", "5;a;b=c;d=\"e f\"\r\nhello\r\n0;z\r\n\r\n", 0,
         "body=[hello]"},
        {"Transfer-Encoding: chunked", "0000000000000005\r\nhello\r\n000\r\n\r\n", 0,
         "body=[hello]"},
        {"Transfer-Encoding: chunked",
         "3\r\nhel\r\n2\r\nlo\r\n0\r\nContent-Length: 7\r\nHost: b\r\n\r\n", 0, "body=[hello]"},
    };
    for (const Framed& framed : table) {
        const std::string outcome = outcome_of(framed);
        EXPECT_NE(outcome.find(framed.words), std::string::npos) << outcome;
        EXPECT_NE(outcome.find("request GET /hidden path=/hidden"), std::string::npos) << outcome;
        EXPECT_EQ(outcome.find("Host=b"), std::string::npos) << "a trailer became a field";
    }
}

}  // namespace
}  // namespace longwire::http::testing
