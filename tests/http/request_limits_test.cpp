#include "transcript.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace longwire::http::testing {
namespace {

bool is_taken(std::string_view text, const Limits& limits) {
    return requests_in(text, limits).starts_with("request");
}

std::string head_of_size(std::size_t size) {
    const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
}

std::string with_fields(std::size_t count) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t index = 1; index < count; ++index) text += "X: y\r\n";
    return text + "\r\n";
}

TEST(RequestLimits, the_head_is_exact_at_its_bound) {
    for (const std::size_t bound : {std::size_t{100}, Limits{}.max_head_size}) {
        const Limits limits{.max_head_size = bound};
        EXPECT_TRUE(is_taken(head_of_size(bound - 1), limits));
        EXPECT_TRUE(is_taken(head_of_size(bound), limits));
        EXPECT_TRUE(is_taken("\r\n" + head_of_size(bound), limits));
        EXPECT_EQ(requests_in(head_of_size(bound + 1), limits),
                  "refused 431 The head is larger than " + std::to_string(bound) + " bytes.\n");
    }
}

TEST(RequestLimits, the_head_is_refused_before_it_ends) {
    const std::string endless = "GET / HTTP/1.1\r\nX: " + std::string(100, 'x');
    EXPECT_TRUE(requests_in(endless, {.max_head_size = 100}).starts_with("refused 431"));
}

TEST(RequestLimits, a_long_target_is_414) {
    const Limits limits{.max_head_size = 100};
    const auto get = [](std::size_t size) {
        return "GET /" + std::string(size - 5, 't') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    };
    constexpr std::size_t rest = std::string_view(" HTTP/1.1\r\nHost: a\r\n\r\n").size();
    EXPECT_TRUE(is_taken(get(100 - rest), limits));
    EXPECT_TRUE(requests_in(get(100 - rest + 1), limits).starts_with("refused 431"));
    EXPECT_EQ(requests_in(get(100), limits), "refused 414 The request target is too long.\n");
}

TEST(RequestLimits, a_first_line_without_a_method_is_400) {
    EXPECT_EQ(requests_in(std::string(101, 'x'), {.max_head_size = 100}),
              "refused 400 The first line does not begin with a method, as GET.\n");
}

TEST(RequestLimits, fields_are_exact_at_their_bound) {
    const Limits limits{.max_fields = 7};
    EXPECT_TRUE(is_taken(with_fields(6), limits));
    EXPECT_TRUE(is_taken(with_fields(7), limits));
    EXPECT_EQ(requests_in(with_fields(8), limits),
              "refused 431 There are more than 7 header fields.\n");
    EXPECT_TRUE(is_taken(with_fields(100), Limits{}));
    EXPECT_FALSE(is_taken(with_fields(101), Limits{}));
}

TEST(RequestLimits, the_body_is_exact_at_its_bound) {
    const Limits limits{.max_body_size = 10};
    const auto put = [](std::size_t size) {
        return "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
               std::string(size, 'b');
    };
    EXPECT_TRUE(is_taken(put(9), limits));
    EXPECT_TRUE(is_taken(put(10), limits));
    EXPECT_EQ(requests_in(put(11), limits), "refused 413 The body is larger than 10 bytes.\n");
}

TEST(RequestLimits, a_claimed_length_is_refused_before_the_body_comes) {
    const std::string head = "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n";
    EXPECT_TRUE(requests_in(head + "Content-Length: 11\r\n\r\n", {.max_body_size = 10})
                    .starts_with("refused 413"));
    EXPECT_TRUE(requests_in(head + "Content-Length: 18446744073709551615\r\n\r\n")
                    .starts_with("refused 413"));
}

TEST(RequestLimits, chunks_together_are_exact_at_the_bound) {
    const std::string head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const Limits limits{.max_body_size = 10};
    EXPECT_TRUE(is_taken(head + "6\r\n123456\r\n4\r\n7890\r\n0\r\n\r\n", limits));
    EXPECT_EQ(requests_in(head + "6\r\n123456\r\n5\r\n", limits),
              "refused 413 The body is larger than 10 bytes.\n");
    EXPECT_TRUE(requests_in(head + "FFFFFFFFFFFFFFFF\r\n", limits).starts_with("refused 413"));
}

TEST(RequestLimits, trailers_and_extensions_are_bounded) {
    const std::string head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const Limits limits{.max_head_size = 100, .max_fields = 3};
    const auto extended = [&](std::size_t size) {
        return head + "1;" + std::string(size, 'e') + "\r\nx\r\n0\r\n\r\n";
    };
    EXPECT_TRUE(is_taken(extended(98), limits));  // the trailers' empty line takes the other two
    EXPECT_EQ(requests_in(extended(99), limits),
              "refused 431 The trailer section is larger than 1 bytes.\n");
    EXPECT_EQ(requests_in(extended(101), limits),
              "refused 400 The chunk extensions are larger than 100 bytes.\n");
    const auto trailing = [&](std::size_t size) {
        return head + "0\r\nT: " + std::string(size - 7, 't') + "\r\n\r\n";
    };
    EXPECT_TRUE(is_taken(trailing(100), limits));
    EXPECT_TRUE(requests_in(trailing(101), limits).starts_with("refused 431"));
    EXPECT_TRUE(is_taken(head + "0\r\na:b\r\nc:d\r\ne:f\r\n\r\n", limits));
    EXPECT_TRUE(requests_in(head + "0\r\na:b\r\nc:d\r\ne:f\r\ng:h\r\n\r\n", limits)
                    .starts_with("refused 431"));
}

}  // namespace
}  // namespace longwire::http::testing
