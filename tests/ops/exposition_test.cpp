#include "ops/exposition.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace longwire::ops {
namespace {

TEST(Exposition, IsTheFormatOfPrometheus) {
    Exposition exposition;
    exposition.counter("messages_total", "Messages.");
    exposition.sample(std::uint64_t{12}, "code=\"1000\"");
    exposition.sample(std::uint64_t{18446744073709551615U});
    exposition.gauge("seconds", "Time.");
    exposition.sample(0.25);
    EXPECT_EQ(exposition.text(),
              "# HELP longwire_messages_total Messages.\n"
              "# TYPE longwire_messages_total counter\n"
              "longwire_messages_total{code=\"1000\"} 12\n"
              "longwire_messages_total 18446744073709551615\n"
              "# HELP longwire_seconds Time.\n"
              "# TYPE longwire_seconds gauge\n"
              "longwire_seconds 0.25\n");
}

TEST(Exposition, CountsUpTheBucketsOfAHistogram) {
    Exposition exposition;
    constexpr std::array<double, 2> bounds = {0.001, 0.5};
    constexpr std::array<std::uint64_t, 3> counts = {1, 2, 3};
    exposition.histogram("delivery_seconds", "Delay.", bounds, counts, 9.5);
    EXPECT_EQ(exposition.text(),
              "# HELP longwire_delivery_seconds Delay.\n"
              "# TYPE longwire_delivery_seconds histogram\n"
              "longwire_delivery_seconds_bucket{le=\"0.001\"} 1\n"
              "longwire_delivery_seconds_bucket{le=\"0.5\"} 3\n"
              "longwire_delivery_seconds_bucket{le=\"+Inf\"} 6\n"
              "longwire_delivery_seconds_sum 9.5\n"
              "longwire_delivery_seconds_count 6\n");
}

}  // namespace
}  // namespace longwire::ops
