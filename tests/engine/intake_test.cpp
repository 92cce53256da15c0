// What lies between the decoder and a coroutine: messages as they come, whole or in parts.
#include "engine/websocket/intake.hpp"
#include "protocol/utf8.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace longwire::engine {
namespace {

using Wanted = Intake::Wanted;
constexpr std::size_t limit = std::size_t{1} << 20U;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// How a test's messages go to the intake.
struct Way {
    bool compressed = false;
    bool keep_context = false;
};

/// A message as its reader puts it together again.
struct Taken {
    std::string payload;
    std::size_t parts = 0;
    std::size_t wholes = 0;
};

/// Hands the chunks of messages to an intake whenever nothing is ready, and takes what is.
class Reader {
public:
    explicit Reader(const Way& way)
        : way_(way), compression_(15, way.keep_context, way.keep_context, 0) {}

    [[nodiscard]] std::string on_the_wire(std::string_view message) {
        if (!way_.compressed) return std::string(message);
        const auto data = compression_.compressor.compress(bytes_of(message));
        if (!data) return "";
        return {reinterpret_cast<const char*>(data->data()), data->size()};
    }

    /// Reads one message; `want` says what is asked for next.
    template <class Want>
    Taken read(MessageType type, const std::vector<std::string>& chunks, Want&& want) {
        Taken taken;
        std::size_t next = 0;
        for (bool ended = false; !ended;) {
            intake_.let_go();
            const Wanted wanted = want();
            auto ready = intake_.ready(wanted);
            while (ready && !*ready) {
                EXPECT_LT(next, chunks.size());
                if (next == chunks.size()) return taken;
                const Part part = next + 1 == chunks.size() ? Part::last : Part::more;
                intake_.add(type, bytes_of(chunks[next++]), part,
                            way_.compressed ? &compression_ : nullptr);
                ready = intake_.ready(wanted);
            }
            EXPECT_TRUE(ready) << ready.error()->reason;
            if (!ready) return taken;
            ended = wanted == Wanted::message ? take_whole(type, taken) : take_part(type, taken);
        }
        EXPECT_EQ(next, chunks.size());
        EXPECT_FALSE(intake_.holds_something());
        intake_.let_go();
        return taken;
    }

    Intake& intake() { return intake_; }

private:
    bool take_whole(MessageType type, Taken& taken) {
        const Message message = intake_.take_message();
        EXPECT_EQ(message.type(), type);
        taken.payload += message.text();
        ++taken.wholes;
        return true;
    }

    bool take_part(MessageType type, Taken& taken) {
        const MessagePart part = intake_.take_part();
        EXPECT_EQ(part.type(), type);
        EXPECT_LE(part.size(), MessagePart::max_size);
        EXPECT_TRUE(part.last() || part.size() > 0);
        if (part.is_text()) {
            EXPECT_TRUE(protocol::is_valid_utf8(part.bytes()));
        }
        taken.payload += part.text();
        ++taken.parts;
        return part.last();
    }

    Way way_;
    protocol::Compression compression_;
    Intake intake_{limit};
};

std::string some_text(std::mt19937& random, std::size_t size) {
    static const std::vector<std::string> letters = {"a", "\xC3\xA9", "\xE2\x82\xAC",
                                                     "\xF0\x9F\x92\xA1"};
    std::string text;
    while (text.size() < size) text += letters[random() % letters.size()];
    return text;
}

std::string some_bytes(std::mt19937& random, std::size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 7);
    return bytes;
}

/// Cuts for the decoder, which keeps text valid so far but cuts characters.
std::vector<std::string> cut(std::mt19937& random, std::string_view wire, std::size_t largest) {
    std::vector<std::string> chunks;
    do {
        const std::size_t size = std::min<std::size_t>(1 + random() % largest, wire.size());
        chunks.emplace_back(wire.substr(0, size));
        wire.remove_prefix(size);
    } while (!wire.empty());
    return chunks;
}

class IntakeOf : public testing::TestWithParam<Way> {};

INSTANTIATE_TEST_SUITE_P(Ways, IntakeOf,
                         testing::Values(Way{}, Way{.compressed = true},
                                         Way{.compressed = true, .keep_context = true}));

TEST_P(IntakeOf, GivesWhatCameHoweverItIsAskedFor) {
    std::mt19937 random(20);
    Reader reader(GetParam());
    for (int round = 0; round < 600; ++round) {
        const bool text = random() % 2 == 0;
        const std::size_t size = random() % 3 == 0 ? random() % 200'000 : 1 + random() % 40;
        const std::string message = text ? some_text(random, size) : some_bytes(random, size);
        const std::string wire = reader.on_the_wire(message);
        if (wire.empty()) continue;
        const std::size_t largest = random() % 2 == 0 ? 5 : 100'000;
        const auto chunks = cut(random, wire, size > 1000 ? 100'000 : largest);
        const auto whole_of_ten = random() % 11;
        const Taken taken = reader.read(
            text ? MessageType::text : MessageType::binary, chunks,
            [&] { return random() % 10 < whole_of_ten ? Wanted::message : Wanted::part; });
        ASSERT_EQ(taken.payload, message) << "round " << round;
    }
    EXPECT_LE(reader.intake().held(), 3 * 4096);
}

TEST_P(IntakeOf, GivesAnEmptyMessageAsOneEmptyPart) {
    if (GetParam().compressed) GTEST_SKIP() << "an empty message is never compressed";
    Reader reader(GetParam());
    const Taken taken = reader.read(MessageType::text, {""}, [] { return Wanted::part; });
    EXPECT_EQ(taken.parts, 1);
}

TEST_P(IntakeOf, RefusesOneAboveTheLimitOnlyWhole) {
    std::mt19937 random(21);
    Reader reader(GetParam());
    const std::string message = some_bytes(random, limit + 1);
    const std::string wire = reader.on_the_wire(message);
    const auto chunks = cut(random, wire, 200'000);
    EXPECT_EQ(reader.read(MessageType::binary, chunks, [] { return Wanted::part; }).payload,
              message);

    Reader whole(GetParam());
    const std::string again = whole.on_the_wire(message);
    protocol::Compression compression(15, false, false, 0);
    Intake& intake = whole.intake();
    intake.add(MessageType::binary, bytes_of(again), Part::last,
               GetParam().compressed ? &compression : nullptr);
    const auto ready = intake.ready(Wanted::message);
    ASSERT_FALSE(ready);
    EXPECT_EQ(ready.error(), &protocol::broken_rule::too_big);
}

// A few bytes that become many: what is taken in parts is inflated a part at a time.
TEST(Intake, HoldsNoMoreOfABombThanAPart) {
    protocol::Compression compression(15, false, false, 0);
    const std::string zeros(std::size_t{64} << 20U, '\0');
    const auto data = compression.compressor.compress(bytes_of(zeros));
    ASSERT_TRUE(data);
    ASSERT_LT(data->size(), 400'000);
    Intake intake(limit);
    intake.add(MessageType::binary, *data, Part::last, &compression);
    std::size_t size = 0;
    std::size_t most_held = 0;
    for (bool last = false; !last;) {
        intake.let_go();
        const auto ready = intake.ready(Wanted::part);
        ASSERT_TRUE(ready && *ready);
        const MessagePart part = intake.take_part();
        size += part.size();
        last = part.last();
        most_held = std::max(most_held, intake.held());
    }
    EXPECT_EQ(size, zeros.size());
    EXPECT_LT(most_held, data->size() + 400'000);
}

TEST(Intake, FindsTextThatIsNotUtf8BehindItsCompression) {
    protocol::Compression compression(15, false, false, 0);
    const std::string wrong = std::string(300'000, 'a') + "\xFF";
    const auto data = compression.compressor.compress(bytes_of(wrong));
    Intake intake(limit);
    intake.add(MessageType::text, *data, Part::last, &compression);
    auto ready = intake.ready(Wanted::part);
    while (ready && *ready) {
        static_cast<void>(intake.take_part());
        intake.let_go();
        ready = intake.ready(Wanted::part);
    }
    ASSERT_FALSE(ready);
    EXPECT_EQ(ready.error(), &protocol::broken_rule::text_not_utf8);
}

TEST(Intake, InflatesNothingBeforeItIsAsked) {
    protocol::Compression compression(15, false, false, 0);
    Intake intake(limit);
    intake.add(MessageType::text, bytes_of("this is not DEFLATE"), Part::more, &compression);
    EXPECT_TRUE(intake.holds_something());
    EXPECT_LT(intake.held(), 100);
    EXPECT_FALSE(intake.ready(Wanted::message));
}

}  // namespace
}  // namespace longwire::engine
