// What a user's own server answers, and what it is asked with what clients have said.
#include "fuzz_input.hpp"
#include "plain_json.hpp"
#include "plain_utf8.hpp"

#include "dialects/json_text.hpp"
#include "dialects/webhook_messages.hpp"

namespace longwire::fuzz {
namespace {

using namespace dialects;

void append_patterns(std::string& json, std::string_view name,
                     const std::optional<std::vector<std::string>>& patterns) {
    if (!patterns) return;
    require(patterns->size() <= 256, "patterns are bounded");
    json += ",\"" + std::string(name) + "\":[";
    for (const std::string& pattern : *patterns) {
        if (&pattern != &patterns->front()) json += ',';
        append_quoted(json, pattern);
    }
    json += ']';
}

void append_text(std::string& json, std::string_view name, const std::optional<std::string>& text) {
    if (!text) return;
    json += ",\"" + std::string(name) + "\":";
    append_quoted(json, *text);
}

/// The answer as the server might have written it.
std::string written(const WebhookAnswer& answer) {
    std::string json = std::string(R"({"allow":)") + (answer.allow ? "true" : "false");
    append_text(json, "reason", answer.reason);
    append_text(json, "user", answer.user);
    if (answer.expires_in) json += R"(,"expires_in":)" + std::to_string(answer.expires_in->count());
    if (answer.info) json += R"(,"info":)" + *answer.info;
    append_patterns(json, "channels", answer.channels);
    append_patterns(json, "publish", answer.publish);
    return json + "}";
}

void check_answer(std::string_view text) {
    const auto answer = read_webhook_answer(text);
    if (!answer) {
        require(std::ranges::all_of(answer.error().message(),
                                    [](char letter) { return letter >= ' ' && letter <= '~'; }),
                "what is wrong is told on one line");
        return;
    }
    require(plain_json(text).has_value(), "an answer is JSON");
    require(answer->reason.size() <= 200 && answer->user.value_or("").size() <= 128,
            "texts are bounded");
    require(!answer->expires_in || (answer->expires_in->count() >= 1 &&
                                    answer->expires_in->count() <= 365LL * 24 * 60 * 60),
            "an answer holds for a time up to a year");
    require(!answer->info || (answer->info->size() <= 1024 && plain_json(*answer->info)),
            "the information is JSON");
    const std::string again = written(*answer);
    const auto reread = read_webhook_answer(again);
    require(reread.has_value(), "an answer written out can be read");
    require_same(written(*reread), again, "and is the same");
}

void check_question(const std::string& text) {
    const bool is_text = is_plain_utf8(text);
    const std::string json =
        to_json({.what = "publish",
                 .channel = is_text ? text : "",
                 .user = is_text ? text : "",
                 .info = {},
                 .address = "192.0.2.7",
                 .claims = {},
                 .headers = {},
                 .message = is_text ? Message::text(text) : Message::binary(bytes_of(text))});
    require(plain_json(json).has_value(), "a question is JSON");
    if (is_text)
        require(plain_json_text_at(json, "channel").value_or("") == text &&
                    plain_json_text_at(json, "user").value_or("") == text,
                "and says what it is about");
}

void check(FuzzInput input) {
    const std::string text = input.rest();
    check_answer(as_body(text));
    check_question(text);
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}
