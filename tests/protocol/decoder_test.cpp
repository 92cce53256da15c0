// The decoder: every kind of frame, in every cut, for both roles (RFC 6455, section 5).
#include "protocol/decoder.hpp"

#include "frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace longwire::protocol {
namespace {

class Decoding : public testing::TestWithParam<Role> {
protected:
    [[nodiscard]] static std::string frame(Opcode opcode, std::string_view payload,
                                           bool fin = true) {
        return frame_for(GetParam(), opcode, payload, fin);
    }
    [[nodiscard]] static std::string decode(const std::string& input,
                                            const ConnectionLimits& limits = {}) {
        return decoded(GetParam(), input, limits);
    }
};

INSTANTIATE_TEST_SUITE_P(Role, Decoding, testing::Values(Role::server, Role::client),
                         [](const auto& tested) {
                             return tested.param == Role::server ? "server" : "client";
                         });

TEST_P(Decoding, HandsOutEveryKindOfFrame) {
    EXPECT_EQ(decode(frame(Opcode::text, "hello") + frame(Opcode::binary, "\xFF") +
                     frame(Opcode::ping, "p") + frame(Opcode::pong, "") +
                     frame(Opcode::close, close_payload(1001, "bye"))),
              "text hello\nbinary \xFF\nping p\npong \nclose 1001 bye\n");
}

TEST_P(Decoding, TakesEveryFormOfLength) {
    for (const std::size_t size : {0U, 1U, 124U, 125U, 126U, 127U, 65535U, 65536U, 70000U}) {
        const std::string payload(size, 'x');
        EXPECT_EQ(decode(frame(Opcode::binary, payload)), "binary " + payload + "\n") << size;
        EXPECT_EQ(decoded(GetParam(), frame(Opcode::text, payload), {3, 1, 4, 1, 5, 9}),
                  "text " + payload + "\n")
            << size;
    }
}

TEST_P(Decoding, JoinsFragmentsAndLetsControlFramesStandBetween) {
    EXPECT_EQ(decode(frame(Opcode::text, "a", false) + frame(Opcode::ping, "1") +
                     frame(Opcode::continuation, "", false) + frame(Opcode::pong, "2") +
                     frame(Opcode::continuation, "b", false) + frame(Opcode::continuation, "c")),
              "ping 1\npong 2\ntext abc\n");
    EXPECT_EQ(decode(frame(Opcode::binary, "", false) + frame(Opcode::continuation, "")),
              "binary \n");
}

/// A conversation with something of everything.
std::string everything(Role role) {
    return frame_for(role, Opcode::text, "Gr\xC3\xBC\xC3\x9F", false) +
           frame_for(role, Opcode::ping, "between") +
           frame_for(role, Opcode::continuation, "e \xF0\x9F\x9A\x80") +
           frame_for(role, Opcode::binary, std::string(130, 'b')) +
           frame_for(role, Opcode::text, "") + frame_for(role, Opcode::pong, "") +
           frame_for(role, Opcode::close, close_payload(4000, "\xC3\xA9nd"));
}

TEST_P(Decoding, EveryCutInTwoGivesTheSame) {
    const std::string input = everything(GetParam());
    const std::string expected = decode(input);
    EXPECT_TRUE(expected.ends_with("close 4000 \xC3\xA9nd\n")) << expected;
    for (std::size_t cut = 1; cut < input.size(); ++cut)
        EXPECT_EQ(decoded(GetParam(), input, std::vector<std::size_t>{cut}), expected) << cut;
}

TEST_P(Decoding, ByteByByteGivesTheSame) {
    const std::string input = everything(GetParam());
    EXPECT_EQ(decoded(GetParam(), input, std::vector<std::size_t>(input.size(), 1)), decode(input));
}

TEST_P(Decoding, RandomCutsGiveTheSame) {
    const std::string input = everything(GetParam());
    const std::string expected = decode(input);
    std::mt19937 random(11);
    for (int round = 0; round < 500; ++round) {
        std::vector<std::size_t> pieces;
        for (int count = 0; count < 60; ++count) pieces.push_back(1 + random() % 20);
        ASSERT_EQ(decoded(GetParam(), input, pieces), expected) << round;
    }
}

// A rule is broken the same way in every cut, and what came before it is handed out.
TEST_P(Decoding, EveryBrokenRuleIsFoundInEveryCut) {
    const std::string good = frame(Opcode::text, "good");
    const std::string mask = GetParam() == Role::server ? std::string(4, '\0') : std::string();
    const auto head = [&](char first, unsigned length) {
        return std::string{first, static_cast<char>(length ^ (mask.empty() ? 0U : 0x80U))};
    };
    const std::pair<std::string, const char*> broken[] = {
        {head('\xC1', 1) + mask + "x", "1002"},  // RSV1
        {head('\xA2', 1) + mask + "x", "1002"},  // RSV2
        {head('\x91', 1) + mask + "x", "1002"},  // RSV3
        {head('\x83', 0) + mask, "1002"},        // reserved opcodes
        {head('\x8B', 0) + mask, "1002"},
        {head('\x09', 0) + mask, "1002"},  // a fragmented ping
        {head('\x89', 126) + std::string("\0\x7E", 2) + mask + std::string(126, 'x'), "1002"},
        {head('\x81', 0x80) + mask, "1002"},  // masked by whom it must not be
        {head('\x82', 126) + std::string("\0\x05", 2) + mask + "12345", "1002"},
        {head('\x82', 126) + std::string("\0\x7D", 2) + mask + std::string(125, 'x'), "1002"},
        {head('\x82', 127) + std::string("\0\0\0\0\0\0\0\x01", 8) + mask + "1", "1002"},
        {head('\x82', 127) + std::string("\x80\0\0\0\0\0\0\0", 8) + mask, "1002"},
        {frame(Opcode::continuation, "x"), "1002"},
        {frame(Opcode::text, "\xC3(") + good, "1007"},
        {frame(Opcode::text, "a", false) + frame(Opcode::continuation, "\xC3"), "1007"},
        {frame(Opcode::close, "x"), "1002"},
        {frame(Opcode::close, close_payload(1005)), "1002"},
        {frame(Opcode::close, close_payload(1000, "\xFF")), "1007"},
        {frame(Opcode::binary, std::string(201, 'x')), "1009"},
        {frame(Opcode::binary, std::string(150, 'x'), false) +
             frame(Opcode::continuation, std::string(51, 'x')),
         "1009"},
    };
    const ConnectionLimits limits = {.max_message_size = 200};
    for (const auto& [bytes, code] : broken) {
        const std::string input = good + bytes;
        const std::string expected = std::string("text good\nfailed ") + code + "\n";
        const std::string shown = testing::PrintToString(bytes);
        EXPECT_EQ(decoded(GetParam(), input, limits), expected) << shown;
        for (std::size_t cut = 1; cut < input.size(); ++cut)
            EXPECT_EQ(decoded(GetParam(), input, std::vector<std::size_t>{cut}, limits), expected)
                << shown << " cut at " << cut;
        EXPECT_EQ(decoded(GetParam(), input, std::vector<std::size_t>(input.size(), 1), limits),
                  expected)
            << shown;
    }
}

TEST_P(Decoding, NothingFollowsACloseFrame) {
    EXPECT_EQ(decode(frame(Opcode::close, "") + frame(Opcode::text, "late") + "\xFF\xFF"),
              "close 1005 \n");
}

TEST_P(Decoding, FailsOnABrokenSequence) {
    EXPECT_EQ(decode(frame(Opcode::continuation, "x")), "failed 1002\n");
    EXPECT_EQ(decode(frame(Opcode::continuation, "x", false)), "failed 1002\n");
    EXPECT_EQ(decode(frame(Opcode::text, "a", false) + frame(Opcode::text, "b")), "failed 1002\n");
    EXPECT_EQ(decode(frame(Opcode::text, "a", false) + frame(Opcode::binary, "b", false)),
              "failed 1002\n");
    EXPECT_EQ(decode(frame(Opcode::text, "a") + frame(Opcode::continuation, "b")),
              "text a\nfailed 1002\n");
}

TEST_P(Decoding, FailsOnABadCloseFrame) {
    EXPECT_EQ(decode(frame(Opcode::close, "x")), "failed 1002\n");
    EXPECT_EQ(decode(frame(Opcode::close, close_payload(1006))), "failed 1002\n");
    EXPECT_EQ(decode(frame(Opcode::close, close_payload(1000, "\xC3"))), "failed 1007\n");
}

TEST_P(Decoding, FailsOnTextThatIsNotUtf8AtItsFirstBadByte) {
    for (const char* const bad :
         {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\x80"}) {
        EXPECT_EQ(decode(frame(Opcode::text, bad)), "failed 1007\n");
        // In a frame whose rest never comes.
        const std::string begun = frame(Opcode::text, std::string(bad) + std::string(100, ' '));
        const std::size_t header = begun.size() - 100 - std::string(bad).size();
        EXPECT_EQ(decode(begun.substr(0, header + std::string(bad).size())), "failed 1007\n");
        // In a fragment.
        EXPECT_EQ(
            decode(frame(Opcode::text, "fine", false) + frame(Opcode::continuation, bad, false)),
            "failed 1007\n");
        // Binary messages may hold anything.
        EXPECT_EQ(decode(frame(Opcode::binary, bad)), "binary " + std::string(bad) + "\n");
    }
    EXPECT_EQ(decode(frame(Opcode::text, "\xE2\x82")), "failed 1007\n") << "cut at the end";
    EXPECT_EQ(decode(frame(Opcode::text, "\xE2\x82", false) + frame(Opcode::continuation, "\xAC")),
              "text \xE2\x82\xAC\n")
        << "cut between fragments";
}

TEST_P(Decoding, TheLimitIsExactAndCountsAllFragments) {
    const ConnectionLimits limits = {.max_message_size = 10};
    EXPECT_EQ(decode(frame(Opcode::binary, "0123456789"), limits), "binary 0123456789\n");
    EXPECT_EQ(decode(frame(Opcode::binary, "0123456789A"), limits), "failed 1009\n");
    EXPECT_EQ(decode(frame(Opcode::binary, "01234", false) + frame(Opcode::continuation, "56789"),
                     limits),
              "binary 0123456789\n");
    EXPECT_EQ(
        decode(frame(Opcode::binary, "01234", false) + frame(Opcode::continuation, "56789", false) +
                   frame(Opcode::continuation, "A"),
               limits),
        "failed 1009\n");
    EXPECT_EQ(decode(frame(Opcode::ping, "a ping may be longer"), limits),
              "ping a ping may be longer\n");
}

TEST_P(Decoding, AMessageAboveTheLimitIsRefusedByItsHeader) {
    const std::string begun = frame(Opcode::binary, std::string(2000, 'x')).substr(0, 8);
    EXPECT_EQ(decode(begun, {.max_message_size = 1999}), "failed 1009\n");
    EXPECT_EQ(decode(begun, {.max_message_size = 2000}), "");
    // The largest length there is.
    std::string huge = "\x82";
    huge += GetParam() == Role::server ? '\xFF' : '\x7F';
    huge += std::string("\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8) + "mask";
    EXPECT_EQ(decode(huge), "failed 1009\n");
}

TEST_P(Decoding, AManyFragmentedMessageCannotOverflowTheLimit) {
    std::string huge = "\x02";
    huge += GetParam() == Role::server ? '\xFF' : '\x7F';
    huge += std::string("\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8) + "mask";
    EXPECT_EQ(decode(frame(Opcode::binary, "x", false) + huge), "failed 1002\n");
    huge[0] = '\x00';
    EXPECT_EQ(decode(frame(Opcode::binary, "x", false) + huge), "failed 1009\n");
}

TEST_P(Decoding, PausesAfterOneEventAndGoesOnFromThere) {
    std::string input = everything(GetParam());
    const std::string expected = decode(input);
    const ConnectionLimits limits;
    Decoder decoder(GetParam(), limits);
    Recorder recorder;
    recorder.next = Flow::pause;
    std::span<std::byte> rest(reinterpret_cast<std::byte*>(input.data()), input.size());
    int calls = 0;
    while (!rest.empty()) {
        const std::size_t before = recorder.log.size();
        rest = rest.subspan(decoder.decode(rest, recorder).consumed);
        EXPECT_LE(std::ranges::count(recorder.log.substr(before), '\n'), 1);
        ++calls;
    }
    EXPECT_EQ(recorder.log, expected);
    EXPECT_EQ(calls, 6);
}

TEST_P(Decoding, StopsForGood) {
    std::string input = frame(Opcode::text, "one") + frame(Opcode::text, "two");
    const ConnectionLimits limits;
    Decoder decoder(GetParam(), limits);
    Recorder recorder;
    recorder.next = Flow::stop;
    const std::span<std::byte> bytes(reinterpret_cast<std::byte*>(input.data()), input.size());
    EXPECT_EQ(decoder.decode(bytes, recorder).consumed, bytes.size());
    EXPECT_EQ(decoder.decode(bytes, recorder).consumed, bytes.size());
    EXPECT_EQ(recorder.log, "text one\n");
}

/// Notes where the payload of a message lies.
struct Where : Recorder {
    Flow on_message(MessageType, std::span<std::byte> payload) {
        place = payload.data();
        return Flow::proceed;
    }
    const std::byte* place = nullptr;
};

TEST_P(Decoding, AWholeMessageIsAViewOfTheInput) {
    std::string input = frame(Opcode::binary, "payload");
    const ConnectionLimits limits;
    Decoder decoder(GetParam(), limits);
    Where where;
    const std::span<std::byte> bytes(reinterpret_cast<std::byte*>(input.data()), input.size());
    EXPECT_FALSE(decoder.decode(bytes, where).failure);
    EXPECT_EQ(where.place, bytes.last(7).data());
}

TEST_P(Decoding, APayloadThatComesAfterItsHeaderIsAViewToo) {
    std::string input = frame(Opcode::binary, "payload");
    const ConnectionLimits limits;
    Decoder decoder(GetParam(), limits);
    Where where;
    const std::span<std::byte> bytes(reinterpret_cast<std::byte*>(input.data()), input.size());
    EXPECT_EQ(decoder.decode(bytes.first(bytes.size() - 7), where).failure, nullptr);
    EXPECT_EQ(where.place, nullptr);
    EXPECT_EQ(decoder.decode(bytes.last(7), where).failure, nullptr);
    EXPECT_EQ(where.place, bytes.last(7).data());
}

/// Takes messages in parts.
struct Chunks : Recorder {
    Flow on_chunk(MessageType type, std::span<std::byte> chunk, bool last) {
        if (!begun) log += type == MessageType::text ? "text " : "binary ";
        log += text_of(chunk);
        if (last) log += "\n";
        begun = !last;
        ++chunks;
        return Flow::proceed;
    }
    bool begun = false;
    int chunks = 0;
};

TEST_P(Decoding, StreamsMessagesAsTheyArrive) {
    const std::string input = frame(Opcode::text, "abc", false) +
                              frame(Opcode::continuation, "def") +
                              frame(Opcode::binary, std::string(300, 'b'));
    const std::string expected = "text abcdef\nbinary " + std::string(300, 'b') + "\n";
    EXPECT_EQ(decoded<Chunks>(GetParam(), input, {}), expected);
    for (std::size_t cut = 1; cut < input.size(); ++cut)
        EXPECT_EQ(decoded<Chunks>(GetParam(), input, std::vector<std::size_t>{cut}), expected)
            << cut;
}

TEST_P(Decoding, StreamsEverythingByteByByte) {
    const std::string input = everything(GetParam());
    std::string expected = decode(input);
    // The ping stands in the middle of the message that it interrupts.
    expected.replace(0, expected.find("binary"),
                     "text Gr\xC3\xBC\xC3\x9Fping between\n"
                     "e \xF0\x9F\x9A\x80\n");
    EXPECT_EQ(decoded<Chunks>(GetParam(), input, std::vector<std::size_t>(input.size(), 1)),
              expected);
    for (std::size_t cut = 0; cut < input.size(); ++cut)
        EXPECT_EQ(decoded<Chunks>(GetParam(), input, std::vector<std::size_t>{cut}), expected)
            << cut;
}

TEST_P(Decoding, AStreamMayPauseAtEachPart) {
    struct Pausing : Chunks {
        Flow on_chunk(MessageType type, std::span<std::byte> chunk, bool last) {
            Chunks::on_chunk(type, chunk, last);
            return Flow::pause;
        }
    };
    std::string input = frame(Opcode::text, "ab", false) + frame(Opcode::continuation, "", false) +
                        frame(Opcode::continuation, "cd") + frame(Opcode::binary, "");
    const ConnectionLimits limits;
    Decoder decoder(GetParam(), limits);
    Pausing visitor;
    std::span<std::byte> rest(reinterpret_cast<std::byte*>(input.data()), input.size());
    for (const int parts : {1, 2, 3}) {
        rest = rest.subspan(decoder.decode(rest, visitor).consumed);
        EXPECT_EQ(visitor.chunks, parts);
    }
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(visitor.log, "text abcd\nbinary \n");
}

TEST_P(Decoding, AStreamedPartIsHandedOutBeforeTheRestHasCome) {
    EXPECT_EQ(decoded<Chunks>(GetParam(),
                              frame(Opcode::binary, std::string(1000, 'x')).substr(0, 18), {}),
              "binary " + std::string(GetParam() == Role::server ? 10 : 14, 'x'));
    EXPECT_EQ(decoded<Chunks>(GetParam(), frame(Opcode::text, "a\xE2\x82"), {}), "failed 1007\n");
}

TEST(Decoder, HoldsNearlyNothingWhenIdle) {
    EXPECT_LE(sizeof(Decoder), 24U);
}

TEST(Decoder, DecodesTheExamplesOfTheRfc) {
    // RFC 6455, section 5.7.
    EXPECT_EQ(decoded(Role::client, std::string("\x81\x05\x48\x65\x6c\x6c\x6f", 7)),
              "text Hello\n");
    EXPECT_EQ(
        decoded(Role::server, std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11)),
        "text Hello\n");
    EXPECT_EQ(decoded(Role::client, std::string("\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f", 9)),
              "text Hello\n");
    EXPECT_EQ(
        decoded(Role::server, std::string("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11)),
        "pong Hello\n");
}

}  // namespace
}  // namespace longwire::protocol
