#include "dialects/pusher/event.hpp"

#include "dialects/json_text.hpp"
#include "dialects/pusher/channel_kind.hpp"
#include "dialects/pusher/json_parser.hpp"
#include "http/base64.hpp"

namespace longwire::dialects::pusher {

namespace {

std::string event_of(std::string_view event, std::string_view channel, std::string_view data) {
    std::string json = R"({"event":")";
    json += event;
    json += '"';
    if (!channel.empty()) {
        json += R"(,"channel":)";
        append_quoted(json, channel);
    }
    json += R"(,"data":)";
    append_quoted(json, data);
    json += '}';
    return json;
}

/// Whether clients take an event of this name for the server's own word, or for that of a peer who
/// may send such (`Content::is_client_event`).
bool is_kept_name(const hub::Publication& publication) {
    const std::string& name = publication.event();
    return name.starts_with("pusher:") || name.starts_with("pusher_internal:") ||
           (name.starts_with("client-") && !publication.is_client_event());
}

std::string in_quotes(std::string_view text) {
    std::string json;
    append_quoted(json, text);
    return json;
}

std::string_view info_of(const hub::Presence& who) {
    return who.info.empty() ? std::string_view("null") : who.info;
}

}  // namespace

std::string connection_established(std::string_view socket_id,
                                   std::chrono::seconds activity_timeout) {
    const std::string data = R"({"socket_id":)" + in_quotes(socket_id) + R"(,"activity_timeout":)" +
                             std::to_string(activity_timeout.count()) + "}";
    return event_of("pusher:connection_established", {}, data);
}

std::string error_event(int code, std::string_view sentence, std::string_view channel) {
    std::string json = R"({"event":"pusher:error")";
    if (!channel.empty()) json += R"(,"channel":)" + in_quotes(channel);
    json += R"(,"data":{"code":)" + (code == 0 ? std::string("null") : std::to_string(code)) +
            R"(,"message":)" + in_quotes(sentence) + "}}";
    return json;
}

std::string ping_event() {
    return event_of("pusher:ping", {}, "{}");
}

std::string pong_event() {
    return event_of("pusher:pong", {}, "{}");
}

std::string subscription_succeeded(std::string_view channel) {
    return event_of("pusher_internal:subscription_succeeded", channel, "{}");
}

std::string subscription_succeeded(std::string_view channel,
                                   std::span<const hub::Presence> present) {
    std::string ids;
    std::string hash;
    for (const hub::Presence& who : present) {
        if (!ids.empty()) {
            ids += ',';
            hash += ',';
        }
        append_quoted(ids, who.user);
        append_quoted(hash, who.user);
        hash += ':';
        hash += info_of(who);
    }
    return event_of("pusher_internal:subscription_succeeded", channel,
                    R"({"presence":{"count":)" + std::to_string(present.size()) + R"(,"ids":[)" +
                        ids + R"(],"hash":{)" + hash + "}}}");
}

std::string subscription_error(std::string_view channel, std::string_view type,
                               std::string_view sentence, int status) {
    return R"({"event":"pusher:subscription_error","channel":)" + in_quotes(channel) +
           R"(,"data":{"type":)" + in_quotes(type) + R"(,"error":)" + in_quotes(sentence) +
           R"(,"status":)" + std::to_string(status) + "}}";
}

std::string subscription_count(std::string_view channel, std::size_t count) {
    return event_of("pusher_internal:subscription_count", channel,
                    R"({"subscription_count":)" + std::to_string(count) + "}");
}

std::string member_added(std::string_view channel, const hub::Presence& who) {
    std::string data = R"({"user_id":)" + in_quotes(who.user);
    if (!who.info.empty()) data += R"(,"user_info":)" + who.info;
    data += '}';
    return event_of("pusher_internal:member_added", channel, data);
}

std::string member_removed(std::string_view channel, std::string_view user) {
    return event_of("pusher_internal:member_removed", channel,
                    R"({"user_id":)" + in_quotes(user) + "}");
}

std::string cache_miss(std::string_view channel) {
    return event_of("pusher:cache_miss", channel, "{}");
}

std::string signin_success(std::string_view user_data) {
    return event_of("pusher:signin_success", {}, R"({"user_data":)" + in_quotes(user_data) + "}");
}

std::string watchlist_event(bool online, std::span<const std::string> users) {
    std::string ids;
    for (const std::string& user : users) {
        if (!ids.empty()) ids += ',';
        append_quoted(ids, user);
    }
    return event_of("pusher_internal:watchlist_events", {},
                    std::string(R"({"events":[{"name":)") +
                        (online ? "\"online\"" : "\"offline\"") + R"(,"user_ids":[)" + ids +
                        "]}]}");
}

std::string data_of(const hub::Publication& publication) {
    const Message message = publication.message();
    if (!message.is_text()) return http::to_base64(message.text());
    if (publication.form() != hub::Form::arguments) return std::string(message.text());
    simdjson::dom::array arguments;
    if (parse_json(message.text()).get(arguments) != simdjson::SUCCESS || arguments.size() != 1)
        return std::string(message.text());
    const simdjson::dom::element sole = arguments.at(0).value_unsafe();
    std::string_view text;
    return sole.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(sole);
}

std::string publication_event(const hub::Publication& publication, std::string_view channel,
                              std::string_view unnamed) {
    std::string json;
    json.reserve(publication.size() + channel.size() + 64);
    json += R"({"event":)";
    const bool has_name = !publication.event().empty() && !is_kept_name(publication);
    append_quoted(json, has_name ? std::string_view(publication.event()) : unnamed);
    json += R"(,"channel":)";
    append_quoted(json, channel);
    json += R"(,"data":)";
    if (publication.form() == hub::Form::arguments || !publication.message().is_text())
        append_quoted(json, data_of(publication));
    else
        append_quoted(json, publication.message().text());
    if (!publication.user().empty() && kind_of(channel).presence) {
        json += R"(,"user_id":)";
        append_quoted(json, publication.user());
    }
    json += '}';
    return json;
}

hub::Form form_of(std::string_view data) {
    return is_json(data) ? hub::Form::json : hub::Form::plain;
}

}  // namespace longwire::dialects::pusher
