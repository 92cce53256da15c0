// The packets of Engine.IO and Socket.IO: the examples of the protocols' own documents, and what is
// none.
#include "dialects/socketio/engineio_packet.hpp"
#include "dialects/socketio/event_packets.hpp"
#include "dialects/socketio/packet.hpp"

#include <gtest/gtest.h>

#include <longwire/socketio.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::socketio {
namespace {

using longwire::socketio::Arguments;
using longwire::socketio::Json;
using namespace std::string_view_literals;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// ---- Engine.IO ----------------------------------------------------------------------------------

TEST(EngineIoPacket, IsADigitAndWhatFollows) {
    const auto packet = read_engine_packet("4hello");
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->type, EnginePacketType::message);
    EXPECT_EQ(packet->data.text(), "hello");
    EXPECT_EQ(read_engine_packet("2")->type, EnginePacketType::ping);
    EXPECT_EQ(read_engine_packet("2probe")->data.text(), "probe");
    EXPECT_EQ(engineio_packet(EnginePacketType::message, "hello"), "4hello");
}

TEST(EngineIoPacket, IsNothingElse) {
    for (const std::string_view text : {"", "7", "abc", "-1", " 4", "\x1e", "b4"})
        EXPECT_FALSE(read_engine_packet(text)) << text;
}

std::vector<std::string> read_all(std::string_view payload, bool& malformed) {
    PayloadReader reader(payload);
    std::vector<std::string> packets;
    while (const auto packet = reader.next())
        packets.push_back(std::to_string(static_cast<int>(packet->type)) +
                          (packet->data.is_text() ? " text " : " binary ") +
                          std::string(packet->data.text()));
    malformed = reader.malformed();
    return packets;
}

TEST(EngineIoPayload, HoldsPacketsWithSeparatorsBetweenThem) {
    bool malformed = true;
    EXPECT_EQ(read_all("4hello\x1e"
                       "2\x1e"
                       "4world",
                       malformed),
              (std::vector<std::string>{"4 text hello", "2 text ", "4 text world"}));
    EXPECT_FALSE(malformed);
    EXPECT_EQ(read_all("4hello\x1e"
                       "bAQIDBA==",
                       malformed),
              (std::vector<std::string>{"4 text hello", "4 binary \x01\x02\x03\x04"}));
    EXPECT_FALSE(malformed);
}

TEST(EngineIoPayload, EndsWhereAPacketIsMalformed) {
    for (const std::string_view payload : {"", "4a\x1e", "\x1e", "4a\x1exx",
                                           "4a\x1e"
                                           "b!!!!",
                                           "4a\x1e"
                                           "bA"}) {
        bool malformed = false;
        const auto packets = read_all(payload, malformed);
        EXPECT_TRUE(malformed) << payload;
        EXPECT_LE(packets.size(), 1U);
    }
}

TEST(EngineIoPayload, IsWrittenAsItIsRead) {
    std::string payload;
    append_packet(payload, EnginePacketType::message, "hello");
    append_message(payload, Message::binary(bytes_of("\x01\x02\x03\x04")));
    EXPECT_EQ(payload,
              "4hello\x1e"
              "bAQIDBA==");
    append_payload(payload, "2");
    EXPECT_TRUE(
        payload.ends_with("\x1e"
                          "2"));
}

TEST(EngineIoPayload, BeginsASessionAsTheDocumentSays) {
    EXPECT_EQ(opening_json({.session = "lv_VI97HAXpY6yYWAAAC",
                            .may_upgrade = true,
                            .ping_interval = std::chrono::milliseconds(25000),
                            .ping_timeout = std::chrono::milliseconds(20000),
                            .max_payload = 1000000}),
              R"({"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,)"
              R"("pingTimeout":20000,"maxPayload":1000000})");
    EXPECT_EQ(error_json(EngineError::unknown_session),
              R"({"code":1,"message":"Session ID unknown"})");
}

// ---- Socket.IO ----------------------------------------------------------------------------------

struct Example {
    std::string_view text;
    PacketType type;
    std::string_view name_space;
    std::optional<std::uint64_t> id;
    std::string_view data;
    std::size_t attachments;
};

// Section "Packet encoding", and the sample session.
constexpr std::array examples = {
    Example{"0", PacketType::connect, "/", {}, "", 0},
    Example{R"(0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"})",
            PacketType::connect,
            "/admin",
            {},
            R"({"sid":"oSO0OpakMV_3jnilAAAA"})",
            0},
    Example{R"(4{"message":"Not authorized"})",
            PacketType::connect_error,
            "/",
            {},
            R"({"message":"Not authorized"})",
            0},
    Example{R"(2["foo"])", PacketType::event, "/", {}, R"(["foo"])", 0},
    Example{R"(2/admin,["bar"])", PacketType::event, "/admin", {}, R"(["bar"])", 0},
    Example{R"(51-["baz",{"_placeholder":true,"num":0}])",
            PacketType::binary_event,
            "/",
            {},
            R"(["baz",{"_placeholder":true,"num":0}])",
            1},
    Example{R"(52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
            PacketType::binary_event,
            "/admin",
            {},
            R"(["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
            2},
    Example{R"(212["foo"])", PacketType::event, "/", 12, R"(["foo"])", 0},
    Example{R"(3/admin,13["bar"])", PacketType::ack, "/admin", 13, R"(["bar"])", 0},
    Example{R"(61-15["bar",{"_placeholder":true,"num":0}])", PacketType::binary_ack, "/", 15,
            R"(["bar",{"_placeholder":true,"num":0}])", 1},
    Example{"1", PacketType::disconnect, "/", {}, "", 0},
    Example{"1/admin,", PacketType::disconnect, "/admin", {}, "", 0},
    Example{R"(2/admin,1["tellme"])", PacketType::event, "/admin", 1, R"(["tellme"])", 0},
    Example{R"(61-/admin,1[{"_placeholder":true,"num":0}])", PacketType::binary_ack, "/admin", 1,
            R"([{"_placeholder":true,"num":0}])", 1},
};

TEST(SocketIoPacket, IsReadAndWrittenAsInTheDocument) {
    for (const Example& example : examples) {
        const auto packet = read_packet(example.text, {});
        ASSERT_TRUE(packet) << example.text << ": " << packet.error();
        EXPECT_EQ(packet->type, example.type) << example.text;
        EXPECT_EQ(packet->name_space, example.name_space) << example.text;
        EXPECT_EQ(packet->id, example.id) << example.text;
        EXPECT_EQ(packet->data, example.data) << example.text;
        EXPECT_EQ(packet->attachments, example.attachments) << example.text;
        EXPECT_EQ(write_packet(*packet), example.text);
    }
    // A comma is left out where nothing follows.
    EXPECT_EQ(read_packet("0/random", {})->name_space, "/random");
}

TEST(SocketIoPacket, IsNothingElse) {
    for (const std::string_view text : {
             "",
             "7",
             "abc",
             "2",
             "2{}",
             "2[]",
             "2[true]",
             R"(2"text")",
             R"(2["a")",
             R"(2["a"]x)",
             R"(2abc["a"])",
             R"(2-1["a"])",
             R"(299999999999999999["a"])",
             R"(2["connect"])",
             R"(2["disconnecting",1])",
             "0[]",
             R"(0"a")",
             R"(1{})",
             "3",
             "3{}",
             "4",
             "4[]",
             R"(5["a"])",
             R"(5-["a"])",
             R"(51["a"])",
             R"(5x-["a"])",
             R"(51-["a",{"_placeholder":true,"num":1}])",
             R"(51-["a",{"_placeholder":true,"num":-1}])",
             R"(51-["a",{"_placeholder":true,"num":"0"}])",
             R"(51-["a",{"_placeholder":true}])",
             R"(2["a",{"_placeholder":true,"num":0}])",
             R"(2["a",[{"b":{"_placeholder":true,"num":0}}]])",
             "2[\"\xff\"]",
         })
        EXPECT_FALSE(read_packet(text, {})) << text;
}

TEST(SocketIoPacket, HasAnEventThatMayBeANumber) {
    EXPECT_TRUE(read_packet("2[1]", {}));
    EXPECT_TRUE(read_packet(R"(2["a",{"_placeholder":false,"num":9}])", {}));
}

TEST(SocketIoPacket, IsBounded) {
    const auto nested = [](int levels) {
        return "2[\"a\"," + std::string(static_cast<std::size_t>(levels), '[') +
               std::string(static_cast<std::size_t>(levels), ']') + "]";
    };
    EXPECT_TRUE(read_packet(nested(60), {}));
    EXPECT_FALSE(read_packet(nested(64), {}));
    EXPECT_FALSE(read_packet(nested(100000), {}));
    EXPECT_TRUE(read_packet(R"(53-["a"])", {.attachments = 3}));
    EXPECT_FALSE(read_packet(R"(54-["a"])", {.attachments = 3}));
    EXPECT_FALSE(read_packet(R"(599999999999-["a"])", {.attachments = 3}));
    EXPECT_FALSE(read_packet(R"(2["abc"])", {.bytes = 7}));
    EXPECT_FALSE(read_packet("0/" + std::string(longest_namespace, 'a'), {}));
}

TEST(SocketIoPacket, IsJoinedWithItsAttachments) {
    PacketReader reader({});
    const auto first = reader.take(Message::text(
        R"(52-/a,7["b",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}])"));
    ASSERT_TRUE(first);
    EXPECT_EQ(*first, nullptr);
    EXPECT_EQ(*reader.take(Message::binary(bytes_of("one"))), nullptr);
    const auto whole = reader.take(Message::binary(bytes_of("two")));
    ASSERT_TRUE(whole && *whole);
    EXPECT_EQ((*whole)->packet.name_space, "/a");
    EXPECT_EQ((*whole)->attachments, (std::vector<std::string>{"one", "two"}));
    const auto next = reader.take(Message::text(R"(2["c"])"));
    ASSERT_TRUE(next && *next);
    EXPECT_TRUE((*next)->attachments.empty());
}

TEST(SocketIoPacket, IsRefusedWhereAttachmentsDoNotFit) {
    EXPECT_FALSE(PacketReader({}).take(Message::binary(bytes_of("one"))));
    PacketReader interrupted({});
    EXPECT_TRUE(interrupted.take(Message::text(R"(51-["a"])")));
    EXPECT_FALSE(interrupted.take(Message::text(R"(2["a"])")));
    PacketReader crowded({.bytes = 12});
    EXPECT_TRUE(crowded.take(Message::text(R"(52-["a"])")));
    EXPECT_TRUE(crowded.take(Message::binary(bytes_of("1"))));
    EXPECT_FALSE(crowded.take(Message::binary(bytes_of("12345"))));
}

// ---- arguments ----------------------------------------------------------------------------------

TEST(SocketIoArguments, AreWhatWasGiven) {
    const Arguments arguments =
        Arguments::of("a \"text\"\n", std::string("é"), 1, -2L, 2.5, true, nullptr,
                      Json{R"( {"b": [1, 2]} )"}, bytes_of("\x00\xff"sv));
    EXPECT_EQ(arguments.array(), R"(["a \"text\"\n","é",1,-2,2.5,true,null,{"b": [1, 2]},)"
                                 R"({"_placeholder":true,"num":0}])");
    EXPECT_EQ(arguments.size(), 9U);
    EXPECT_EQ(arguments.text(0), "a \"text\"\n");
    EXPECT_EQ(arguments.number(2), 1);
    EXPECT_EQ(arguments.number(4), 2.5);
    EXPECT_EQ(arguments.boolean(5), true);
    EXPECT_EQ(arguments.json(6), "null");
    EXPECT_EQ(arguments.json(7), R"({"b": [1, 2]})");
    ASSERT_TRUE(arguments.bytes(8));
    EXPECT_EQ(Message::binary(*arguments.bytes(8)).text(), "\x00\xff"sv);
    EXPECT_EQ(arguments.json(9), "null");
    EXPECT_FALSE(arguments.text(2));
    EXPECT_FALSE(arguments.number(0));
    EXPECT_FALSE(arguments.bytes(7));
}

TEST(SocketIoArguments, AreRead) {
    const auto arguments = Arguments::parse(
        R"( [ 1 , "a,b]\"" , [ 2 , { "c" : "}" } ] , {"_placeholder":true,"num":1} ] )",
        {"x", "y"});
    ASSERT_TRUE(arguments);
    EXPECT_EQ(arguments->size(), 4U);
    EXPECT_EQ(arguments->text(1), "a,b]\"");
    EXPECT_EQ(arguments->json(2), R"([ 2 , { "c" : "}" } ])");
    EXPECT_EQ(Message::binary(*arguments->bytes(3)).text(), "y");
    EXPECT_EQ(arguments->without(2).array(),
              R"([[ 2 , { "c" : "}" } ],{"_placeholder":true,"num":1}])");
    EXPECT_EQ(arguments->without(9).array(), "[]");
    EXPECT_TRUE(Arguments::parse("[]")->empty());
    for (const std::string_view text :
         {"", "{}", "[", "[1,]", "12[]", "[1]2", R"([{"_placeholder":true,"num":0}])"})
        EXPECT_FALSE(Arguments::parse(text)) << text;
}

TEST(SocketIoArguments, HoldNothingThatIsNoJson) {
    EXPECT_FALSE(Arguments::parse({}));
    EXPECT_EQ(Arguments::of(Json{}).array(), "[null]");
    for (const std::string_view json :
         {"", " ", "x", "1,2", "[1", "1]", R"({"_placeholder":true,"num":0})", "\"\xff\""})
        EXPECT_EQ(Arguments::of(Json{json}).array(), "[null]") << json;
    EXPECT_EQ(Arguments::of(std::nan(""), INFINITY).array(), "[null,null]");
}

TEST(SocketIoHandshake, HasTheTextsOfItsAuth) {
    longwire::socketio::Handshake handshake;
    EXPECT_EQ(handshake.auth_text("token"), std::nullopt);
    handshake.auth = R"({"token":"abc","":"none","n":1})";
    EXPECT_EQ(handshake.auth_text("token"), "abc");
    EXPECT_EQ(handshake.auth_text("n"), std::nullopt);
    EXPECT_EQ(handshake.auth_text({}), "none");
    handshake.auth.clear();
    EXPECT_EQ(handshake.auth_text("token"), std::nullopt);
}

// ---- publications -------------------------------------------------------------------------------

hub::Publication publication(const hub::Content& content) {
    return {"lobby", content, {.epoch = 0xab, .offset = 7}, {}, {}};
}

TEST(SocketIoPublication, ArrivesAsTheArgumentsOfAnEvent) {
    const auto first_frame = [](const hub::Content& content) {
        return packets_of(publication(content), {}).payload;
    };
    EXPECT_EQ(first_frame({.message = Message::text("hi \"there\"")}),
              R"(42["message","hi \"there\""])");
    EXPECT_EQ(
        first_frame(
            {.message = Message::text(R"({"a":1})"), .event = "moved", .form = hub::Form::json}),
        R"(42["moved",{"a":1}])");
    EXPECT_EQ(first_frame({.message = Message::text(" [ 1, 2 ] "),
                           .event = "moved",
                           .form = hub::Form::arguments}),
              R"(42["moved",1, 2 ])");
    EXPECT_EQ(first_frame({.message = Message::text("[]"), .form = hub::Form::arguments}),
              R"(42["message"])");
    EXPECT_EQ(first_frame({.message = Message::binary(bytes_of("\x01\x02\x03\x04"))}),
              "451-[\"message\",{\"_placeholder\":true,\"num\":0}]\x1e"
              "bAQIDBA==");
    EXPECT_EQ(
        packets_of(publication({.message = Message::binary(bytes_of("a"))}), {}).frames.size(), 2U);
    EXPECT_EQ(first_frame({.message = Message::text("a"), .event = "disconnect"}),
              R"(42["message","a"])");
}

TEST(SocketIoPublication, TellsMoreWhereItIsAskedTo) {
    EXPECT_EQ(packets_of(publication({.message = Message::text("hi")}),
                         {.name_space = "/a", .channel = "lobby", .offset = "ab-7"})
                  .payload,
              R"(42/a,["message","hi",{"channel":"lobby"},"ab-7"])");
    EXPECT_EQ(packets_of(publication({.message = Message::text("hi"), .event = "presence"}),
                         {.kept_name = "presence"})
                  .payload,
              R"(42["message","hi"])");
}

TEST(SocketIoPublication, IsWhatAnEventIs) {
    std::string memory;
    const auto text = content_of("say", Arguments::of("hi"), memory);
    EXPECT_EQ(text.message.text(), "hi");
    EXPECT_EQ(text.form, hub::Form::plain);
    EXPECT_EQ(text.event, "say");
    const Arguments one = Arguments::of(Json{R"({"a":1})"});
    EXPECT_EQ(content_of("say", one, memory).form, hub::Form::json);
    EXPECT_EQ(content_of("say", one, memory).message.text(), R"({"a":1})");
    const Arguments bytes = Arguments::of(bytes_of("b"));
    EXPECT_FALSE(content_of("say", bytes, memory).message.is_text());
    EXPECT_EQ(content_of("say", bytes, memory).message.text(), "b");
    const Arguments mixed = Arguments::of("a", bytes_of("b"));
    const auto several = content_of("say", mixed, memory);
    EXPECT_EQ(several.form, hub::Form::arguments);
    EXPECT_EQ(several.message.text(), R"(["a",{"_placeholder":true,"num":0}])");
    ASSERT_EQ(several.attachments.size(), 1U);
    EXPECT_EQ(several.attachments[0], "b");
    EXPECT_EQ(content_of("say", {}, memory).message.text(), "[]");
}

}  // namespace
}  // namespace longwire::dialects::socketio
