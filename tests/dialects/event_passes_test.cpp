// Event streams of one channel, of which each turn of the loop serves a single one: what happens to
// them while some have what was published and others have not.
#include "crowd.hpp"
#include "dialects/raw/raw.hpp"
#include "quiet_server.hpp"
#include "running_hub.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace longwire::dialects {
namespace {

constexpr std::size_t members = 60;

struct EventPasses : QuietServer {
    EventPasses() { hub_loops.loops().set_pace(std::chrono::microseconds(0), 1); }
    [[nodiscard]] RunningServer& served() noexcept override { return running; }

    static RulesGate::Policy policy() {
        RulesGate::Policy open = open_policy();
        const access::ChannelRule rule = open.rules.front();
        const auto add = [&](const char* pattern, auto change) {
            open.rules.insert(open.rules.begin(), rule);
            open.rules.front().pattern = pattern;
            change(open.rules.front());
        };
        add("hidden", [](access::ChannelRule& its) { its.presence = access::Who::nobody; });
        add("latest", [](access::ChannelRule& its) { its.slow_reader = SlowReader::latest; });
        return open;
    }

    [[nodiscard]] std::unique_ptr<SlowSocket> stream(const std::string& target,
                                                     std::string_view version = "1.1") const {
        return std::make_unique<SlowSocket>(
            running.port, "GET /channels/" + target + " HTTP/" + std::string(version) +
                              "\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
    }
    /// Those that are there have the head of their answer.
    std::vector<std::unique_ptr<SlowSocket>> streams(const std::string& target,
                                                     std::size_t count = members) {
        std::vector<std::unique_ptr<SlowSocket>> made;
        for (std::size_t number = 0; number < count; ++number) {
            made.push_back(stream(target));
            EXPECT_TRUE(made.back()->read_until("event: joined"));
            EXPECT_TRUE(made.back()->read_until("\n\n", made.back()->text.find("joined")));
        }
        return made;
    }
    void publish(const std::string& channel, std::string_view words) {
        hub.publish({.channel = channel, .content = {.message = Message::text(words)}});
    }
    void publish_number(const std::string& channel, std::size_t number, std::size_t size = 0) {
        publish(channel, numbered(number, size));
    }
    void on_loop(std::function<void()> function) const {
        hub_loops.loops().post(0, std::move(function));
    }
    void announce(const std::string& channel, hub::PresenceChange::Kind kind) {
        hub::PresenceChange change;
        change.channel = channel;
        change.kind = kind;
        change.who.user = "ann";
        on_loop([this, change] { raw.announce(0, change); });
    }
    [[nodiscard]] std::uint64_t sum(DialectTally::Of what) const {
        return std::ranges::find(hub_loops.tallies(), "sse", &DialectTally::name)->sum(what);
    }

    /// Some turns later.
    void on_loop_after(int turns, std::function<void()> function) const {
        on_loop([this, turns, function = std::move(function)] {
            turns == 0 ? function() : on_loop_after(turns - 1, function);
        });
    }

    /// From some turns later on, and until this goes, the loop does nothing.
    class Held {
    public:
        explicit Held(const EventPasses& test, int turns = 0) {
            test.on_loop_after(turns, [this, until = go_on_.get_future().share()] {
                here_.set_value();
                until.wait();
            });
            if (turns == 0) wait();
        }
        ~Held() { go_on_.set_value(); }
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

        void wait() { here_.get_future().wait(); }

    private:
        std::promise<void> here_;
        std::promise<void> go_on_;
    };

    /// When this turn of the loop is over, too.
    [[nodiscard]] std::uint64_t sum_at_rest(DialectTally::Of what) const {
        Held held(*this, 1);
        held.wait();
        return sum(what);
    }

    /// The numbers of the messages in what came.
    static std::vector<std::size_t> numbers_in(std::string_view text) {
        constexpr std::string_view mark = "data: ";
        std::vector<std::size_t> numbers;
        for (std::size_t at = text.find(mark); at != std::string_view::npos;
             at = text.find(mark, at + 1)) {
            const std::string_view data = text.substr(at + mark.size());
            if (data.front() != '{') numbers.push_back(number_of(data));
        }
        return numbers;
    }
    static std::vector<std::size_t> from_to(std::size_t first, std::size_t last) {
        std::vector<std::size_t> numbers;
        for (std::size_t number = first; number <= last; ++number) numbers.push_back(number);
        return numbers;
    }
    static bool read_to(SlowSocket& stream, std::size_t last) {
        return stream.read_until("data: " + std::to_string(last) + " ");
    }

    hub::MemoryBroker broker;
    hub::Hub hub{broker, {.presence_grace = std::chrono::milliseconds(0)}};
    RunningServer running;
    HubLoops hub_loops{running.server, hub};
    RulesGate gate{policy()};
    raw::Raw raw{running.server, hub_loops, gate};
};

TEST_F(EventPasses, WhoeverComesOrGoesInTheMiddleChangesNothingForOthers) {
    auto all = streams("a");
    std::unique_ptr<SlowSocket> late;
    std::optional<Held> held(std::in_place, *this);
    for (std::size_t number = 1; number <= 3; ++number) publish_number("a", number);
    {
        // In the middle: some have it, others have not, and the loop does something else.
        Held later(*this, 20);
        held.reset();
        later.wait();
        for (const auto& stream : all) stream->read_what_there_is();
        const auto has_all = [](const auto& stream) {
            return numbers_in(stream->text) == from_to(1, 3);
        };
        EXPECT_TRUE(std::ranges::any_of(all, has_all));
        EXPECT_FALSE(std::ranges::all_of(all, has_all));
        all.erase(all.begin());
        all.erase(all.end() - 5);
        late = stream("a");
        publish_number("a", 4);
    }
    EXPECT_TRUE(late->read_until("joined"));
    while (hub.counts().members != members - 1)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    publish_number("a", 5);
    for (const auto& stream : all) {
        EXPECT_TRUE(read_to(*stream, 5));
        EXPECT_EQ(numbers_in(stream->text), from_to(1, 5));
    }
    EXPECT_TRUE(read_to(*late, 5));
    EXPECT_EQ(numbers_in(late->text), from_to(5, 5));
}

TEST_F(EventPasses, WhatHappensKeepsItsOrderInEachForm) {
    const auto plain = streams("a", members / 2);
    const auto json = streams("a?format=json", members / 2);
    const auto old = stream("a", "1.0");
    EXPECT_TRUE(old->read_until("joined"));
    {
        const Held held(*this);
        publish_number("a", 1);
        announce("a", hub::PresenceChange::Kind::joined);
        publish_number("a", 2);
        publish_number("a", 3);
        announce("a", hub::PresenceChange::Kind::left);
        publish_number("a", 4);
    }
    const auto in_order = [](const std::string& text, std::string_view before) {
        std::size_t at = 0;
        for (const std::string_view next :
             {"1 ", R"({"joined":"ann"})", "2 ", "3 ", R"({"left":"ann"})", "4 "}) {
            const std::string wanted =
                next.front() == '{' ? std::string(next) : std::string(before) + std::string(next);
            at = text.find(wanted, at);
            if (at == std::string::npos) return false;
        }
        return true;
    };
    for (const auto& stream : plain) {
        EXPECT_TRUE(read_to(*stream, 4));
        EXPECT_TRUE(in_order(stream->text, "data: ")) << stream->text;
        EXPECT_EQ(numbers_in(stream->text), from_to(1, 4));
    }
    EXPECT_TRUE(read_to(*old, 4));
    EXPECT_TRUE(in_order(old->text, "\ndata: ")) << old->text;
    EXPECT_NE(old->text.find("\n\nid: "), std::string::npos) << "no chunks";
    for (const auto& stream : json) {
        EXPECT_TRUE(stream->read_until(R"("text":"4 )"));
        EXPECT_TRUE(in_order(stream->text, R"("text":")")) << stream->text;
        EXPECT_TRUE(numbers_in(stream->text).empty());
    }
    EXPECT_EQ(sum_at_rest(DialectTally::sent), 4 * (members + 1));
}

TEST_F(EventPasses, WhoeverMayNotSeeWhoIsThereDoesNot) {
    const auto all = streams("hidden");
    {
        const Held held(*this);
        publish_number("hidden", 1);
        announce("hidden", hub::PresenceChange::Kind::joined);
        publish_number("hidden", 2);
    }
    for (const auto& stream : all) {
        EXPECT_TRUE(read_to(*stream, 2));
        EXPECT_EQ(numbers_in(stream->text), from_to(1, 2));
        EXPECT_EQ(stream->text.find("ann"), std::string::npos);
    }
}

TEST_F(EventPasses, AnInterruptionComesAfterWhatWasPublishedBeforeAndEndsIt) {
    const auto all = streams("a");
    {
        const Held held(*this);
        publish_number("a", 1);
        publish_number("a", 2);
        on_loop([this] { raw.interrupt(0, "a", {}); });
        publish_number("a", 3);
    }
    for (const auto& stream : all) {
        EXPECT_TRUE(stream->read_until("retry: 1000\n\n\r\n0\r\n\r\n")) << stream->text;
        EXPECT_EQ(numbers_in(stream->text), from_to(1, 2));
    }
    while (hub.counts().members != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(sum_at_rest(DialectTally::sent), 2 * members);
}

TEST_F(EventPasses, WhoeverIsCutInTheMiddleMissesWhatOthersGet) {
    constexpr std::size_t size = 60'000;  // so two are no one piece
    auto all = streams("a", members / 2);
    const auto slow = stream("a");
    EXPECT_TRUE(slow->read_until("joined"));
    auto more = streams("a", members / 2);
    std::ranges::move(more, std::back_inserter(all));
    std::size_t published = 0;
    while (sum(DialectTally::cut) == 0 && published < 500) {
        {
            const Held held(*this);
            for (int count = 0; count < 3; ++count) publish_number("a", ++published, size);
        }
        for (const auto& stream : all) EXPECT_TRUE(read_to(*stream, published));
    }
    EXPECT_EQ(sum(DialectTally::cut), 1U);
    publish_number("a", ++published);
    for (const auto& stream : all) {
        EXPECT_TRUE(read_to(*stream, published));
        EXPECT_EQ(numbers_in(stream->text), from_to(1, published));
    }
    while (hub.counts().members != members)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    while (slow->read_until("\n", slow->text.size())) {
    }
    const auto numbers = numbers_in(slow->text);
    EXPECT_EQ(numbers, from_to(1, numbers.size()));
    EXPECT_LT(numbers.size(), published);
}

TEST_F(EventPasses, OneThatWantsTheLatestOnlyMissesWhatItIsTooSlowFor) {
    constexpr std::size_t size = 16'000;
    constexpr std::size_t rounds = 40;
    const auto slow = stream("latest");
    EXPECT_TRUE(slow->read_until("joined"));
    const auto all = streams("latest", members / 4);
    for (std::size_t round = 0; round < rounds; ++round) {
        {
            const Held held(*this);
            publish_number("latest", 2 * round + 1, size);
            publish_number("latest", 2 * round + 2, size);
        }
        for (const auto& stream : all) EXPECT_TRUE(read_to(*stream, 2 * round + 2));
    }
    EXPECT_TRUE(read_to(*slow, 2 * rounds));
    const auto numbers = numbers_in(slow->text);
    EXPECT_LT(numbers.size(), 2 * rounds);
    EXPECT_TRUE(std::ranges::is_sorted(numbers));
    for (const auto& stream : all) EXPECT_TRUE(std::ranges::is_sorted(numbers_in(stream->text)));
    EXPECT_EQ(sum_at_rest(DialectTally::sent) + sum(DialectTally::dropped),
              2 * rounds * (1 + members / 4));
    EXPECT_EQ(sum(DialectTally::cut), 0U);
}

}  // namespace
}  // namespace longwire::dialects
