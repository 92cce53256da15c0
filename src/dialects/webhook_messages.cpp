#include "dialects/webhook_messages.hpp"

#include "access/json_parser.hpp"
#include "dialects/json_text.hpp"
#include "http/base64.hpp"

#include <cstdint>
#include <utility>

namespace longwire::dialects {

namespace {

constexpr std::size_t largest_info = 1024;
constexpr std::size_t most_patterns = 256;
constexpr std::size_t longest_reason = 200;
constexpr std::int64_t longest_time = std::int64_t{365} * 24 * 60 * 60;

Failure wrong(std::string what) {
    return failure(ErrorCode::invalid_argument, std::move(what));
}

void append_text(std::string& json, std::string_view key, std::string_view text) {
    if (text.empty()) return;
    json += ",\"";
    json += key;
    json += "\":";
    append_quoted(json, text);
}

void append_json(std::string& json, std::string_view key, std::string_view value) {
    if (value.empty()) return;
    json += ",\"";
    json += key;
    json += "\":";
    json += value;
}

void append_message(std::string& json, const Message& message) {
    json += R"(,"message":{"type":)";
    json += message.is_text() ? R"("text","size":)" : R"("binary","size":)";
    json += std::to_string(message.size());
    if (message.size() <= largest_shown_message && message.is_text()) {
        json += R"(,"text":)";
        append_quoted(json, message.text());
    } else if (message.size() <= largest_shown_message) {
        json += R"(,"base64":")";
        http::append_base64(json, message.text());
        json += '"';
    }
    json += '}';
}

/// Nothing where there is no such key, or it is null.
std::optional<simdjson::dom::element> find(const simdjson::dom::object& object,
                                           std::string_view key) {
    simdjson::dom::element element;
    if (object[key].get(element) != simdjson::SUCCESS || element.is_null()) return std::nullopt;
    return element;
}

Result<std::optional<std::string>> read_text(const simdjson::dom::object& object,
                                             std::string_view key, std::size_t longest) {
    const auto element = find(object, key);
    if (!element) return std::nullopt;
    std::string_view text;
    if (element->get(text) != simdjson::SUCCESS || text.size() > longest)
        return wrong("its \"" + std::string(key) + "\" is not a text of at most " +
                     std::to_string(longest) + " bytes");
    return std::string(text);
}

Result<std::optional<std::vector<std::string>>> read_patterns(const simdjson::dom::object& object,
                                                              std::string_view key) {
    const auto element = find(object, key);
    if (!element) return std::nullopt;
    simdjson::dom::array array;
    const auto refused = [&] {
        return wrong("its \"" + std::string(key) + "\" is not a list of at most " +
                     std::to_string(most_patterns) + " patterns of channels");
    };
    if (element->get(array) != simdjson::SUCCESS || array.size() > most_patterns) return refused();
    std::vector<std::string> patterns;
    for (const simdjson::dom::element& one : array) {
        std::string_view pattern;
        if (one.get(pattern) != simdjson::SUCCESS) return refused();
        patterns.emplace_back(pattern);
    }
    return patterns;
}

Result<void> read_who(const simdjson::dom::object& object, WebhookAnswer& answer) {
    auto user = read_text(object, "user", longest_user);
    if (!user) return Failure(std::move(user.error()));
    answer.user = std::move(*user);
    if (const auto info = find(object, "info")) {
        answer.info = simdjson::minify(*info);
        if (answer.info->size() > largest_info)
            return wrong("its \"info\" is longer than 1024 bytes");
    }
    auto channels = read_patterns(object, "channels");
    if (!channels) return Failure(std::move(channels.error()));
    answer.channels = std::move(*channels);
    auto publish = read_patterns(object, "publish");
    if (!publish) return Failure(std::move(publish.error()));
    answer.publish = std::move(*publish);
    return {};
}

}  // namespace

std::string to_json(const WebhookQuestion& question) {
    std::string json = R"({"what":")";
    json += question.what;
    json += '"';
    append_text(json, "channel", question.channel);
    append_text(json, "user", question.user);
    append_json(json, "info", question.info);
    append_text(json, "address", question.address);
    append_json(json, "claims", question.claims);
    append_json(json, "headers", question.headers);
    if (question.message) append_message(json, *question.message);
    json += '}';
    return json;
}

Result<WebhookAnswer> read_webhook_answer(std::string_view json) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (access::parse_json(parser, json).get(object) != simdjson::SUCCESS)
        return wrong("it is not a JSON object");
    WebhookAnswer answer;
    const auto allow = find(object, "allow");
    if (!allow || allow->get(answer.allow) != simdjson::SUCCESS)
        return wrong("its \"allow\" is not true or false");
    auto reason = read_text(object, "reason", longest_reason);
    if (!reason) return Failure(std::move(reason.error()));
    answer.reason = reason->value_or("");
    if (const auto expires = find(object, "expires_in")) {
        std::int64_t seconds = 0;
        if (expires->get(seconds) != simdjson::SUCCESS || seconds < 1 || seconds > longest_time)
            return wrong("its \"expires_in\" is not a number of seconds, up to a year");
        answer.expires_in = std::chrono::seconds(seconds);
    }
    if (auto read = read_who(object, answer); !read) return Failure(std::move(read.error()));
    return answer;
}

}  // namespace longwire::dialects
