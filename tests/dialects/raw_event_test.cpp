#include "dialects/raw/event.hpp"

#include "dialects/json_text.hpp"
#include "dialects/presence_json.hpp"
#include "dialects/raw/channel_name.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::raw {
namespace {

constexpr hub::Position position = {.epoch = 0xab, .offset = 7};

hub::Publication text(std::string_view text) {
    return {"lobby", {.message = Message::text(text)}, position, {}, {}};
}
hub::Publication binary(std::string_view bytes) {
    return {
        "lobby", {.message = Message::binary(std::as_bytes(std::span(bytes)))}, position, {}, {}};
}
hub::Publication named(std::string_view event) {
    return {"lobby", {.message = Message::text("x"), .event = event}, position, {}, {}};
}

TEST(RawJson, HoldsThePositionAndTheText) {
    EXPECT_EQ(publication_json(text("hello")), R"({"position":"ab-7","text":"hello"})");
    EXPECT_EQ(publication_json(text("")), R"({"position":"ab-7","text":""})");
}

TEST(RawJson, EscapesWhatJsonDoesNotAllow) {
    EXPECT_EQ(publication_json(text("\"\\\n\r\t\x01\x1f/\x7fé")),
              R"({"position":"ab-7","text":"\"\\\n\r\t\u0001\u001f/)"
              "\x7f"
              R"(é"})");
}

TEST(RawJson, HoldsBinaryInBase64) {
    using namespace std::string_view_literals;
    EXPECT_EQ(publication_json(binary("\x00\xff\x10"sv)), R"({"position":"ab-7","binary":"AP8Q"})");
}

TEST(RawJson, HoldsValuesAsTheyAre) {
    const hub::Publication value("lobby",
                                 {.message = Message::text(R"({"a":[1,null]})"),
                                  .event = "price \"x\"",
                                  .form = hub::Form::json,
                                  .user = "ann",
                                  .info = R"({"n":1})"},
                                 position, {}, {});
    EXPECT_EQ(publication_json(value),
              R"({"position":"ab-7","event":"price \"x\"","user":"ann","info":{"n":1},)"
              R"("json":{"a":[1,null]}})");
}

TEST(RawJson, HoldsArgumentsAndWhatIsAttached) {
    const std::vector<std::string> attachments = {"f", "foobar"};
    const hub::Publication both("lobby",
                                {.message = Message::text(R"([{"_placeholder":true,"num":1},2])"),
                                 .event = "move",
                                 .form = hub::Form::arguments,
                                 .attachments = attachments},
                                position, {}, {});
    EXPECT_EQ(publication_json(both),
              R"({"position":"ab-7","event":"move","arguments":[{"_placeholder":true,"num":1},2],)"
              R"("attachments":["Zg==","Zm9vYmFy"]})");
}

TEST(RawJson, TellsOfJoiningAndPresence) {
    EXPECT_EQ(joined_json(position, true), R"({"joined":{"position":"ab-7","recovered":true}})");
    EXPECT_EQ(joined_json(position, false), R"({"joined":{"position":"ab-7","recovered":false}})");
    hub::PresenceChange change = {
        .channel = "lobby", .who = {.user = "a\"b", .info = "{}"}, .member = {}};
    EXPECT_EQ(presence_json(change), R"({"presence":{"joined":"a\"b","info":{}}})");
    change.kind = hub::PresenceChange::Kind::left;
    change.who.info.clear();
    EXPECT_EQ(presence_json(change), R"({"presence":{"left":"a\"b"}})");
    change.kind = hub::PresenceChange::Kind::changed;
    EXPECT_EQ(presence_json(change), R"({"presence":{"changed":"a\"b"}})");
    EXPECT_EQ(present_json({}), R"({"present":[]})");
    EXPECT_EQ(present_json({{.user = "ann", .info = {}}, {.user = "bob", .info = "1"}}),
              R"({"present":[{"user":"ann"},{"user":"bob","info":1}]})");
    EXPECT_EQ(error_json("No."), R"({"error":"No."})");
}

// WHATWG HTML, section 9.2.6.
TEST(RawEvent, HoldsThePositionAsItsId) {
    EXPECT_EQ(publication_event(text("hello")), "id: ab-7\ndata: hello\n\n");
    EXPECT_EQ(publication_event(text("")), "id: ab-7\ndata: \n\n");
}

TEST(RawEvent, GivesEachLineItsField) {
    EXPECT_EQ(publication_event(text("a\nb\r\nc\rd\n")),
              "id: ab-7\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
    EXPECT_EQ(publication_event(text("\r\n\r\n")), "id: ab-7\ndata: \ndata: \ndata: \n\n");
}

TEST(RawEvent, CannotBeSplitByWhatItHolds) {
    EXPECT_EQ(publication_event(text("x\n\nid: forged\ndata: y")),
              "id: ab-7\ndata: x\ndata: \ndata: id: forged\ndata: data: y\n\n");
}

TEST(RawEvent, HasATypeOfItsOwnForBinary) {
    EXPECT_EQ(publication_event(binary("ab")), "id: ab-7\nevent: binary\ndata: YWI=\n\n");
    EXPECT_EQ(plain_event("joined", "{}"), "event: joined\ndata: {}\n\n");
}

TEST(RawEvent, HasItsNameAsType) {
    EXPECT_EQ(publication_event(named("price")), "id: ab-7\nevent: price\ndata: x\n\n");
}

TEST(RawEvent, HoldsJsonWhereItIsAskedFor) {
    EXPECT_EQ(publication_json_event(named("price")),
              "id: ab-7\n"
              "data: {\"position\":\"ab-7\",\"event\":\"price\",\"text\":\"x\"}\n\n");
    EXPECT_EQ(publication_json_event(binary("ab")),
              "id: ab-7\ndata: {\"position\":\"ab-7\",\"binary\":\"YWI=\"}\n\n");
}

TEST(RawEvent, NobodyElseSendsOurs) {
    using namespace std::string_view_literals;
    for (const std::string_view name : {"joined"sv, "presence"sv, "expired"sv, "binary"sv, "open"sv,
                                        "error"sv, "a\nid: forged"sv, "\r"sv, "\0"sv})
        EXPECT_EQ(publication_event(named(name)), "id: ab-7\ndata: x\n\n") << name;
}

// What is called otherwise would come into the JSON, and the text frames, that others get.
TEST(RawChannel, IsCalledByUtf8) {
    for (const auto* name : {"a", "r\xC3\xA4um", "\xE2\x98\x83", "with space"})
        EXPECT_TRUE(is_channel_name(name)) << name;
    for (const auto* name : {"", "\xFF", "a\xC3", "\xED\xA0\x80", "\xC0\x80", "a\nb", "\x7F"})
        EXPECT_FALSE(is_channel_name(name)) << name;
    EXPECT_FALSE(is_channel_name({}));
    EXPECT_TRUE(is_channel_name(std::string(200, 'x')));
    EXPECT_FALSE(is_channel_name(std::string(201, 'x')));
}

TEST(JsonText, OfNoBytesIsNone) {
    EXPECT_FALSE(is_json({}));
    EXPECT_FALSE(is_json(""));
}

TEST(JsonText, JudgesValues) {
    EXPECT_TRUE(is_json(R"({"a":[1,2.5e3,"x",true,null]})"));
    EXPECT_TRUE(is_json(" 5 "));
    EXPECT_TRUE(is_json("\"text\""));
    for (const std::string_view wrong : {"", " ", "text", "{", "{}{}", "[1,]", "'a'", "nul"})
        EXPECT_FALSE(is_json(wrong)) << wrong;
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    EXPECT_TRUE(is_json(nested(60)));
    EXPECT_FALSE(is_json(nested(70)));
    EXPECT_FALSE(is_json(nested(100'000)));
}

}  // namespace
}  // namespace longwire::dialects::raw
