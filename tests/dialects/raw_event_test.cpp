#include "dialects/raw/event.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace longwire::dialects::raw {
namespace {

constexpr hub::Position position = {.epoch = 0xab, .offset = 7};

hub::Publication text(std::string_view text) {
    return {"lobby", Message::text(text), position, {}, {}};
}
hub::Publication binary(std::string_view bytes) {
    return {"lobby", Message::binary(std::as_bytes(std::span(bytes))), position, {}, {}};
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

TEST(RawJson, TellsOfJoiningAndPresence) {
    EXPECT_EQ(joined_json(position, true), R"({"joined":{"position":"ab-7","recovered":true}})");
    EXPECT_EQ(joined_json(position, false), R"({"joined":{"position":"ab-7","recovered":false}})");
    hub::PresenceChange change = {
        .channel = "lobby", .who = {.user = "a\"b", .info = "{}"}, .member = {}};
    EXPECT_EQ(presence_json(change), R"({"presence":{"joined":"a\"b","info":{}}})");
    change.kind = hub::PresenceChange::Kind::left;
    change.who.info.clear();
    EXPECT_EQ(presence_json(change), R"({"presence":{"left":"a\"b"}})");
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

// RFC 4648, section 10.
TEST(RawBase64, IsThatOfTheStandard) {
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("f"), "Zg==");
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(base64("foo"), "Zm9v");
    EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace longwire::dialects::raw
