#include "dialects/webhook.hpp"

#include "dialects/json_text.hpp"
#include "engine/http/cross_origin.hpp"
#include "engine/log.hpp"

#include <utility>

namespace longwire::dialects {

namespace {

constexpr std::int64_t say_every = 1000;  // milliseconds
constexpr std::size_t most_headers = std::size_t{8} * 1024;

std::string hexadecimal(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char letter : bytes) {
        const auto byte = static_cast<unsigned char>(letter);
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

/// Over the time too, so that what somebody has overheard is no good later.
std::string signature_of(std::string_view body, const access::SigningKey& key) {
    const auto now =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string time = std::to_string(now.time_since_epoch().count());
    std::string text = time;
    text += '.';
    text += body;
    return "t=" + time + ",v1=" + hexadecimal(key.sign(text).value_or(""));
}

Result<WebhookAnswer> read(const Result<hooks::HttpCallAnswer>& answer) {
    if (!answer) return Failure(answer.error());
    if (answer->status != 200)
        return failure(ErrorCode::connection_failed,
                       "it answered with the status " + std::to_string(answer->status));
    auto read = read_webhook_answer(answer->body);
    if (!read)
        return failure(read.error().code(), "its answer is not valid: " + read.error().message());
    return read;
}

}  // namespace

std::string Webhook::shown_headers(const Request& request) const {
    std::string json;
    for (const std::string& name : options_.headers) {
        const auto value = request.header(name);
        if (!value || json.size() + value->size() > most_headers || !engine::is_utf8(*value))
            continue;
        json += json.empty() ? '{' : ',';
        append_quoted(json, name);
        json += ':';
        append_quoted(json, *value);
    }
    if (!json.empty()) json += '}';
    return json;
}

void Webhook::ask(const WebhookQuestion& question, Answer answer) {
    hooks::HttpCall call = {.url = question.what == "connect" ? options_.connect_url : options_.url,
                            .headers = {{"Content-Type", "application/json"}},
                            .body = to_json(question),
                            .timeout = options_.timeout};
    if (options_.key)
        call.headers.emplace_back("Longwire-Signature", signature_of(call.body, *options_.key));
    caller_.call(std::move(call),
                 [this, what = std::string(question.what),
                  answer = std::move(answer)](const Result<hooks::HttpCallAnswer>& came) mutable {
                     auto result = read(came);
                     if (!result) say("the webhook for " + what + ": " + result.error().message());
                     answer(std::move(result));
                 });
}

void Webhook::say(const std::string& what) {
    const std::int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                                 std::chrono::steady_clock::now().time_since_epoch())
                                 .count();
    std::int64_t said = said_;
    if (now - said < say_every || !said_.compare_exchange_strong(said, now)) {
        ++unsaid_;
        return;
    }
    const std::uint64_t unsaid = unsaid_.exchange(0);
    engine::log(LogLevel::warning,
                what + "; clients are refused" +
                    (unsaid == 0 ? "" : " (and " + std::to_string(unsaid) + " before it)"));
}

}  // namespace longwire::dialects
