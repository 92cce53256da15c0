// Messages as they come and go in parts, by a handler that chooses while they do.
#include "frames.hpp"
#include "protocol/compression.hpp"
#include "protocol/connection.hpp"
#include "protocol/utf8.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <expected>
#include <string>
#include <vector>

namespace longwire::protocol {
namespace {

/// Takes everything as it comes.
struct Taker {
    void write(std::span<const std::byte> head, std::span<const std::byte> payload) {
        output += text_of(head) + text_of(payload);
    }
    std::expected<Flow, const Failure*> on_part(MessageType, std::span<std::byte> part, bool last,
                                                bool compressed) {
        log += (compressed ? "raw " : "part ") + text_of(part) + (last ? " last\n" : "\n");
        if (failure != nullptr) return std::unexpected(failure);
        return Flow::proceed;
    }
    [[nodiscard]] std::uint64_t room(bool) const { return most; }
    void on_ping(std::span<const std::byte>) {}
    void on_pong(std::span<const std::byte>) {}
    void on_closed(CloseCode code, std::string_view reason, bool) {
        log += "closed " + std::to_string(to_number(code)) + " " + std::string(reason) + "\n";
    }
    void shutdown_write() { log += "shut\n"; }

    std::string output;
    std::string log;
    const Failure* failure = nullptr;
    std::uint64_t most = 1000;
};

struct Taking {
    ConnectionLimits limits = {.max_message_size = 10};
    Connection connection{Role::client, limits};
    Taker taker;

    void receive(std::string bytes) {
        connection.receive({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()}, taker);
    }
};

TEST(Parts, WholeMessagesAndPiecesAreAllParts) {
    Taking taking;
    taking.receive(frame_for(Role::client, Opcode::text, "whole") +
                   frame_for(Role::client, Opcode::text, "be", false) +
                   frame_for(Role::client, Opcode::continuation, "gun", true).substr(0, 3));
    taking.receive("un");
    EXPECT_EQ(taking.taker.log, "part whole last\npart be\npart g\npart un last\n");
}

TEST(Parts, TheHandlersRoomIsTheLimit) {
    Taking taking;
    const std::string longer(500, 'x');
    taking.receive(frame_for(Role::client, Opcode::binary, longer));
    EXPECT_EQ(taking.taker.log, "part " + longer + " last\n") << "above the decoder's own limit";
    taking.taker.log.clear();
    taking.taker.most = 499;
    taking.receive(frame_for(Role::client, Opcode::binary, longer));
    EXPECT_EQ(taking.taker.log, "closed 1009 a message is above the limit\nshut\n");

    Taking in_fragments;
    in_fragments.receive(frame_for(Role::client, Opcode::binary, "a", false));
    in_fragments.taker.most = 2;
    in_fragments.taker.log.clear();
    in_fragments.receive(frame_for(Role::client, Opcode::continuation, "abc").substr(0, 2));
    EXPECT_EQ(in_fragments.taker.log, "closed 1009 a message is above the limit\nshut\n");
}

TEST(Parts, CompressedOnesAreHandedOnAsTheyAre) {
    Taking taking;
    Compression compression(15, false, false, 0);
    taking.connection.use(compression);
    std::string whole = frame_for(Role::client, Opcode::text, "deflated");
    whole[0] = static_cast<char>(whole[0] | 0x40);
    taking.receive(whole + whole.substr(0, 4));
    taking.receive(whole.substr(4));
    EXPECT_EQ(taking.taker.log, "raw deflated last\nraw de\nraw flated last\n");
}

TEST(Parts, AFailureOfTheHandlerFailsTheConnection) {
    Taking taking;
    taking.taker.failure = &broken_rule::text_not_utf8;
    taking.receive(frame_for(Role::client, Opcode::text, "wrong") +
                   frame_for(Role::client, Opcode::text, "never seen"));
    EXPECT_EQ(taking.taker.log, "part wrong last\nclosed 1007 a text message is not UTF-8\nshut\n");

    Taking later;
    later.connection.fail(broken_rule::not_deflate, later.taker);
    EXPECT_EQ(later.connection.state(), ReadyState::closed);
    EXPECT_EQ(later.taker.log, "closed 1007 a compressed message is not DEFLATE\nshut\n");
}

TEST(Parts, AreSentAsFragments) {
    const ConnectionLimits limits;
    Connection server(Role::server, limits);
    Compression compression(15, false, false, 0);
    server.use(compression);
    Taker taker;
    const auto send = [&](std::string_view part, Connection::Place place) {
        return server.send_part(MessageType::text, bytes_of(part), place, taker);
    };
    EXPECT_TRUE(send("one", {.first = true, .last = false}));
    EXPECT_TRUE(send("two", {.first = false, .last = false}));
    EXPECT_TRUE(server.ping(bytes_of("between"), taker));
    EXPECT_TRUE(send("", {.first = false, .last = true}));
    EXPECT_EQ(taker.output, frame_for(Role::client, Opcode::text, "one", false) +
                                frame_for(Role::client, Opcode::continuation, "two", false) +
                                frame_for(Role::client, Opcode::ping, "between") +
                                frame_for(Role::client, Opcode::continuation, ""));
    server.close(CloseCode::normal, {}, taker);
    EXPECT_FALSE(send("late", {}));
}

TEST(WholeCharacters, AreAllButOneThatIsCut) {
    const std::string text = "aé€\xF0\x9F\x92\xA1";
    const std::vector<std::size_t> ends = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
    for (std::size_t size = 0; size <= text.size(); ++size)
        EXPECT_EQ(size_of_whole_characters(bytes_of(text).first(size)), ends[size]) << size;
}

TEST(InflationInSteps, GivesTheSameAsAtOnce) {
    std::string message;
    for (int number = 0; message.size() < 300'000; ++number)
        message += std::to_string(number * number) + std::string(number % 400, 'r');
    for (const bool keep_context : {false, true}) {
        Compression compression(15, keep_context, keep_context, 0);
        for (const std::size_t most : {std::size_t{1}, std::size_t{100}, std::size_t{56'000}}) {
            const std::string sent = message.substr(0, most * 5000);
            const auto data = compression.compressor.compress(bytes_of(sent));
            ASSERT_TRUE(data);
            Inflation inflation(compression, MessageType::binary, sent.size());
            std::string got;
            std::span<const std::byte> rest = *data;
            while (!inflation.finished()) {
                // Not all of it is there from the beginning.
                auto some = rest.first(std::min<std::size_t>(rest.size(), 777));
                const std::size_t had = some.size();
                ASSERT_EQ(inflation.feed_some(some, had == rest.size(), most), nullptr);
                rest = rest.subspan(had - some.size());
                const auto part = inflation.take();
                ASSERT_LE(part.size(), most + 5000);
                got += text_of(part);
            }
            EXPECT_EQ(got, sent) << most;
        }
    }
}

TEST(InflationInSteps, KeepsToItsLimitAndFindsWhatIsWrong) {
    Compression compression(15, false, false, 0);
    const auto data = compression.compressor.compress(bytes_of(std::string(5000, 'x')));
    ASSERT_TRUE(data);
    Inflation limited(compression, MessageType::text, 4999);
    std::span<const std::byte> rest = *data;
    EXPECT_EQ(limited.feed_some(rest, true, 10'000), &broken_rule::too_big);
    rest = *data;
    Inflation allowed(compression, MessageType::text, 0);
    allowed.limit(5000);
    EXPECT_EQ(allowed.feed_some(rest, true, 10'000), nullptr);
    EXPECT_TRUE(allowed.finished());

    Inflation wrong(compression, MessageType::text, 5000);
    rest = bytes_of("\xFF\xFF\xFF");
    EXPECT_EQ(wrong.feed_some(rest, true, 100), &broken_rule::not_deflate);
    // It ends within a block.
    Inflation cut(compression, MessageType::text, 50'000);
    rest = std::span<const std::byte>(*data).first(data->size() / 2);
    EXPECT_EQ(cut.feed_some(rest, true, 10'000), &broken_rule::not_deflate);
}

}  // namespace
}  // namespace longwire::protocol
