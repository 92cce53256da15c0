// What a Tunnel does with a socket while somebody in between is spoken to.
#include "net/tunnel.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::net {
namespace {

using namespace std::chrono_literals;

/// Says `first`, and answers each line with `answer`; "open\n" is the end of it.
class Lines final : public Dialogue {
public:
    explicit Lines(std::string first, std::string answer = "go on\n")
        : first_(std::move(first)), answer_(std::move(answer)) {}

    std::string begin() override { return first_; }
    Result<Progress> receive(std::span<const std::byte> bytes) override {
        Progress progress;
        for (const std::byte byte : bytes) {
            if (done_) return failure(ErrorCode::proxy_failed, "more than was expected");
            line_ += static_cast<char>(byte);
            if (byte != std::byte{'\n'}) continue;
            if (line_ == "no\n") return failure(ErrorCode::proxy_failed, "it said no");
            progress.refused = line_ == "no, because\n";
            done_ = line_ == "open\n";
            if (!done_ || line_says_answer_at_end_) progress.answer += answer_;
            line_.clear();
        }
        progress.done = done_;
        return progress;
    }
    [[nodiscard]] Error ended() const override {
        return {ErrorCode::proxy_failed, "it ended after \"" + line_ + "\""};
    }

    [[nodiscard]] Error cut_off() const override {
        return {ErrorCode::proxy_failed, "it was cut off"};
    }

    void answer_also_at_the_end() { line_says_answer_at_end_ = true; }

private:
    std::string first_;
    std::string answer_;
    std::string line_;
    bool done_ = false;
    bool line_says_answer_at_end_ = false;
};

class TunnelTest : public testing::Test {
protected:
    void SetUp() override {
        std::array<int, 2> ends = {};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
        ours_ = Descriptor(ends[0]);
        proxy = Descriptor(ends[1]);
    }

    void start(std::unique_ptr<Dialogue> dialogue) {
        our_number = ours_.get();
        tunnel = std::make_unique<Tunnel>(*loop, std::move(ours_), std::move(dialogue),
                                          [this](Result<Descriptor> outcome) {
                                              ++told;
                                              result.emplace(std::move(outcome));
                                              if (and_then) and_then();
                                          });
        tunnel->start();
    }

    void say(std::string_view text) const {
        ASSERT_EQ(::send(proxy.get(), text.data(), text.size(), MSG_NOSIGNAL), std::ssize(text));
    }

    /// What has come to the proxy by now.
    [[nodiscard]] std::string heard() const {
        std::string text(std::size_t{1} << 20, '\0');
        const auto size = ::recv(proxy.get(), text.data(), text.size(), 0);
        text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return text;
    }

    void turn() const { loop->turn(0ms); }
    [[nodiscard]] bool our_end_is_open() const { return ::fcntl(our_number, F_GETFD) >= 0; }
    [[nodiscard]] std::string error() const {
        return result && !*result ? result->error().message() : "none";
    }

    std::unique_ptr<Loop> loop = *Loop::create();
    Descriptor proxy;
    std::unique_ptr<Tunnel> tunnel;
    std::optional<Result<Descriptor>> result;
    std::function<void()> and_then;
    int told = 0;
    int our_number = -1;

private:
    Descriptor ours_;
};

TEST_F(TunnelTest, HandsTheSocketBackOnceTheWayIsOpen) {
    start(std::make_unique<Lines>("hello\n"));
    EXPECT_EQ(heard(), "hello\n");
    say("who are");
    turn();
    EXPECT_EQ(heard(), "");
    say(" you\n");
    turn();
    EXPECT_EQ(heard(), "go on\n");
    say("open\n");
    turn();
    ASSERT_TRUE(result && *result) << error();
    EXPECT_EQ((*result)->get(), our_number);
    // It is the owner's now, and nobody else watches it.
    tunnel.reset();
    say("for the owner");
    turn();
    std::array<char, 32> buffer = {};
    EXPECT_EQ(::recv(our_number, buffer.data(), buffer.size(), 0), 13);
    EXPECT_EQ(told, 1);
}

TEST_F(TunnelTest, TakesSeveralAnswersAtOnce) {
    start(std::make_unique<Lines>("hello\n"));
    say("one\ntwo\nopen\n");
    turn();
    EXPECT_TRUE(result && *result) << error();
    EXPECT_EQ(heard(), "hello\ngo on\ngo on\n");
}

TEST_F(TunnelTest, ARefusalEndsTheConnection) {
    start(std::make_unique<Lines>("hello\n"));
    say("no\n");
    turn();
    EXPECT_EQ(error(), "it said no");
    EXPECT_EQ(told, 1);
    tunnel.reset();
    EXPECT_FALSE(our_end_is_open());
}

TEST_F(TunnelTest, ARefusalIsHeardToItsEndButNotForEver) {
    start(std::make_unique<Lines>("hello\n"));
    EXPECT_FALSE(tunnel->conclude());
    say("no, because\n");
    turn();
    EXPECT_EQ(told, 0);
    say("no\n");
    turn();
    EXPECT_EQ(error(), "it said no");
    EXPECT_FALSE(tunnel->conclude());

    SetUp();
    start(std::make_unique<Lines>("hello\n"));
    say("no, because\n");
    turn();
    EXPECT_TRUE(tunnel->conclude());
    EXPECT_EQ(error(), "it was cut off");

    SetUp();
    start(std::make_unique<Lines>("hello\n"));
    say("no, because\n");
    while (told < 3) loop->turn(10ms);
    EXPECT_EQ(error(), "it was cut off");
}

TEST_F(TunnelTest, NothingMayFollowTheLastAnswer) {
    start(std::make_unique<Lines>("hello\n"));
    say("open\nand more");
    turn();
    EXPECT_EQ(error(), "more than was expected");
}

TEST_F(TunnelTest, AnEndIsToldWithWhatCameBefore) {
    start(std::make_unique<Lines>("hello\n"));
    say("wait");
    ::shutdown(proxy.get(), SHUT_WR);
    turn();
    turn();
    EXPECT_EQ(error(), "it ended after \"wait\"");
    EXPECT_EQ(told, 1);
}

TEST_F(TunnelTest, WhatWasSaidBeforeAResetIsHeard) {
    start(std::make_unique<Lines>("hello\n"));
    say("no\n");
    proxy.reset();
    turn();
    EXPECT_EQ(error(), "it said no");
}

TEST_F(TunnelTest, AProxyThatIsGoneAtTheStartIsTold) {
    proxy.reset();
    start(std::make_unique<Lines>("hello\n"));
    turn();
    EXPECT_EQ(error(), "it ended after \"\"");
    EXPECT_EQ(told, 1);
}

TEST_F(TunnelTest, SendsWhatTheKernelDoesNotTakeAtOnce) {
    const std::string long_hello(std::size_t{4} << 20, 'x');
    start(std::make_unique<Lines>(long_hello));
    std::string all;
    for (int count = 0; count < 10'000 && all.size() < long_hello.size(); ++count) {
        all += heard();
        turn();
    }
    EXPECT_EQ(all.size(), long_hello.size());
    // Now that all is sent, the loop has nothing to do.
    say("open\n");
    turn();
    EXPECT_TRUE(result && *result) << error();
}

TEST_F(TunnelTest, TheWayIsOpenOnlyOnceEverythingIsSent) {
    const std::string long_answer(std::size_t{4} << 20, 'y');
    auto dialogue = std::make_unique<Lines>("", long_answer);
    dialogue->answer_also_at_the_end();
    start(std::move(dialogue));
    say("open\n");
    turn();
    EXPECT_FALSE(result);
    std::string all;
    for (int count = 0; count < 10'000 && !result; ++count) {
        all += heard();
        turn();
    }
    ASSERT_TRUE(result && *result) << error();
    for (std::string more = heard(); !more.empty(); more = heard()) all += more;
    EXPECT_EQ(all.size(), long_answer.size());
}

TEST_F(TunnelTest, NothingMayComeWhileTheLastIsBeingSent) {
    auto dialogue = std::make_unique<Lines>("", std::string(std::size_t{4} << 20, 'y'));
    dialogue->answer_also_at_the_end();
    start(std::move(dialogue));
    say("open\n");
    turn();
    say("too soon");
    turn();
    EXPECT_EQ(error(), "more than was expected");
    EXPECT_EQ(told, 1);
}

TEST_F(TunnelTest, DestroyingItGivesUp) {
    start(std::make_unique<Lines>(std::string(std::size_t{4} << 20, 'x')));
    turn();
    tunnel.reset();
    EXPECT_FALSE(our_end_is_open());
    turn();
    EXPECT_EQ(told, 0);
}

TEST_F(TunnelTest, OneThatGoesInTheTurnInWhichItIsReadyIsNotTold) {
    std::array<int, 2> ends = {};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    const Descriptor other_proxy(ends[1]);
    std::unique_ptr<Tunnel> other;
    // Both have been answered; whichever is told first ends the other.
    other = std::make_unique<Tunnel>(*loop, Descriptor(ends[0]), std::make_unique<Lines>("hello\n"),
                                     [&](const Result<Descriptor>& /*outcome*/) {
                                         ++told;
                                         tunnel.reset();
                                     });
    and_then = [&] { other.reset(); };
    start(std::make_unique<Lines>("hello\n"));
    other->start();
    say("open\n");
    ASSERT_EQ(::send(ends[1], "open\n", 5, MSG_NOSIGNAL), 5);
    turn();
    turn();
    EXPECT_EQ(told, 1);
}

TEST_F(TunnelTest, MayBeDestroyedWhenItHasTold) {
    and_then = [this] { tunnel.reset(); };
    start(std::make_unique<Lines>("hello\n"));
    say("open\n");
    turn();
    EXPECT_EQ(tunnel, nullptr);
    ASSERT_TRUE(result && *result);
    EXPECT_TRUE(our_end_is_open());
}

}  // namespace
}  // namespace longwire::net
