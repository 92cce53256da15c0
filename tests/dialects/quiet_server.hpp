#pragma once

#include "running_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <string_view>

namespace longwire {

/// A test with a server of which nothing is heard, and which runs once all that it serves is there.
/// It is a member of the test itself, as what it serves is: each before whatever needs it.
struct QuietServer : testing::Test {
    void SetUp() override {
        set_log_sink([](LogLevel, std::string_view) {});
        served().start();
    }
    void TearDown() override {
        served().stop();
        set_log_sink({});
    }

    [[nodiscard]] virtual RunningServer& served() noexcept = 0;
};

}  // namespace longwire
