#include <longwire/result.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

namespace longwire {
namespace {

// (This is compiled as C++20, as programs may be.)
static_assert(std::is_convertible_v<Failure, Result<int>>);
static_assert(!std::is_convertible_v<Error, Result<int>>);
static_assert(!std::is_convertible_v<Result<int>, bool>);
static_assert(std::is_copy_constructible_v<Result<std::string>>);
static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);
static_assert(std::is_nothrow_move_constructible_v<Result<std::unique_ptr<int>>>);

Result<std::unique_ptr<int>> one_or(bool fails) {
    if (fails) return failure(ErrorCode::timed_out, "it took too long");
    return std::make_unique<int>(1);
}

Result<void> passed_on(bool fails) {
    auto one = one_or(fails);
    if (!one) return Failure(std::move(one.error()));
    return {};
}

TEST(Result, HoldsAValueThatCanOnlyBeMoved) {
    auto result = one_or(false);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result.has_value());
    EXPECT_EQ(**result, 1);
    const std::unique_ptr<int> taken = *std::move(result);
    EXPECT_EQ(*taken, 1);
    EXPECT_EQ(*one_or(false).value(), 1);
}

TEST(Result, HoldsAnError) {
    const auto result = one_or(true);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::timed_out);
    EXPECT_EQ(result.error().message(), "it took too long");
    EXPECT_EQ(one_or(true).value_or(nullptr), nullptr);
}

TEST(Result, PassesAnErrorOn) {
    EXPECT_TRUE(passed_on(false));
    const auto result = passed_on(true);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message(), "it took too long");
}

TEST(Result, IsAssignedTo) {
    Result<std::string> result;
    ASSERT_TRUE(result);
    EXPECT_EQ(*result, "");
    result = failure(ErrorCode::system, "first");
    EXPECT_EQ(result.error().message(), "first");
    const Error taken = std::move(result).error();
    EXPECT_EQ(taken.message(), "first");
    result = "second";
    ASSERT_TRUE(result);
    EXPECT_EQ(result->size(), 6U);
    EXPECT_EQ(result.value_or("third"), "second");
}

TEST(Result, ThrowsWhereTheValueIsNotThere) {
    try {
        static_cast<void>(one_or(true).value());
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "it took too long");
    }
    EXPECT_THROW(passed_on(true).value(), std::runtime_error);
    EXPECT_NO_THROW(passed_on(false).value());
}

}  // namespace
}  // namespace longwire
