// Names, looked up in files of the test and at a name server of the test.
#include "net/resolver.hpp"

#include "name_server.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace longwire::net {
namespace {

using namespace std::chrono_literals;

struct Names : testing::Test {
    Names() { std::filesystem::create_directories(folder); }
    ~Names() override { std::filesystem::remove_all(folder); }

    void write(const char* name, const std::string& content) const {
        std::ofstream(folder / name) << content;
    }
    std::string path(const char* name) const { return (folder / name).string(); }
    std::uint16_t port_of_server() const {
        const std::string servers = server.servers();
        return static_cast<std::uint16_t>(std::stoi(servers.substr(servers.rfind(':') + 1)));
    }
    void make_resolver() {
        resolver = std::make_unique<Resolver>(
            *loop, Resolver::Sources{.file = path("resolv.conf"), .port = port_of_server()});
    }
    /// The addresses, with a space before each, or what went wrong.
    std::string outcome_of(const std::string& name, int family) {
        std::optional<Result<std::vector<Address>>> result;
        const auto lookup = resolver->lookup(
            name, 80, family,
            [&](const Result<std::vector<Address>>& found) { result.emplace(found); });
        const auto end = std::chrono::steady_clock::now() + 60s;
        while (!result && std::chrono::steady_clock::now() < end) loop->turn(1s);
        if (!result) return "nothing";
        if (!*result) return result->error().message();
        std::string all;
        for (const Address& each : **result) all += " " + each.to_text();
        return all;
    }

    std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                   ("longwire-names-" + std::to_string(::getpid()));
    std::atomic<int> asked = 0;
    NameServer server{[this](bool ipv6) {
        ++asked;
        return NameServer::Answer{.addresses = {ipv6 ? "::1" : "127.0.0.1"}};
    }};
    std::unique_ptr<Loop> loop = *Loop::create();
    std::unique_ptr<Resolver> resolver;
};

TEST_F(Names, AreAskedOfOtherServersOnceTheFileNamesThem) {
    // Nobody is there, which is known at once.
    write("resolv.conf", "nameserver 127.0.0.3\noptions timeout:1 attempts:1\n");
    make_resolver();
    EXPECT_NE(outcome_of("server.test", AF_INET).find("cannot find the host"), std::string::npos);
    write("resolv.conf", "# the network is there\nnameserver 127.0.0.1\n");
    EXPECT_EQ(outcome_of("server.test", AF_INET), " 127.0.0.1:80");
    EXPECT_EQ(outcome_of("server.test.", AF_INET6), " [::1]:80");
    // A file in its place, as a network manager puts it there.
    write("next", "nameserver 127.0.0.3\noptions timeout:1 attempts:1\n");
    std::filesystem::rename(path("next"), path("resolv.conf"));
    EXPECT_NE(outcome_of("server.test", AF_INET).find("cannot find the host"), std::string::npos);
    std::filesystem::remove(path("resolv.conf"));
    write("resolv.conf", "nameserver 127.0.0.1\n");
    EXPECT_EQ(outcome_of("server.test", AF_INET), " 127.0.0.1:80");
}

TEST_F(Names, ThatWereAskedForBeforeTheFileChangedAreStillAnswered) {
    write("resolv.conf", "nameserver 127.0.0.1\n");
    make_resolver();
    std::optional<Result<std::vector<Address>>> first;
    const auto lookup =
        resolver->lookup("server.test", 80, AF_INET,
                         [&](const Result<std::vector<Address>>& found) { first.emplace(found); });
    write("resolv.conf", "# changed\nnameserver 127.0.0.1\n");
    EXPECT_EQ(outcome_of("other.test", AF_INET), " 127.0.0.1:80");
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!first && std::chrono::steady_clock::now() < end) loop->turn(1s);
    ASSERT_TRUE(first);
    EXPECT_TRUE(*first) << first->error().message();
}

TEST_F(Names, OfTheHostsFileAreKnownForBothFamilies) {
    write("resolv.conf", "nameserver 127.0.0.1\n");
    write("hosts", "192.0.2.7 four.test\n2001:db8::7 six.test\n");
    ::setenv("CARES_HOSTS", path("hosts").c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    make_resolver();
    EXPECT_EQ(outcome_of("four.test", AF_INET), " 192.0.2.7:80");
    EXPECT_EQ(outcome_of("four.test.", AF_INET), " 192.0.2.7:80");
    EXPECT_NE(outcome_of("four.test", AF_INET6).find("cannot find the host"), std::string::npos);
    EXPECT_EQ(outcome_of("six.test", AF_INET6), " [2001:db8::7]:80");
    EXPECT_NE(outcome_of("six.test", AF_INET).find("cannot find the host"), std::string::npos);
    EXPECT_EQ(asked, 0);
    ::unsetenv("CARES_HOSTS");  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace
}  // namespace longwire::net
