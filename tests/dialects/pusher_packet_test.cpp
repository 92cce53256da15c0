// The packets of the pusher dialect, with the examples of the protocol's own documents.
#include "dialects/pusher/api_request.hpp"
#include "dialects/pusher/channel_kind.hpp"
#include "dialects/pusher/event.hpp"
#include "dialects/pusher/fallback_frame.hpp"
#include "dialects/pusher/packet.hpp"
#include "dialects/pusher/webhook.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace longwire::dialects::pusher {
namespace {

hub::Publication publication(const hub::Content& content) {
    return hub::Publication("hub:channel", content, {.epoch = 1, .offset = 1}, {}, {});
}

TEST(PusherPacket, ReadsWhatClientsSend) {
    const auto subscribe = read_packet(
        R"({"event":"pusher:subscribe","data":{"channel":"presence-x","auth":"k:s","channel_data":"{\"user_id\":1}"}})");
    ASSERT_TRUE(subscribe);
    EXPECT_EQ(std::get<Subscribe>(*subscribe).channel, "presence-x");
    EXPECT_EQ(std::get<Subscribe>(*subscribe).auth, "k:s");
    EXPECT_EQ(std::get<Subscribe>(*subscribe).channel_data, R"({"user_id":1})");
    const auto unsubscribe =
        read_packet(R"({"event":"pusher:unsubscribe","data":{"channel":"a"}})");
    EXPECT_EQ(std::get<Unsubscribe>(*unsubscribe).channel, "a");
    EXPECT_TRUE(std::holds_alternative<Ping>(*read_packet(R"({"event":"pusher:ping","data":{}})")));
    EXPECT_TRUE(std::holds_alternative<Pong>(*read_packet(R"({"event":"pusher:pong"})")));
    const auto sign_in =
        read_packet(R"({"event":"pusher:signin","data":{"auth":"k:s","user_data":"{}"}})");
    EXPECT_EQ(std::get<SignIn>(*sign_in).user_data, "{}");
    const auto event =
        read_packet(R"({"event":"client-x","channel":"private-a","data":{"a": [1, "\u00e4"]}})");
    EXPECT_EQ(std::get<ClientEvent>(*event).data, R"({"a":[1,"ä"]})");
    EXPECT_EQ(std::get<ClientEvent>(*read_packet(R"({"event":"client-x","data":"text"})")).data,
              "text");
    EXPECT_EQ(std::get<Unknown>(*read_packet(R"({"event":"else"})")).event, "else");
}

TEST(PusherPacket, RefusesWhatIsNoMessage) {
    for (const std::string text :
         {"", "x", "[]", "1", "{}", R"({"event":1})", R"({"event":""})",
          R"({"event":"pusher:subscribe"})", R"({"event":"pusher:subscribe","data":"{}"})",
          R"({"event":"pusher:signin","data":[]})", "{\"event\":\"\xFF\"}"})
        EXPECT_FALSE(read_packet(text)) << text;
    const std::string deep(64, '[');
    EXPECT_FALSE(read_packet(R"({"event":"client-x","data":)" + deep + std::string(64, ']') + "}"));
}

// Bodies that are not there have no address.
TEST(PusherPacket, OfNoBytesIsNone) {
    EXPECT_FALSE(read_packet({}));
    EXPECT_FALSE(read_channel_data({}));
    EXPECT_FALSE(read_user_data({}, 1));
    EXPECT_FALSE(read_event({}, {}));
    EXPECT_FALSE(read_batch({}, {}));
    EXPECT_FALSE(read_sent({}, 1));
}

TEST(PusherPacket, ReadsWhoItIs) {
    const auto number = read_channel_data(R"({"user_id":10,"user_info":{"name":"Mr. Channels"}})");
    ASSERT_TRUE(number);
    EXPECT_EQ(number->user, "10");
    EXPECT_EQ(number->info, R"({"name":"Mr. Channels"})");
    EXPECT_EQ(read_channel_data(R"({"user_id":"ann"})")->info, "");
    EXPECT_FALSE(read_channel_data(R"({"user_id":{}})"));
    EXPECT_FALSE(read_channel_data(R"({"user_id":""})"));
    EXPECT_FALSE(read_channel_data(R"({"user_id":")" + std::string(129, 'x') + "\"}"));
    const auto user = read_user_data(R"({"id":"12345","watchlist":["a","b"]})", 2);
    ASSERT_TRUE(user);
    EXPECT_EQ(user->id, "12345");
    EXPECT_EQ(user->watchlist, (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(read_user_data(R"({"id":"1","watchlist":["a","b"]})", 1)->watches_too_many);
    EXPECT_FALSE(read_user_data(R"({"id":12345})", 1));
    EXPECT_FALSE(read_user_data(R"({"id":"1","watchlist":[1]})", 1));
}

TEST(PusherChannel, IsWhatItsNameSays) {
    EXPECT_FALSE(kind_of("news").authorized);
    EXPECT_TRUE(kind_of("private-x").authorized);
    EXPECT_TRUE(kind_of("presence-x").presence);
    EXPECT_TRUE(kind_of("private-encrypted-x").encrypted);
    EXPECT_TRUE(kind_of("cache-x").cache);
    EXPECT_TRUE(kind_of("private-encrypted-cache-x").cache);
    EXPECT_TRUE(kind_of("presence-cache-x").presence);
    EXPECT_TRUE(kind_of("#server-to-user-1").of_user);
    EXPECT_EQ(user_of("#server-to-user-ann"), "ann");
    for (const std::string name :
         {"a", "A-z_0=@,.;", "#server-to-user-a b", "#server-to-user-\xC3\xA4"})
        EXPECT_TRUE(is_channel_name(name)) << name;
    for (const std::string name :
         {"", "a b", "a:b", "#x", "#server-to-user-", "\xC3\xA4", "#server-to-user-\xFF"})
        EXPECT_FALSE(is_channel_name(name)) << name;
    EXPECT_TRUE(is_channel_name(std::string(200, 'x')));
    EXPECT_FALSE(is_channel_name(std::string(201, 'x')));
}

TEST(PusherEvent, IsWrittenAsTheProtocolHasIt) {
    EXPECT_EQ(
        connection_established("1.2", std::chrono::seconds(120)),
        R"({"event":"pusher:connection_established","data":"{\"socket_id\":\"1.2\",\"activity_timeout\":120}"})");
    EXPECT_EQ(error_event(4301, "Slow \"down\"", "private-a"),
              R"({"event":"pusher:error","channel":"private-a","data":{"code":4301,)"
              R"("message":"Slow \"down\""}})");
    EXPECT_EQ(error_event(0, "x"),
              R"({"event":"pusher:error","data":{"code":null,"message":"x"}})");
    EXPECT_EQ(subscription_succeeded("a"),
              R"({"event":"pusher_internal:subscription_succeeded","channel":"a","data":"{}"})");
    const std::vector<hub::Presence> present = {{"11", R"({"name":"A"})"}, {"b", ""}};
    EXPECT_EQ(subscription_succeeded("presence-a", present),
              R"({"event":"pusher_internal:subscription_succeeded","channel":"presence-a",)"
              R"("data":"{\"presence\":{\"count\":2,\"ids\":[\"11\",\"b\"],)"
              R"(\"hash\":{\"11\":{\"name\":\"A\"},\"b\":null}}}"})");
    EXPECT_EQ(member_added("presence-a", present[0]),
              R"({"event":"pusher_internal:member_added","channel":"presence-a",)"
              R"("data":"{\"user_id\":\"11\",\"user_info\":{\"name\":\"A\"}}"})");
    EXPECT_EQ(subscription_count("a", 7),
              R"({"event":"pusher_internal:subscription_count","channel":"a",)"
              R"("data":"{\"subscription_count\":7}"})");
    EXPECT_EQ(watchlist_event(false, std::vector<std::string>{"a", "b"}),
              R"({"event":"pusher_internal:watchlist_events","data":)"
              R"("{\"events\":[{\"name\":\"offline\",\"user_ids\":[\"a\",\"b\"]}]}"})");
}

TEST(PusherEvent, CarriesWhatWasPublishedFromWherever) {
    const std::vector<std::string> attachments = {"xy"};
    EXPECT_EQ(publication_event(publication({.message = Message::text(R"({"a":1})"),
                                             .event = "item",
                                             .form = hub::Form::json}),
                                "news", "message"),
              R"({"event":"item","channel":"news","data":"{\"a\":1}"})");
    EXPECT_EQ(
        publication_event(publication({.message = Message::text("plain")}), "news", "message"),
        R"({"event":"message","channel":"news","data":"plain"})");
    const std::string bytes("\0\xFF", 2);
    EXPECT_EQ(data_of(publication({.message = Message::binary(std::as_bytes(std::span(bytes)))})),
              "AP8=");
    const auto arguments = [](std::string_view json) {
        return data_of(publication(
            {.message = Message::text(json), .event = "e", .form = hub::Form::arguments}));
    };
    EXPECT_EQ(arguments(R"(["text"])"), "text");
    EXPECT_EQ(arguments(R"([{"a":1}])"), R"({"a":1})");
    EXPECT_EQ(arguments(R"([1,2])"), "[1,2]");
    EXPECT_EQ(arguments("[]"), "[]");
    const hub::Content told = {
        .message = Message::text("1"), .event = "client-x", .user = "ann", .is_client_event = true};
    EXPECT_TRUE(publication_event(publication(told), "presence-a", "m")
                    .ends_with(R"("data":"1","user_id":"ann"})"));
    EXPECT_TRUE(publication_event(publication(told), "private-a", "m").ends_with(R"("data":"1"})"));
}

// pusher-js would take them for the server's word, or for that of a peer that may send events.
TEST(PusherEvent, NobodyElseSendsTheProtocolsOwn) {
    for (const std::string_view name :
         {"pusher:error", "pusher:signin_success", "pusher_internal:member_added", "client-typing"})
        EXPECT_EQ(publication_event(publication({.message = Message::text("1"), .event = name}),
                                    "a", "message"),
                  R"({"event":"message","channel":"a","data":"1"})")
            << name;
    for (const std::string_view name : {"pusher", "pusherx:a", "client", "xclient-a"})
        EXPECT_EQ(publication_event(publication({.message = Message::text("1"), .event = name}),
                                    "a", "message"),
                  R"({"event":")" + std::string(name) + R"(","channel":"a","data":"1"})");
}

TEST(PusherApi, RefusesNamesOfTheProtocol) {
    for (const std::string name : {"pusher:error", "pusher_internal:member_added"})
        EXPECT_FALSE(
            read_event(R"({"name":")" + name + R"(","channel":"a","data":"1"})", ApiLimits{}))
            << name;
    EXPECT_TRUE(read_event(R"({"name":"client-a","channel":"a","data":"1"})", ApiLimits{}));
}

TEST(PusherApi, ReadsEvents) {
    const ApiLimits limits = {.most_channels = 2, .most_events = 2, .largest_data = 20};
    const auto event = read_event(
        R"({"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"})", limits);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->event, "foo");
    EXPECT_EQ(event->channels, std::vector<std::string>{"project-3"});
    EXPECT_EQ(event->data, R"({"some":"data"})");
    EXPECT_EQ(read_event(R"({"name":"a","channel":"b","data":{"c": 1}})", limits)->data,
              R"({"c":1})");
    const auto status = [&](std::string_view body) {
        const auto read = read_event(body, limits);
        return read ? 200 : read.error().status;
    };
    EXPECT_EQ(status("x"), 400);
    EXPECT_EQ(status(R"({"name":"","channel":"b","data":""})"), 400);
    EXPECT_EQ(status(R"({"name":"a","data":""})"), 400);
    EXPECT_EQ(status(R"({"name":"a","channel":"b"})"), 400);
    EXPECT_EQ(status(R"({"name":"a","channel":"b b","data":""})"), 400);
    EXPECT_EQ(status(R"({"name":"a","channels":["b","c","d"],"data":""})"), 400);
    EXPECT_EQ(status(R"({"name":"a","channels":["b","private-encrypted-c"],"data":""})"), 400);
    EXPECT_EQ(status(R"({"name":"a","channel":"b","data":"","info":"user_count,else"})"), 400);
    EXPECT_EQ(status(R"({"name":"a","channel":"b","data":"123456789012345678901"})"), 413);
    EXPECT_EQ(read_batch(R"({"batch":[{"name":"a","channel":"b","data":"c"}]})", limits)->size(),
              1);
    EXPECT_FALSE(read_batch(R"({"batch":[1]})", limits));
    EXPECT_FALSE(read_batch(R"({"batch":[{},{},{}]})", limits));
}

TEST(PusherFallback, FramesAreAsciiOnLinesOfTheirOwn) {
    EXPECT_EQ(messages_frame({"a\n", "\xC3\xA4\xF0\x9F\x98\x80"}),
              "a[\"a\\n\",\"\\u00e4\\ud83d\\ude00\"]\n");
    EXPECT_EQ(close_frame(4001, "no"), "c[4001,\"no\"]\n");
    EXPECT_EQ(*read_sent(R"(["{}","x"])", 2), (std::vector<std::string>{"{}", "x"}));
    EXPECT_TRUE(read_sent("[]", 2)->empty());
    EXPECT_FALSE(read_sent(R"(["1","2","3"])", 2));
    EXPECT_FALSE(read_sent("[1]", 2));
    EXPECT_FALSE(read_sent("", 2));
}

TEST(PusherWebhook, IsWrittenAsItsDocumentsHaveIt) {
    EXPECT_EQ(webhook_body(1327078148132, std::vector<std::string>{channel_notice(
                                              Notice::channel_occupied, "test_channel")}),
              R"({"time_ms":1327078148132,"events":[{"name":"channel_occupied",)"
              R"("channel":"test_channel"}]})");
    EXPECT_EQ(member_notice(Notice::member_added, "presence-a", "ann"),
              R"({"name":"member_added","channel":"presence-a","user_id":"ann"})");
    EXPECT_EQ(client_event_notice("private-a", "client-x", R"({"b":1})", "1.2", ""),
              R"({"name":"client_event","channel":"private-a","event":"client-x",)"
              R"("data":"{\"b\":1}","socket_id":"1.2"})");
}

}  // namespace
}  // namespace longwire::dialects::pusher
