// What clients of the pusher dialect send, and what their apps' servers do: each parser gets the
// same text.
#include "fuzz_input.hpp"

#include "dialects/json_text.hpp"
#include "dialects/pusher/api_request.hpp"
#include "dialects/pusher/channel_kind.hpp"
#include "dialects/pusher/event.hpp"
#include "dialects/pusher/fallback_frame.hpp"
#include "dialects/pusher/packet.hpp"
#include "dialects/pusher/webhook.hpp"

#include <variant>

namespace longwire::fuzz {
namespace {

using namespace dialects::pusher;

void check_packet(std::string_view text) {
    const auto packet = read_packet(text);
    if (!packet) {
        require(!packet.error().empty(), "who is refused is told why");
        return;
    }
    if (const auto* const event = std::get_if<ClientEvent>(&*packet)) {
        require(event->event.starts_with("client-"), "an event of a client's is called so");
        // What is handed on to others is JSON again.
        hub::Publication publication(event->channel,
                                     {.message = Message::text(event->data),
                                      .event = event->event,
                                      .form = form_of(event->data),
                                      .is_client_event = true},
                                     {}, {}, {});
        const std::string json = publication_event(publication, event->channel, "message");
        require(dialects::is_json(json), "an event is JSON");
        const auto again = read_packet(json);
        require(again.has_value() && std::get<ClientEvent>(*again).data == data_of(publication),
                "an event that was written can be read again");
        require(dialects::is_json(
                    client_event_notice(event->channel, event->event, event->data, "1.2", "ann")),
                "a notice is JSON");
    }
    if (const auto* const wanted = std::get_if<Subscribe>(&*packet))
        require(dialects::is_json(subscription_error(wanted->channel, "x", wanted->auth, 400)),
                "a refusal is JSON");
}

void check_presence(std::string_view text) {
    const auto data = read_channel_data(text);
    if (!data) return;
    require(!data->user.empty() && data->user.size() <= 128, "a user has a bounded name");
    const std::vector<hub::Presence> present = {{data->user, data->info}};
    require(dialects::is_json(subscription_succeeded("presence-a", present)),
            "who is there is told in JSON");
    require(dialects::is_json(member_added("presence-a", present.front())),
            "who comes is told in JSON");
}

/// The event as an app's server might have written it.
std::string written(const Triggered& event) {
    std::string json = R"({"name":)";
    dialects::append_quoted(json, event.event);
    json += R"(,"channels":[)";
    for (const std::string& channel : event.channels) {
        if (&channel != &event.channels.front()) json += ',';
        dialects::append_quoted(json, channel);
    }
    json += R"(],"data":)";
    dialects::append_quoted(json, event.data);
    json += R"(,"socket_id":)";
    dialects::append_quoted(json, event.socket_id);
    json += R"(,"info":)";
    dialects::append_quoted(json, event.info);
    return json + "}";
}

void check_again(const Triggered& event, ApiLimits limits) {
    limits.most_channels = event.channels.size();
    const std::string json = written(event);
    const auto again = read_event(json, limits);
    require(again.has_value(), "an event that was written can be read again");
    require_same(written(*again), json, "and is the same");
}

void check_refusal(const Refusal& refusal) {
    require(refusal.status == 400 || refusal.status == 413, "a body is wrong, or too large");
    require(!refusal.sentence.empty(), "who is refused is told why");
}

void check_api(std::string_view text) {
    const ApiLimits limits = {.most_channels = 3, .most_events = 3, .largest_data = 100};
    const auto check = [&](const Triggered& event) {
        require(!event.channels.empty() && event.channels.size() <= limits.most_channels + 1,
                "an event has as many channels as it may");
        require(event.data.size() <= limits.largest_data, "its data is as large as it may be");
        require(read_attributes(event.info).has_value(), "what it asks for is known");
        for (const std::string& channel : event.channels)
            require(is_channel_name(channel), "its channels have names that channels may have");
        check_again(event, limits);
    };
    const auto event = read_event(text, limits);
    if (event)
        check(*event);
    else
        check_refusal(event.error());
    const auto batch = read_batch(text, limits);
    if (!batch) {
        check_refusal(batch.error());
    } else {
        require(batch->size() <= limits.most_events, "a batch has as many events as it may");
        for (const Triggered& event : *batch) check(event);
    }
}

void check_pusher(FuzzInput input) {
    const std::string given = input.rest();
    const std::string_view text = as_body(given);
    check_packet(text);
    check_presence(text);
    check_api(text);
    if (const auto user = read_user_data(text, 3))
        require(user->watchlist.size() <= 3, "a watchlist is as long as it may be");
    if (const auto sent = read_sent(text, 3)) {
        const std::string frame = messages_frame(*sent);
        require(std::ranges::all_of(frame, [](char letter) { return letter > 0; }),
                "a frame is ASCII");
        const auto again = read_sent(std::string_view(frame).substr(1), 3);
        require(again.has_value() && *again == *sent, "a frame that was written can be read again");
    }
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_pusher({data, size});
    return 0;
}
