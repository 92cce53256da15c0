#include "dialects/pusher/api_request.hpp"

#include "dialects/pusher/channel_kind.hpp"
#include "dialects/pusher/json_parser.hpp"

#include <algorithm>
#include <utility>

namespace longwire::dialects::pusher {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::unexpected<Refusal> refused(int status, std::string sentence) {
    return std::unexpected(Refusal{.status = status, .sentence = std::move(sentence)});
}

std::unexpected<Refusal> no_object() {
    return refused(400, "The body is not a JSON object of at most 64 levels.");
}

std::expected<std::vector<std::string>, Refusal> read_channels(const object& json,
                                                               const ApiLimits& limits) {
    std::vector<std::string> channels;
    if (const auto one = text_at(json, "channel"); !one.empty()) channels.emplace_back(one);
    simdjson::dom::array several;
    if (json["channels"].get(several) == simdjson::SUCCESS) {
        if (several.size() > limits.most_channels)
            return refused(400, "An event is for at most " + std::to_string(limits.most_channels) +
                                    " channels.");
        for (const element& one : several) {
            std::string_view name;
            if (one.get(name) != simdjson::SUCCESS)
                return refused(400, "channels is a list of names.");
            channels.emplace_back(name);
        }
    }
    if (channels.empty()) return refused(400, "An event needs a channel, or a list of channels.");
    for (const std::string& name : channels)
        if (!is_channel_name(name))
            return refused(400,
                           "A channel's name has 1 to 200 letters, digits and _ - = @ , . ; this "
                           "one is not valid: " +
                               name);
    if (channels.size() > 1 && std::ranges::any_of(channels, [](const std::string& name) {
            return kind_of(name).encrypted;
        }))
        return refused(400, "An event for an encrypted channel cannot have other channels.");
    return channels;
}

std::expected<Triggered, Refusal> read_event(const object& json, const ApiLimits& limits) {
    Triggered event = {.event = std::string(text_at(json, "name")),
                       .channels = {},
                       .data = {},
                       .socket_id = std::string(text_at(json, "socket_id")),
                       .info = std::string(text_at(json, "info"))};
    if (event.event.empty() || event.event.size() > longest_name)
        return refused(400, "An event needs a name of 1 to 200 bytes.");
    if (event.event.starts_with("pusher:") || event.event.starts_with("pusher_internal:"))
        return refused(
            400,
            "Names that begin with pusher: or pusher_internal: are reserved for the protocol.");
    element data;
    if (json["data"].get(data) != simdjson::SUCCESS) return refused(400, "An event needs data.");
    std::string_view text;
    event.data = data.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(data);
    if (event.data.size() > limits.largest_data)
        return refused(413, "The data of an event has at most " +
                                std::to_string(limits.largest_data) + " bytes, and this has " +
                                std::to_string(event.data.size()) + ".");
    if (auto wanted = read_attributes(event.info); !wanted)
        return refused(400, "info may list user_count, subscription_count and cache, but not " +
                                wanted.error() + ".");
    auto channels = read_channels(json, limits);
    if (!channels) return std::unexpected(std::move(channels.error()));
    event.channels = std::move(*channels);
    return event;
}

}  // namespace

std::expected<Attributes, std::string> read_attributes(std::string_view info) {
    Attributes wanted;
    while (!info.empty()) {
        const std::size_t end = std::min(info.find(','), info.size());
        const std::string_view word = info.substr(0, end);
        if (word == "user_count")
            wanted.user_count = true;
        else if (word == "subscription_count")
            wanted.subscription_count = true;
        else if (word == "cache")
            wanted.cache = true;
        else
            return std::unexpected(std::string(word.substr(0, longest_name)));
        info.remove_prefix(std::min(end + 1, info.size()));
    }
    return wanted;
}

std::expected<Triggered, Refusal> read_event(std::string_view body, const ApiLimits& limits) {
    object json;
    if (parse_json(body).get(json) != simdjson::SUCCESS) return no_object();
    return read_event(json, limits);
}

std::expected<std::vector<Triggered>, Refusal> read_batch(std::string_view body,
                                                          const ApiLimits& limits) {
    object json;
    if (parse_json(body).get(json) != simdjson::SUCCESS) return no_object();
    simdjson::dom::array batch;
    if (json["batch"].get(batch) != simdjson::SUCCESS)
        return refused(400, "A batch is a list of events, at \"batch\".");
    if (batch.size() > limits.most_events)
        return refused(400,
                       "A batch has at most " + std::to_string(limits.most_events) + " events.");
    std::vector<Triggered> events;
    for (const element& one : batch) {
        object event;
        if (one.get(event) != simdjson::SUCCESS)
            return refused(400, "Each event of a batch is an object.");
        auto read = read_event(event, limits);
        if (!read) return std::unexpected(std::move(read.error()));
        events.push_back(std::move(*read));
    }
    return events;
}

}  // namespace longwire::dialects::pusher
