#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace longwire::dialects::pusher {

// What clients send: the Pusher Channels protocol, version 7. Each message is a JSON object with an
// "event", its "data" and maybe a "channel".

struct Subscribe {
    std::string channel;
    std::string auth;  // KEY:SIGNATURE, or nothing
    std::string channel_data;
};
struct Unsubscribe {
    std::string channel;
};
struct Ping {};
struct Pong {};
struct SignIn {
    std::string auth;
    std::string user_data;
};
/// An event of a client's own; its name begins with "client-".
struct ClientEvent {
    std::string channel;
    std::string event;
    std::string data;  // a text as it is, anything else as JSON
};
/// Something that servers may leave aside.
struct Unknown {
    std::string event;
};

using Packet = std::variant<Subscribe, Unsubscribe, Ping, Pong, SignIn, ClientEvent, Unknown>;

/// The error is a sentence for the client.
[[nodiscard]] std::expected<Packet, std::string_view> read_packet(std::string_view message);

/// Who is on a presence channel, as `channel_data` says: {"user_id":…,"user_info":…}.
struct ChannelData {
    std::string user;  // an identifier; a number as its digits
    std::string info;  // JSON, or nothing
};
[[nodiscard]] std::expected<ChannelData, std::string_view> read_channel_data(std::string_view json);

/// Who signs in, as `user_data` says: {"id":"…","watchlist":[…],…}.
struct UserData {
    std::string id;
    std::string info;                    // the "user_info", or nothing
    std::vector<std::string> watchlist;  // other users
    bool watches_too_many = false;
};
[[nodiscard]] std::expected<UserData, std::string_view> read_user_data(std::string_view json,
                                                                       std::size_t most_watched);

}  // namespace longwire::dialects::pusher
