#include "dialects/pusher/webhook.hpp"

#include "dialects/json_text.hpp"

#include <array>
#include <cstddef>

namespace longwire::dialects::pusher {

namespace {

std::string begun(Notice notice, std::string_view channel) {
    std::string json = R"({"name":")";
    json += name_of(notice);
    json += R"(","channel":)";
    append_quoted(json, channel);
    return json;
}

void append_text(std::string& json, std::string_view name, std::string_view text) {
    json += ",\"";
    json += name;
    json += "\":";
    append_quoted(json, text);
}

}  // namespace

std::string_view name_of(Notice notice) noexcept {
    constexpr std::array<std::string_view, notices> names = {
        "channel_occupied", "channel_vacated", "member_added",      "member_removed",
        "client_event",     "cache_miss",      "subscription_count"};
    return names.at(static_cast<std::size_t>(notice));
}

std::string channel_notice(Notice notice, std::string_view channel) {
    return begun(notice, channel) + "}";
}

std::string member_notice(Notice notice, std::string_view channel, std::string_view user) {
    std::string json = begun(notice, channel);
    append_text(json, "user_id", user);
    return json + "}";
}

std::string client_event_notice(std::string_view channel, std::string_view event,
                                std::string_view data, std::string_view socket_id,
                                std::string_view user) {
    std::string json = begun(Notice::client_event, channel);
    append_text(json, "event", event);
    append_text(json, "data", data);
    append_text(json, "socket_id", socket_id);
    if (!user.empty()) append_text(json, "user_id", user);
    return json + "}";
}

std::string count_notice(std::string_view channel, std::size_t count) {
    return begun(Notice::subscription_count, channel) + R"(,"subscription_count":)" +
           std::to_string(count) + "}";
}

std::string webhook_body(std::int64_t milliseconds, std::span<const std::string> events) {
    std::string json = R"({"time_ms":)" + std::to_string(milliseconds) + R"(,"events":[)";
    for (const std::string& event : events) {
        if (&event != &events.front()) json += ',';
        json += event;
    }
    return json + "]}";
}

}  // namespace longwire::dialects::pusher
