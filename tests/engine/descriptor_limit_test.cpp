// A server that has as many descriptors as it may have.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

/// The limit of this process, until the end of the test.
class Limit {
public:
    explicit Limit(rlim_t soft) {
        EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
        rlimit limit = before_;
        limit.rlim_cur = soft;
        EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    }
    ~Limit() { setrlimit(RLIMIT_NOFILE, &before_); }
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;

private:
    rlimit before_ = {};
};

/// Asks, and gives the status.
std::string status_of(RawClient& client) {
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    return client.read_until("\r\n").substr(0, 12);
}

std::string status_of(std::uint16_t port) {
    RawClient client(port);
    return status_of(client);
}

constexpr const char* served = "HTTP/1.1 200";
constexpr const char* full = "HTTP/1.1 503";

struct DescriptorLimit : testing::Test {
    DescriptorLimit() {
        set_log_sink([this](LogLevel level, std::string_view line) {
            const std::scoped_lock lock(mutex);
            if (level >= LogLevel::warning) lines.emplace_back(line);
        });
        for (RunningServer* const each : {&running, &operators}) {
            each->server.http("GET", "/", [](const Request&) { return Response::text(200, "x"); });
            each->start();
        }
    }
    ~DescriptorLimit() override {
        running.stop();
        operators.stop();
        set_log_sink({});
    }

    std::mutex mutex;
    std::vector<std::string> lines;
    RunningServer running;
    RunningServer operators{{.max_connections = 64}};
};

TEST_F(DescriptorLimit, BeyondItClientsGet503AndTheOperatorIsAnswered) {
    const Limit limit(300);
    std::vector<std::unique_ptr<RawClient>> staying;
    int refused = 0;
    for (int count = 0; count < 300; ++count) {
        auto client = std::make_unique<RawClient>(running.port);
        const std::string status = status_of(*client);
        if (status == served) {
            staying.push_back(std::move(client));
            continue;
        }
        EXPECT_EQ(status, full);
        ++refused;
    }
    EXPECT_GT(staying.size(), 90U);
    EXPECT_GT(refused, 150);
    for (int count = 0; count < 5; ++count) EXPECT_EQ(status_of(operators.port), served);
    staying.clear();
    // They go a moment later.
    std::string status;
    while ((status = status_of(running.port)) == full) std::this_thread::yield();
    EXPECT_EQ(status, served);
    const std::scoped_lock lock(mutex);
    ASSERT_EQ(lines.size(), 1U) << (lines.empty() ? "" : lines.back());
    EXPECT_NE(lines.front().find("answered with 503; raise the limit"), std::string::npos);
}

TEST_F(DescriptorLimit, WhereNoneIsLeftOneIsKeptToSaySo) {
    // (A sanitizer wants descriptors too, for each kind of object that it has not seen yet.)
    const std::uint16_t port = operators.port;
    EXPECT_EQ(status_of(port), served);
    while (operators.server.counts().connections > 0) std::this_thread::yield();
    const Limit limit(200);
    std::vector<int> taken;
    for (int made = 0; (made = ::dup(0)) >= 0;) taken.push_back(made);
    ASSERT_FALSE(taken.empty());
    // One for the client; the server has none for its end.
    ::close(taken.back());
    taken.pop_back();
    for (int count = 0; count < 20; ++count) EXPECT_EQ(status_of(port), full);
    for (const int descriptor : taken) ::close(descriptor);
    std::string status;
    while ((status = status_of(port)) == full) std::this_thread::yield();
    EXPECT_EQ(status, served);
    const std::scoped_lock lock(mutex);
    EXPECT_EQ(lines.size(), 1U) << (lines.empty() ? "" : lines.back());
}

}  // namespace
}  // namespace longwire
