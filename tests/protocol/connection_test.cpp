// The states of a connection: who may send what, and how it closes (RFC 6455, section 7).
#include "protocol/connection.hpp"

#include "frames.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <sstream>
#include <string>

namespace longwire::protocol {
namespace {

/// One end: its connection, what it has to say to the other, and what happened to it.
struct End {
    explicit End(Role role) : connection(role, limits) {}

    void write(std::span<const std::byte> head, std::span<const std::byte> payload) {
        EXPECT_FALSE(shut) << "nothing may be written after shutdown_write";
        output += text_of(head) + text_of(payload);
    }
    Flow on_message(MessageType, std::span<std::byte> payload) {
        log += "message " + text_of(payload) + "\n";
        react();
        return flow;
    }
    void on_ping(std::span<const std::byte> payload) { log += "ping " + text_of(payload) + "\n"; }
    void on_pong(std::span<const std::byte> payload) { log += "pong " + text_of(payload) + "\n"; }
    void on_closed(CloseCode code, std::string_view reason, bool clean) {
        EXPECT_EQ(connection.state(), ReadyState::closed);
        log += "closed " + std::to_string(to_number(code)) + " " + std::string(reason) +
               (clean ? " clean" : "") + "\n";
        react();
    }
    void shutdown_write() {
        shut = true;
        log += "shut\n";
    }

    std::size_t receive(std::string bytes) {
        return connection.receive({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()},
                                  *this);
    }
    bool send(std::string_view text) {
        return connection.send(MessageType::text, bytes_of(text), *this);
    }
    void close(CloseCode code = CloseCode::normal, std::string_view reason = "") {
        connection.close(code, reason, *this);
    }
    std::string take_output() { return std::exchange(output, {}); }

    ConnectionLimits limits;
    Connection connection;
    std::string output;
    std::string log;
    std::function<void()> react = [] {};
    Flow flow = Flow::proceed;
    bool shut = false;
};

struct Pair {
    End server{Role::server};
    End client{Role::client};

    /// Carries bytes both ways until there are none.
    void run() {
        while (!server.output.empty() || !client.output.empty()) {
            server.receive(client.take_output());
            client.receive(server.take_output());
        }
    }
};

TEST(Connection, CarriesMessagesBothWays) {
    Pair pair;
    EXPECT_TRUE(pair.client.send("to the server"));
    EXPECT_TRUE(pair.server.send("to the client"));
    pair.run();
    EXPECT_EQ(pair.server.log, "message to the server\n");
    EXPECT_EQ(pair.client.log, "message to the client\n");
}

TEST(Connection, AClientMasksEveryFrameAndLargeOnesPieceByPiece) {
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 100000U}) {
        Pair pair;
        std::string payload;
        for (std::size_t index = 0; index < size; ++index)
            payload += static_cast<char>('a' + index % 23);
        pair.client.send(payload);
        EXPECT_NE(static_cast<unsigned char>(pair.client.output[1]) & 0x80, 0);
        pair.run();
        EXPECT_EQ(pair.server.log, "message " + payload + "\n");
    }
}

TEST(Connection, AnswersPings) {
    Pair pair;
    pair.client.connection.ping(bytes_of("are you there"), pair.client);
    pair.run();
    EXPECT_EQ(pair.server.log, "ping are you there\n");
    EXPECT_EQ(pair.client.log, "pong are you there\n");
}

TEST(Connection, TheClientCloses) {
    Pair pair;
    pair.client.send("last");
    pair.client.close(CloseCode{4000}, "done");
    EXPECT_EQ(pair.client.connection.state(), ReadyState::closing);
    EXPECT_FALSE(pair.client.send("too late"));
    pair.run();
    EXPECT_EQ(pair.server.log, "message last\nclosed 4000 done clean\nshut\n");
    EXPECT_EQ(pair.client.log, "closed 4000  clean\nshut\n");
}

TEST(Connection, TheServerCloses) {
    Pair pair;
    pair.server.close(CloseCode::going_away);
    pair.run();
    EXPECT_EQ(pair.client.log, "closed 1001  clean\nshut\n");
    EXPECT_EQ(pair.server.log, "closed 1001  clean\nshut\n");
}

TEST(Connection, BothCloseAtOnce) {
    Pair pair;
    pair.server.close(CloseCode{4001});
    pair.client.close(CloseCode{4002});
    pair.run();
    EXPECT_EQ(pair.client.log, "closed 4001  clean\nshut\n");
    EXPECT_EQ(pair.server.log, "closed 4002  clean\nshut\n");
}

TEST(Connection, AnEmptyCloseFrameIsAnsweredWithOne) {
    End server(Role::server);
    server.receive(frame_for(Role::server, Opcode::close, ""));
    EXPECT_EQ(server.log, "closed 1005  clean\nshut\n");
    EXPECT_EQ(server.output, std::string("\x88\x00", 2));
}

TEST(Connection, WhileClosingMessagesStillComeAndPingsAreAnswered) {
    End server(Role::server);
    server.close();
    const std::string close_frame = server.take_output();
    server.receive(frame_for(Role::server, Opcode::text, "in flight") +
                   frame_for(Role::server, Opcode::ping, "p"));
    EXPECT_EQ(server.log, "message in flight\nping p\n");
    EXPECT_EQ(server.take_output(), "\x8A\x01p");
    server.receive(frame_for(Role::server, Opcode::close, close_payload(1000)) +
                   frame_for(Role::server, Opcode::ping, "too late"));
    EXPECT_EQ(server.output, "") << "one close frame is enough";
    EXPECT_TRUE(server.log.ends_with("closed 1000  clean\nshut\n"));
}

TEST(Connection, ClosingTwiceSendsOneFrame) {
    End server(Role::server);
    server.close();
    server.close(CloseCode{4000});
    EXPECT_EQ(server.output, std::string("\x88\x02\x03\xE8", 4));
}

TEST(Connection, ABrokenRuleIsAnsweredWithItsCodeAndNothingIsReadAfterIt) {
    End server(Role::server);
    server.receive(frame_for(Role::server, Opcode::text, "\xFF") +
                   frame_for(Role::server, Opcode::text, "after"));
    EXPECT_EQ(server.output.substr(0, 1) + server.output.substr(2, 2), "\x88\x03\xEF");
    EXPECT_TRUE(server.log.starts_with("closed 1007 ")) << server.log;
    EXPECT_EQ(server.log.find("clean"), std::string::npos);
    EXPECT_TRUE(server.log.ends_with("shut\n"));
    EXPECT_EQ(server.receive(frame_for(Role::server, Opcode::text, "late")), 10U);
    EXPECT_EQ(server.log.find("\nmessage "), std::string::npos);
}

TEST(Connection, ABrokenRuleWhileClosingSendsNothingMore) {
    End server(Role::server);
    server.close();
    server.take_output();
    server.receive(frame_for(Role::server, Opcode::continuation, "x"));
    EXPECT_EQ(server.output, "");
    EXPECT_TRUE(server.log.starts_with("closed 1002 "));
}

TEST(Connection, AnEndWithoutACloseFrameIs1006) {
    for (const bool closing : {false, true}) {
        End server(Role::server);
        if (closing) server.close();
        server.connection.end_of_stream(server);
        EXPECT_EQ(server.log, "closed 1006 \nshut\n");
        server.connection.end_of_stream(server);
        server.connection.abort(server);
        EXPECT_EQ(server.log, "closed 1006 \nshut\n") << "told once";
    }
}

TEST(Connection, AnAbortIs1006AndShutsNothing) {
    End server(Role::server);
    server.connection.abort(server);
    EXPECT_EQ(server.log, "closed 1006 \n");
    EXPECT_FALSE(server.send("x"));
}

TEST(Connection, CallbacksMaySendAndClose) {
    Pair pair;
    pair.server.react = [&] {
        if (pair.server.connection.state() != ReadyState::open) return;
        EXPECT_TRUE(pair.server.send("answer"));
        pair.server.close(CloseCode{4005});
        EXPECT_FALSE(pair.server.send("too late"));
    };
    pair.client.send("question");
    pair.client.send("another");
    pair.run();
    EXPECT_EQ(pair.client.log, "message answer\nclosed 4005  clean\nshut\n");
    EXPECT_EQ(pair.server.log, "message question\nmessage another\nclosed 4005  clean\nshut\n");
}

TEST(Connection, ACallbackMayAbort) {
    End server(Role::server);
    server.react = [&] { server.connection.abort(server); };
    server.receive(frame_for(Role::server, Opcode::text, "one") +
                   frame_for(Role::server, Opcode::text, "two"));
    EXPECT_EQ(server.log, "message one\nclosed 1006 \n");
}

// The owner may find at any write that the connection is lost. It is told of the end once, and
// nothing is written or shut after that.
TEST(Connection, AWriteMayAbort) {
    struct Losing : End {
        using End::End;
        void write(std::span<const std::byte>, std::span<const std::byte>) {
            ++writes;
            connection.abort(*this);
        }
        int writes = 0;
    };
    const auto feed = [](Losing& end, std::string bytes) {
        end.connection.receive({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()}, end);
    };
    for (const Role role : {Role::server, Role::client})
        for (int way = 0; way < 5; ++way) {
            Losing end(role);
            switch (way) {
                case 0:
                    end.connection.send(MessageType::text, bytes_of("x"), end);
                    break;
                case 1:
                    end.connection.close(CloseCode::normal, "", end);
                    break;
                case 2:
                    feed(end, frame_for(role, Opcode::close, ""));
                    break;
                case 3:
                    feed(end, frame_for(role, Opcode::continuation, "broken"));
                    break;
                default:
                    // In several pieces, if it is masked.
                    end.connection.send(MessageType::binary, bytes_of(std::string(9000, 'x')), end);
            }
            end.connection.end_of_stream(end);
            end.connection.abort(end);
            feed(end, frame_for(role, Opcode::text, "late"));
            EXPECT_EQ(end.log, "closed 1006 \n") << way;
            EXPECT_EQ(end.writes, 1) << way;
        }
}

TEST(Connection, APingThatIsTooLongIsNotSent) {
    End server(Role::server);
    EXPECT_TRUE(server.connection.ping(bytes_of(std::string(125, 'x')), server));
    EXPECT_EQ(server.take_output().size(), 127U);
    EXPECT_FALSE(server.connection.ping(bytes_of(std::string(126, 'x')), server));
    EXPECT_FALSE(server.connection.pong(bytes_of(std::string(126, 'x')), server));
    EXPECT_EQ(server.output, "");
}

// Each way to end, after each way to end: what comes first counts, and is told once.
TEST(Connection, EveryOrderOfTwoEnds) {
    const std::pair<const char*, std::function<void(End&)>> ends[] = {
        {"", [](End& end) { end.close(CloseCode{4000}, "ours"); }},
        {"closed 4001 theirs clean\nshut\n",
         [](End& end) {
             end.receive(
                 frame_for(end.connection.role(), Opcode::close, close_payload(4001, "theirs")));
         }},
        {"closed 1002 a reserved bit is set that no extension gives a meaning\nshut\n",
         [](End& end) { end.receive("\xF1"); }},
        {"closed 1006 \nshut\n", [](End& end) { end.connection.end_of_stream(end); }},
        {"closed 1006 \n", [](End& end) { end.connection.abort(end); }},
    };
    for (const Role role : {Role::server, Role::client})
        for (const auto& [first_words, first] : ends)
            for (const auto& [second_words, second] : ends) {
                End end(role);
                first(end);
                EXPECT_EQ(end.log, first_words);
                const std::size_t written = end.output.size();
                second(end);
                // Only our own close frame waits for what comes after it; nothing follows it.
                const std::string_view expected = *first_words != '\0' ? first_words : second_words;
                EXPECT_EQ(end.log, expected);
                EXPECT_EQ(end.output.size(), written);
                EXPECT_FALSE(end.send("x"));
                EXPECT_FALSE(end.connection.ping({}, end));
            }
}

TEST(Connection, APausedConnectionKeepsTheRestForLater) {
    End server(Role::server);
    server.flow = Flow::pause;
    std::string input;
    for (const char* const text : {"one", "two", "three"})
        input += frame_for(Role::server, Opcode::text, text);
    std::span<std::byte> rest(reinterpret_cast<std::byte*>(input.data()), input.size());
    rest = rest.subspan(server.connection.receive(rest, server));
    EXPECT_EQ(server.log, "message one\n");
    rest = rest.subspan(server.connection.receive(rest, server));
    EXPECT_EQ(server.log, "message one\nmessage two\n");
}

// Every order in which both sides send, close, and lose each other, with the network cutting as it
// likes: each is told of the end once, and all that was sent before a close arrives in order.
TEST(Connection, TwoEndsAgreeWhateverHappens) {
    for (std::uint32_t seed = 0; seed < 2000; ++seed) {
        std::mt19937 random(seed);
        Pair pair;
        End* const ends[] = {&pair.server, &pair.client};
        std::string expected[2];
        std::string wires[2];
        for (int step = 0; step < 60; ++step) {
            const std::size_t which = random() % 2;
            End& end = *ends[which];
            End& other = *ends[1 - which];
            switch (random() % 8) {
                case 0:
                case 1:
                case 2: {
                    const std::string text =
                        std::to_string(step) + std::string(random() % 300, 'x');
                    if (end.send(text)) expected[which] += "message " + text + "\n";
                    break;
                }
                case 3:
                    end.connection.ping({}, end);
                    break;
                case 4:
                    if (random() % 8 == 0) end.close(CloseCode{4000});
                    break;
                default: {
                    wires[which] += end.take_output();
                    const std::size_t size =
                        std::min<std::size_t>(wires[which].size(), random() % 400);
                    other.receive(wires[which].substr(0, size));
                    wires[which].erase(0, size);
                }
            }
        }
        for (int round = 0; round < 3; ++round)
            for (const std::size_t which : {std::size_t{0}, std::size_t{1}}) {
                wires[which] += ends[which]->take_output();
                ends[1 - which]->receive(std::exchange(wires[which], {}));
            }
        for (const std::size_t which : {std::size_t{0}, std::size_t{1}}) {
            std::string heard;
            std::size_t closed = 0;
            std::string line;
            std::istringstream lines(ends[1 - which]->log);
            while (std::getline(lines, line)) {
                if (line.starts_with("message ")) heard += line + "\n";
                if (line.starts_with("closed ")) ++closed;
            }
            const bool over = ends[which]->connection.state() == ReadyState::closed;
            ASSERT_EQ(closed, over ? 1U : 0U) << "seed " << seed;
            ASSERT_EQ(heard, expected[which]) << "seed " << seed;
        }
    }
}

TEST(Connection, IsSmall) {
    EXPECT_LE(sizeof(Connection), 40U);
}

}  // namespace
}  // namespace longwire::protocol
