// How the addresses of a host race (RFC 8305), against a name server of the test.
#include "net/connector.hpp"
#include "net/localhost.hpp"

#include "name_server.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace longwire::net {
namespace {

using namespace std::chrono_literals;
using Kind = NameServer::Kind;

constexpr auto never = std::chrono::hours(1);

/// One port of this machine on both families, each of which may listen, or not answer at all.
class TwoPorts {
public:
    enum class State : std::uint8_t { listening, refusing, mute };

    TwoPorts(State ipv6, State ipv4) {
        for (int attempt = 0; attempt < 100; ++attempt) {
            ipv4_ = bound(AF_INET, 0);
            port = Address::local_of(ipv4_).port();
            ipv6_ = bound(AF_INET6, port);
            if (ipv6_ >= 0) break;
            ::close(ipv4_);
        }
        set(ipv6_, ipv6);
        set(ipv4_, ipv4);
    }
    ~TwoPorts() {
        for (const int socket : sockets_) ::close(socket);
        ::close(ipv4_);
        ::close(ipv6_);
    }
    TwoPorts(const TwoPorts&) = delete;
    TwoPorts& operator=(const TwoPorts&) = delete;

    [[nodiscard]] bool usable() const noexcept { return ipv6_ >= 0; }
    [[nodiscard]] bool ipv4_was_asked() const { return ::accept(ipv4_, nullptr, nullptr) >= 0; }
    [[nodiscard]] bool ipv6_was_asked() const { return ::accept(ipv6_, nullptr, nullptr) >= 0; }

    std::uint16_t port = 0;

private:
    static int bound(int family, std::uint16_t port) {
        const int socket = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (socket < 0) return -1;
        const int on = 1;
        if (family == AF_INET6) setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        const auto address = Address::from_numeric(family == AF_INET6 ? "::1" : "127.0.0.1", port);
        if (::bind(socket, address->data(), address->size()) == 0) return socket;
        ::close(socket);
        return -1;
    }

    void set(int socket, State state) {
        if (state == State::refusing) return;
        ::listen(socket, state == State::mute ? 0 : 16);
        if (state != State::mute) return;
        // Whoever comes once the queue is full is not answered.
        const Address address = Address::local_of(socket);
        for (int count = 0; count < 8; ++count) {
            const int filler = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK, 0);
            ::connect(filler, address.data(), address.size());
            sockets_.push_back(filler);
            pollfd ready = {.fd = filler, .events = POLLOUT, .revents = 0};
            if (::poll(&ready, 1, 50) == 0) return;
        }
        ADD_FAILURE() << "the queue of a listening socket is never full";
    }

    int ipv4_ = -1;
    int ipv6_ = -1;
    std::vector<int> sockets_;
};

using State = TwoPorts::State;

/// Connects to "server.test", whose addresses `answering` gives.
class Racing {
public:
    explicit Racing(NameServer::Answering answering)
        : names_(std::move(answering)), loop_(*Loop::create()) {
        loop_->resolve_with(names_.servers());
    }

    void start(std::uint16_t port, ConnectDelays delays, const char* local = nullptr) {
        connector_ = std::make_unique<Connector>(
            *loop_, "server.test", port,
            [this](Result<Descriptor> result) { result_.emplace(std::move(result)); }, delays);
        if (local != nullptr) connector_->leave_from(*Address::from_numeric(local, 0));
        connector_->start();
    }
    void give_up() { connector_.reset(); }
    void turn(std::chrono::milliseconds time) { loop_->turn(time); }

    /// "IPv6", "IPv4", or what went wrong.
    std::string outcome() {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!result_ && std::chrono::steady_clock::now() < end) loop_->turn(1s);
        if (!result_) return "nothing";
        if (!*result_) return result_->error().message();
        return Address::peer_of((*result_)->get()).family() == AF_INET6 ? "IPv6" : "IPv4";
    }
    /// Our end of what was connected, without its port.
    [[nodiscard]] std::string left_from() const {
        const std::string text = Address::local_of((*result_)->get()).to_text();
        return text.substr(0, text.rfind(':'));
    }
    [[nodiscard]] ErrorCode code() const { return result_->error().code(); }
    [[nodiscard]] bool settled() const noexcept { return result_.has_value(); }

private:
    NameServer names_;
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<Connector> connector_;
    std::optional<Result<Descriptor>> result_;
};

NameServer::Answering both_families() {
    return [](bool ipv6) { return NameServer::Answer{.addresses = {ipv6 ? "::1" : "127.0.0.1"}}; };
}

NameServer::Answering late_ipv6() {
    return [](bool ipv6) {
        return NameServer::Answer{.kind = ipv6 ? Kind::late_addresses : Kind::addresses,
                                  .addresses = {ipv6 ? "::1" : "127.0.0.1"}};
    };
}

#define NEED_TWO_FAMILIES(ports) \
    if (!(ports).usable()) GTEST_SKIP() << "this machine has no IPv6"

TEST(Connector, PrefersIpv6AndLeavesIpv4Alone) {
    const TwoPorts ports(State::listening, State::listening);
    NEED_TWO_FAMILIES(ports);
    Racing racing(both_families());
    racing.start(ports.port, {.attempt = never, .resolution = never});
    EXPECT_EQ(racing.outcome(), "IPv6");
    EXPECT_FALSE(ports.ipv4_was_asked());
}

TEST(Connector, TriesIpv4BesideAnIpv6ThatDoesNotAnswer) {
    const TwoPorts ports(State::mute, State::listening);
    NEED_TWO_FAMILIES(ports);
    Racing racing(both_families());
    racing.start(ports.port, {.attempt = 30ms, .resolution = never});
    EXPECT_EQ(racing.outcome(), "IPv4");
}

TEST(Connector, WaitsForTheDelayBeforeTheSecondAttempt) {
    const TwoPorts ports(State::mute, State::listening);
    NEED_TWO_FAMILIES(ports);
    Racing racing(both_families());
    racing.start(ports.port, {.attempt = never, .resolution = never});
    for (int count = 0; count < 20; ++count) racing.turn(10ms);
    EXPECT_FALSE(racing.settled());
    EXPECT_FALSE(ports.ipv4_was_asked());
}

TEST(Connector, AFailureStartsTheNextAttemptAtOnce) {
    const TwoPorts ports(State::refusing, State::listening);
    NEED_TWO_FAMILIES(ports);
    Racing racing(both_families());
    racing.start(ports.port, {.attempt = never, .resolution = never});
    EXPECT_EQ(racing.outcome(), "IPv4");
}

TEST(Connector, WaitsAMomentForIpv6AddressesAndNoLonger) {
    const TwoPorts ports(State::listening, State::listening);
    NEED_TWO_FAMILIES(ports);
    Racing racing([](bool ipv6) {
        return ipv6 ? NameServer::Answer{.kind = Kind::silence}
                    : NameServer::Answer{.addresses = {"127.0.0.1"}};
    });
    racing.start(ports.port, {.attempt = never, .resolution = 30ms});
    EXPECT_EQ(racing.outcome(), "IPv4");
    EXPECT_FALSE(ports.ipv6_was_asked());
}

TEST(Connector, Ipv6AddressesThatComeInThatMomentAreFirst) {
    const TwoPorts ports(State::listening, State::listening);
    NEED_TWO_FAMILIES(ports);
    Racing racing(late_ipv6());
    racing.start(ports.port, {.attempt = never, .resolution = never});
    EXPECT_EQ(racing.outcome(), "IPv6");
    EXPECT_FALSE(ports.ipv4_was_asked());
}

TEST(Connector, Ipv6AddressesThatComeLaterJoinTheRace) {
    const TwoPorts ports(State::listening, State::mute);
    NEED_TWO_FAMILIES(ports);
    Racing racing(late_ipv6());
    racing.start(ports.port, {.attempt = 10ms, .resolution = 4ms});
    EXPECT_EQ(racing.outcome(), "IPv6");
}

TEST(Connector, OneFamilyIsEnough) {
    const TwoPorts ports(State::listening, State::listening);
    NEED_TWO_FAMILIES(ports);
    for (const Kind kind : {Kind::no_such_name, Kind::failure, Kind::addresses}) {
        for (const bool only_ipv6 : {false, true}) {
            Racing racing([=](bool ipv6) {
                if (ipv6 != only_ipv6) return NameServer::Answer{.kind = kind};
                return NameServer::Answer{.addresses = {ipv6 ? "::1" : "127.0.0.1"}};
            });
            racing.start(ports.port, {.attempt = never, .resolution = never});
            EXPECT_EQ(racing.outcome(), only_ipv6 ? "IPv6" : "IPv4");
        }
    }
}

TEST(Connector, AnAnswerThatNeverComesIsNotWaitedFor) {
    const TwoPorts ports(State::listening, State::listening);
    NEED_TWO_FAMILIES(ports);
    for (const bool silent_on_ipv6 : {false, true}) {
        Racing racing([=](bool ipv6) {
            if (ipv6 == silent_on_ipv6) return NameServer::Answer{.kind = Kind::silence};
            return NameServer::Answer{.addresses = {ipv6 ? "::1" : "127.0.0.1"}};
        });
        racing.start(ports.port, {.attempt = never, .resolution = 5ms});
        EXPECT_EQ(racing.outcome(), silent_on_ipv6 ? "IPv4" : "IPv6");
    }
}

TEST(Connector, ARefusalThatIsKnownDoesNotWaitForANameServerThatSaysNothing) {
    const TwoPorts ports(State::refusing, State::refusing);
    NEED_TWO_FAMILIES(ports);
    for (const bool silent_on_ipv6 : {false, true}) {
        Racing racing([=](bool ipv6) {
            if (ipv6 == silent_on_ipv6) return NameServer::Answer{.kind = Kind::silence};
            return NameServer::Answer{.addresses = {ipv6 ? "::1" : "127.0.0.1"}};
        });
        racing.start(ports.port, {.attempt = never, .resolution = 4ms, .last_hope = 8ms});
        EXPECT_NE(racing.outcome().find("refused"), std::string::npos) << racing.outcome();
        EXPECT_EQ(racing.code(), ErrorCode::connection_refused);
    }
}

TEST(Connector, TheOtherFamilyMayMakeUpForARefusal) {
    const TwoPorts ports(State::listening, State::refusing);
    NEED_TWO_FAMILIES(ports);
    Racing racing(late_ipv6());
    racing.start(ports.port, {.attempt = never, .resolution = 4ms, .last_hope = never});
    EXPECT_EQ(racing.outcome(), "IPv6");
}

TEST(Connector, LocalhostIsThisMachineAlsoWithADot) {
    EXPECT_TRUE(is_localhost("localhost"));
    EXPECT_TRUE(is_localhost("localhost."));
    EXPECT_TRUE(is_localhost("a.localhost."));
    EXPECT_FALSE(is_localhost("notlocalhost"));
    EXPECT_FALSE(is_localhost("localhost.example"));
}

TEST(Connector, AUnixSocketWhoseQueueIsFullIsWaitedFor) {
    const std::string path = testing::TempDir() + "longwire-queue-" + std::to_string(::getpid());
    const auto address = Address::from_unix_path(path);
    ASSERT_TRUE(address);
    const Descriptor listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::unlink(path.c_str());
    ASSERT_EQ(::bind(listening.get(), address->data(), address->size()), 0);
    ASSERT_EQ(::listen(listening.get(), 0), 0);
    std::vector<Descriptor> fillers;
    for (int status = 0; status == 0;) {
        Descriptor filler(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        status = ::connect(filler.get(), address->data(), address->size());
        if (status == 0) fillers.push_back(std::move(filler));
        ASSERT_LT(fillers.size(), 100U);
    }
    const auto loop = *Loop::create();
    std::optional<Result<Descriptor>> result;
    Connector connector(*loop, std::vector{*address}, path,
                        [&](Result<Descriptor> outcome) { result.emplace(std::move(outcome)); },
                        {.queue = 4ms});
    connector.start();
    for (int count = 0; count < 5; ++count) loop->turn(10ms);
    EXPECT_FALSE(result) << result->error().message();
    while (::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK) < 0) {
    }
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!result && std::chrono::steady_clock::now() < end) loop->turn(100ms);
    ASSERT_TRUE(result);
    EXPECT_TRUE(*result) << result->error().message();
    ::unlink(path.c_str());
}

TEST(Connector, ANameWithoutAddressesIsNotFound) {
    for (const Kind kind : {Kind::no_such_name, Kind::failure, Kind::addresses}) {
        Racing racing([=](bool /*ipv6*/) { return NameServer::Answer{.kind = kind}; });
        racing.start(1, {});
        EXPECT_NE(racing.outcome().find("cannot find the host \"server.test\""), std::string::npos);
        EXPECT_EQ(racing.code(), ErrorCode::name_not_resolved);
    }
}

TEST(Connector, LeavesFromAnAddressToThoseOfItsFamily) {
    const TwoPorts ports(State::listening, State::listening);
    NEED_TWO_FAMILIES(ports);
    Racing racing(both_families());
    racing.start(ports.port, {.attempt = never, .resolution = never}, "127.0.0.9");
    EXPECT_EQ(racing.outcome(), "IPv4");
    EXPECT_EQ(racing.left_from(), "127.0.0.9");
    EXPECT_FALSE(ports.ipv6_was_asked());
}

TEST(Connector, ANameWithoutAddressesOfThatFamilyIsNotReached) {
    Racing racing([](bool ipv6) {
        return NameServer::Answer{.addresses = ipv6 ? std::vector<std::string>{"::1"}
                                                    : std::vector<std::string>{}};
    });
    racing.start(1, {.attempt = never, .resolution = never}, "127.0.0.9");
    EXPECT_NE(racing.outcome(), "IPv6");
    EXPECT_EQ(racing.code(), ErrorCode::name_not_resolved);
}

TEST(Connector, TellsOfAnAddressThatIsNotOurs) {
    Racing racing(both_families());
    racing.start(1, {.attempt = never, .resolution = never}, "192.0.2.7");
    EXPECT_EQ(
        racing.outcome(),
        "cannot connect to server.test:1 from 192.0.2.7: 127.0.0.1:1: Cannot assign requested "
        "address");
    EXPECT_EQ(racing.code(), ErrorCode::connection_failed);
}

TEST(Connector, TellsOfEveryAddressThatFailed) {
    const TwoPorts ports(State::refusing, State::refusing);
    NEED_TWO_FAMILIES(ports);
    Racing racing(both_families());
    racing.start(ports.port, {});
    const std::string port = std::to_string(ports.port);
    EXPECT_EQ(racing.outcome(), "cannot connect to server.test:" + port + ": [::1]:" + port +
                                    ": Connection refused, 127.0.0.1:" + port +
                                    ": Connection refused; is the server running there?");
    EXPECT_EQ(racing.code(), ErrorCode::connection_refused);
}

TEST(Connector, TakesTheFamiliesInTurns) {
    const TwoPorts ports(State::refusing, State::refusing);
    NEED_TWO_FAMILIES(ports);
    // Those of IPv6 come last, so that all are there when the first is tried.
    Racing racing([](bool ipv6) {
        NameServer::Answer answer;
        answer.kind = ipv6 ? Kind::late_addresses : Kind::addresses;
        answer.addresses = {ipv6 ? "::1" : "127.0.0.1", ipv6 ? "::1" : "127.0.0.2"};
        return answer;
    });
    racing.start(ports.port, {.attempt = never, .resolution = never});
    const std::string outcome = racing.outcome();
    std::size_t place = 0;
    for (const std::string address : {"[::1]", "127.0.0.1", "[::1]", "127.0.0.2"}) {
        place = outcome.find(address, place);
        ASSERT_NE(place, std::string::npos) << outcome;
        ++place;
    }
}

TEST(Connector, TriesNoMoreThanSixteenAddressesOfAFamilyAndTellsOfFour) {
    Racing racing([](bool ipv6) {
        NameServer::Answer answer;
        for (int count = 1; count <= 20 && !ipv6; ++count)
            answer.addresses.push_back("127.0.0." + std::to_string(count));
        return answer;
    });
    racing.start(1, {});
    const std::string outcome = racing.outcome();
    EXPECT_NE(outcome.find("and 12 more"), std::string::npos) << outcome;
}

TEST(Connector, AFamilyOfManyAddressesLeavesRoomForTheOther) {
    for (const bool dead_ipv6 : {false, true}) {
        const TwoPorts ports(dead_ipv6 ? State::refusing : State::listening,
                             dead_ipv6 ? State::listening : State::refusing);
        NEED_TWO_FAMILIES(ports);
        Racing racing([=](bool ipv6) {
            // The dead ones are all there before the good one is.
            const std::string address = ipv6 ? "::1" : "127.0.0.1";
            if (ipv6 != dead_ipv6)
                return NameServer::Answer{.kind = Kind::late_addresses, .addresses = {address}};
            // More than one family may have, and no more than a datagram holds.
            return NameServer::Answer{.addresses = std::vector(17, address)};
        });
        racing.start(ports.port, {.attempt = never, .resolution = 4ms});
        EXPECT_EQ(racing.outcome(), dead_ipv6 ? "IPv4" : "IPv6");
    }
}

std::ptrdiff_t open_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
}

TEST(Connector, ClosesWhatLostAndGivesUpAtAnyStage) {
    const TwoPorts ports(State::mute, State::listening);
    NEED_TWO_FAMILIES(ports);
    Racing racing(both_families());
    racing.turn(0ms);
    for (int turns = 0; turns < 12; ++turns) {
        const auto before = open_descriptors();
        racing.start(ports.port, {.attempt = 5ms, .resolution = 5ms});
        for (int count = 0; count < turns && !racing.settled(); ++count) racing.turn(20ms);
        if (racing.settled()) break;
        racing.give_up();
        racing.turn(0ms);
        // c-ares may keep a socket of its own.
        EXPECT_LE(open_descriptors(), before + 1) << turns;
    }
    const auto with_winner = open_descriptors();
    racing.give_up();
    EXPECT_EQ(open_descriptors(), with_winner);
}

}  // namespace
}  // namespace longwire::net
