#include "dialects/pusher/packet.hpp"

#include "dialects/gate.hpp"
#include "dialects/pusher/json_parser.hpp"

#include <charconv>
#include <optional>

namespace longwire::dialects::pusher {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::unexpected<std::string_view> wrong(std::string_view sentence) {
    return std::unexpected(sentence);
}

/// A text as it is, anything else as JSON.
std::string data_of(const element& value) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) return std::string(text);
    return simdjson::minify(value);
}

/// The object at "data"; clients may also write it as JSON in a text, which is not read.
std::optional<object> object_at_data(const object& message) {
    object data;
    if (message["data"].get(data) != simdjson::SUCCESS) return std::nullopt;
    return data;
}

std::expected<Packet, std::string_view> read_subscribe(const object& message) {
    const auto data = object_at_data(message);
    if (!data) return wrong("pusher:subscribe needs an object as its data.");
    return Subscribe{.channel = std::string(text_at(*data, "channel")),
                     .auth = std::string(text_at(*data, "auth")),
                     .channel_data = std::string(text_at(*data, "channel_data"))};
}

std::expected<Packet, std::string_view> read_unsubscribe(const object& message) {
    const auto data = object_at_data(message);
    if (!data) return wrong("pusher:unsubscribe needs an object as its data.");
    return Unsubscribe{std::string(text_at(*data, "channel"))};
}

std::expected<Packet, std::string_view> read_sign_in(const object& message) {
    const auto data = object_at_data(message);
    if (!data) return wrong("pusher:signin needs an object as its data.");
    return SignIn{.auth = std::string(text_at(*data, "auth")),
                  .user_data = std::string(text_at(*data, "user_data"))};
}

/// A user's identifier: a text, or a number, which stands for its digits.
std::optional<std::string> identifier_at(const object& json, std::string_view name) {
    element value;
    if (json[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    std::string text;
    if (value.is_string() || value.is_int64() || value.is_uint64()) text = data_of(value);
    if (text.empty() || text.size() > longest_user) return std::nullopt;
    return text;
}

}  // namespace

std::expected<Packet, std::string_view> read_packet(std::string_view message) {
    object packet;
    if (parse_json(message).get(packet) != simdjson::SUCCESS)
        return wrong("A message is a JSON object of at most 64 levels.");
    const std::string_view event = text_at(packet, "event");
    if (event.empty()) return wrong("A message needs an event: its name, as a text.");
    if (event == "pusher:ping") return Ping{};
    if (event == "pusher:pong") return Pong{};
    if (event == "pusher:subscribe") return read_subscribe(packet);
    if (event == "pusher:unsubscribe") return read_unsubscribe(packet);
    if (event == "pusher:signin") return read_sign_in(packet);
    if (!event.starts_with("client-")) return Unknown{std::string(event)};
    element data;
    return ClientEvent{
        .channel = std::string(text_at(packet, "channel")),
        .event = std::string(event),
        .data = packet["data"].get(data) == simdjson::SUCCESS ? data_of(data) : std::string()};
}

std::expected<ChannelData, std::string_view> read_channel_data(std::string_view json) {
    object data;
    if (parse_json(json).get(data) != simdjson::SUCCESS)
        return wrong("channel_data is a JSON object in a text.");
    auto user = identifier_at(data, "user_id");
    if (!user) return wrong("channel_data needs a user_id of 1 to 128 bytes.");
    element info;
    return ChannelData{.user = std::move(*user),
                       .info = data["user_info"].get(info) == simdjson::SUCCESS
                                   ? simdjson::minify(info)
                                   : std::string()};
}

std::expected<UserData, std::string_view> read_user_data(std::string_view json,
                                                         std::size_t most_watched) {
    object data;
    if (parse_json(json).get(data) != simdjson::SUCCESS)
        return wrong("user_data is a JSON object in a text.");
    std::string_view id;
    if (data["id"].get(id) != simdjson::SUCCESS || id.empty() || id.size() > longest_user)
        return wrong("user_data needs an id: a text of 1 to 128 bytes.");
    UserData user = {.id = std::string(id), .info = {}, .watchlist = {}};
    element info;
    if (data["user_info"].get(info) == simdjson::SUCCESS) user.info = simdjson::minify(info);
    simdjson::dom::array watched;
    if (data["watchlist"].get(watched) != simdjson::SUCCESS) return user;
    for (const element& one : watched) {
        std::string_view other;
        if (one.get(other) != simdjson::SUCCESS || other.empty() || other.size() > longest_user)
            return wrong("A watchlist is a list of users, each a text of 1 to 128 bytes.");
        if (user.watchlist.size() >= most_watched) {
            user.watches_too_many = true;
            user.watchlist.clear();
            return user;
        }
        user.watchlist.emplace_back(other);
    }
    return user;
}

}  // namespace longwire::dialects::pusher
