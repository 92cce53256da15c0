// Compressed messages that come in parts: decompressed, bounded and validated as they come.
#include "frames.hpp"
#include "protocol/compression.hpp"
#include "protocol/connection.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace longwire::protocol {
namespace {

/// Takes messages in parts.
struct Parts {
    void write(std::span<const std::byte> head, std::span<const std::byte> payload) {
        output += text_of(head) + text_of(payload);
    }
    Flow on_chunk(MessageType, std::span<std::byte> chunk, bool last) {
        largest = std::max(largest, chunk.size());
        ++chunks;
        unfinished += text_of(chunk);
        if (last) messages.push_back(std::exchange(unfinished, {}));
        return Flow::proceed;
    }
    void on_ping(std::span<const std::byte>) {}
    void on_pong(std::span<const std::byte>) {}
    void on_closed(CloseCode code, std::string_view, bool) { closed = to_number(code); }
    void shutdown_write() {}

    std::string output;
    std::string unfinished;
    std::vector<std::string> messages;
    std::size_t chunks = 0;
    std::size_t largest = 0;
    int closed = 0;
};

/// Takes messages whole.
struct Whole {
    void write(std::span<const std::byte>, std::span<const std::byte>) {}
    Flow on_message(MessageType, std::span<std::byte> payload) {
        messages.push_back(text_of(payload));
        return Flow::proceed;
    }
    void on_ping(std::span<const std::byte>) {}
    void on_pong(std::span<const std::byte>) {}
    void on_closed(CloseCode code, std::string_view, bool) { closed = to_number(code); }
    void shutdown_write() {}

    std::vector<std::string> messages;
    int closed = 0;
};

std::string compressed_by(Compressor& compressor, std::string_view message) {
    const auto data = compressor.compress(bytes_of(message));
    EXPECT_TRUE(data);
    return data ? text_of(*data) : std::string();
}

/// `data` as the frames of one compressed message, each with at most `size` bytes of it.
std::string fragments_of(std::string_view data, std::size_t size, Opcode opcode = Opcode::text) {
    std::string frames;
    for (std::size_t begin = 0; begin == 0 || begin < data.size(); begin += size) {
        const bool last = begin + size >= data.size();
        std::string frame = frame_for(Role::server, begin == 0 ? opcode : Opcode::continuation,
                                      data.substr(begin, size), last);
        if (begin == 0) frame[0] = static_cast<char>(frame[0] | 0x40);
        frames += frame;
    }
    return frames;
}

std::string words(std::size_t count, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::string text;
    while (text.size() < count) text += "слово" + std::to_string(random() % 50) + " ";
    return text;
}

template <class Handler>
void feed(Connection& connection, Handler& handler, std::string frames, std::size_t piece) {
    std::span<std::byte> rest(reinterpret_cast<std::byte*>(frames.data()), frames.size());
    while (!rest.empty()) {
        const auto part = rest.first(std::min(piece, rest.size()));
        connection.receive(part, handler);
        rest = rest.subspan(part.size());
    }
}

class Inflating : public testing::TestWithParam<bool> {
protected:
    [[nodiscard]] static bool keep_context() { return GetParam(); }

    ConnectionLimits limits = {.max_message_size = 100'000};
    Compression compression{15, keep_context(), keep_context(), 0};
    Compressor peer{15, keep_context()};
};

INSTANTIATE_TEST_SUITE_P(Context, Inflating, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "kept" : "not_kept"; });

TEST_P(Inflating, MessagesComeOutTheSameHoweverTheyAreCut) {
    for (const std::size_t piece : {1, 3, 17, 1000, 1 << 20})
        for (const std::size_t fragment : {1, 10, 300, 1 << 20}) {
            Connection connection(Role::server, limits);
            Compressor sender(15, keep_context());
            Compression receiver(15, keep_context(), keep_context(), 0);
            connection.use(receiver);
            Whole whole;
            std::vector<std::string> sent;
            for (unsigned round = 0; round < 4; ++round) {
                sent.push_back(words(2000, round));
                feed(connection, whole, fragments_of(compressed_by(sender, sent.back()), fragment),
                     piece);
            }
            EXPECT_EQ(whole.messages, sent) << piece << ' ' << fragment;
        }
}

TEST_P(Inflating, PartsAreHandedOutAsTheyCome) {
    Connection connection(Role::server, limits);
    connection.use(compression);
    Parts parts;
    const std::string message = words(50'000);
    const std::string data = compressed_by(peer, message);
    const std::string frames = fragments_of(data, 500);
    feed(connection, parts, frames.substr(0, frames.size() / 2), 1 << 20);
    EXPECT_GT(parts.unfinished.size(), message.size() / 4);
    EXPECT_TRUE(parts.messages.empty());
    feed(connection, parts, frames.substr(frames.size() / 2), 1 << 20);
    ASSERT_EQ(parts.messages.size(), 1U);
    EXPECT_EQ(parts.messages[0], message);
    EXPECT_GT(parts.chunks, 10U);
    EXPECT_LT(parts.largest, message.size() / 2);
}

TEST_P(Inflating, MessagesOfSeveralConnectionsDoNotMix) {
    // Connections that keep no context share their compression.
    if (keep_context()) return;
    Connection one(Role::server, limits);
    Connection other(Role::server, limits);
    one.use(compression);
    other.use(compression);
    Whole of_one;
    Whole of_other;
    const std::string first = words(5000, 1);
    const std::string second = words(5000, 2);
    const std::string a = fragments_of(compressed_by(peer, first), 1 << 20);
    const std::string b = fragments_of(compressed_by(peer, second), 1 << 20);
    feed(one, of_one, a.substr(0, 100), 1 << 20);
    feed(other, of_other, b.substr(0, 200), 1 << 20);
    feed(one, of_one, a.substr(100), 1 << 20);
    feed(other, of_other, b.substr(200), 1 << 20);
    EXPECT_EQ(of_one.messages, std::vector{first});
    EXPECT_EQ(of_other.messages, std::vector{second});
}

TEST_P(Inflating, TheBoundIsExactOverAllParts) {
    for (const std::size_t over : {0, 1}) {
        Connection connection(Role::server, limits);
        Compression receiver(15, keep_context(), keep_context(), 0);
        Compressor sender(15, keep_context());
        connection.use(receiver);
        Whole whole;
        const std::string message(limits.max_message_size + over, 'x');
        feed(connection, whole, fragments_of(compressed_by(sender, message), 7), 3);
        EXPECT_EQ(whole.messages.size(), 1 - over);
        EXPECT_EQ(whole.closed, over == 0 ? 0 : 1009);
    }
}

TEST_P(Inflating, ABombEndsAtTheBoundAndNotAtItsEnd) {
    Connection connection(Role::server, limits);
    connection.use(compression);
    Parts parts;
    const std::string data = compressed_by(peer, std::string(std::size_t{64} << 20, '\0'));
    const std::string frames = fragments_of(data, 100, Opcode::binary);
    feed(connection, parts, frames.substr(0, 2000), 1 << 20);
    EXPECT_EQ(parts.closed, 1009);
    EXPECT_LE(parts.unfinished.size(), limits.max_message_size);
}

TEST_P(Inflating, TextThatIsNotUtf8FailsAsSoonAsItComesOut) {
    Connection connection(Role::server, limits);
    connection.use(compression);
    Parts parts;
    const std::string message = words(10'000) + "\xFF" + words(40'000, 2);
    const std::string data = compressed_by(peer, message);
    const std::string frames = fragments_of(data, 200);
    feed(connection, parts, frames.substr(0, frames.size() / 2), 1 << 20);
    EXPECT_EQ(parts.closed, 1007);
}

TEST_P(Inflating, ACharacterThatIsCutAtTheEndFails) {
    Connection connection(Role::server, limits);
    connection.use(compression);
    Whole whole;
    const std::string message = words(1000) + "\xD1";
    feed(connection, whole, fragments_of(compressed_by(peer, message), 50), 1 << 20);
    EXPECT_EQ(whole.closed, 1007);
    EXPECT_TRUE(whole.messages.empty());
}

TEST_P(Inflating, NoiseInALaterPartFails) {
    Connection connection(Role::server, limits);
    connection.use(compression);
    Whole whole;
    std::string data = compressed_by(peer, words(5000));
    data.replace(data.size() / 2, 40, 40, '\xFF');
    feed(connection, whole, fragments_of(data, 50, Opcode::binary), 1 << 20);
    EXPECT_EQ(whole.closed, 1007);
}

TEST_P(Inflating, AMillionPartsOfOneByteCostLittle) {
    // Empty blocks that give nothing, one byte a frame: what is bounded is what they may be in all.
    limits.max_message_size = std::size_t{1} << 20;
    Connection connection(Role::server, limits);
    connection.use(compression);
    Whole whole;
    const std::string message = words(300'000, 3);
    const std::string data = compressed_by(peer, message);
    feed(connection, whole, fragments_of(data, 1), 1 << 16);
    EXPECT_EQ(whole.messages, std::vector{message});

    std::string blocks;
    while (blocks.size() < 2'000'000) blocks += std::string("\x00\x00\x00\xFF\xFF", 5);
    feed(connection, whole, fragments_of(blocks, 1), 1 << 16);
    EXPECT_EQ(whole.closed, 1009);
}

TEST_P(Inflating, AMessageThatCompressionMadeLongerIsStillWithinTheBound) {
    std::mt19937 random(7);
    std::string noise(limits.max_message_size, '\0');
    for (char& letter : noise) letter = static_cast<char>(random());
    // Stored blocks (RFC 1951, section 3.2.4), as a peer sends that compresses everything.
    std::string data;
    for (std::size_t begin = 0; begin < noise.size(); begin += 65535) {
        const std::string block = noise.substr(begin, 65535);
        data += '\0';
        data += static_cast<char>(block.size() & 0xFF);
        data += static_cast<char>(block.size() >> 8);
        data += static_cast<char>(~block.size() & 0xFF);
        data += static_cast<char>(~block.size() >> 8 & 0xFF);
        data += block;
    }
    data += '\0';
    for (const std::size_t fragment : {std::size_t{1000}, data.size()}) {
        Connection connection(Role::server, limits);
        Compression receiver(15, keep_context(), keep_context(), 0);
        connection.use(receiver);
        Whole whole;
        feed(connection, whole, fragments_of(data, fragment, Opcode::binary), 1 << 20);
        EXPECT_TRUE(whole.messages == std::vector{noise}) << fragment;
    }
}

TEST(Parts, OfAMessageThatIsNotCompressed) {
    const ConnectionLimits limits;
    Connection connection(Role::server, limits);
    Parts parts;
    feed(connection, parts,
         frame_for(Role::server, Opcode::text, "Grü", false) +
             frame_for(Role::server, Opcode::continuation, "ße"),
         4);
    EXPECT_EQ(parts.messages, std::vector<std::string>{"Grüße"});
    EXPECT_GT(parts.chunks, 2U);
}

}  // namespace
}  // namespace longwire::protocol
