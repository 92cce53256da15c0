#include "http/chunked_decoder.hpp"

#include "transcript.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::http::testing {
namespace {

TEST(ChunkedDecoder, gives_content_as_it_comes) {
    ChunkedDecoder decoder(Limits{});
    std::vector<char> body;
    const auto text_of = [&] { return std::string(body.begin(), body.end()); };
    EXPECT_EQ(decoder.decode(bytes_of("a\r\n01234"), body).status,
              ChunkedDecoder::Status::need_more);
    EXPECT_EQ(text_of(), "01234");
    EXPECT_EQ(decoder.decode(bytes_of("56789\r"), body).status, ChunkedDecoder::Status::need_more);
    EXPECT_EQ(text_of(), "0123456789");
    const auto decoded = decoder.decode(bytes_of("\n0\r\n\r\nnext"), body);
    EXPECT_EQ(decoded.status, ChunkedDecoder::Status::complete);
    EXPECT_EQ(decoded.consumed, 6U);
    EXPECT_EQ(text_of(), "0123456789");
}

TEST(ChunkedDecoder, allocates_nothing_for_a_size_that_is_only_claimed) {
    ChunkedDecoder decoder(Limits{.max_body_size = std::size_t{1} << 40U});
    std::vector<char> body;
    ASSERT_EQ(decoder.decode(bytes_of("FFFFFFFFFF\r\nx"), body).status,
              ChunkedDecoder::Status::need_more);
    EXPECT_LT(body.capacity(), 1024U);
}

}  // namespace
}  // namespace longwire::http::testing
