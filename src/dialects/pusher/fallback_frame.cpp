#include "dialects/pusher/fallback_frame.hpp"

#include "dialects/json_text.hpp"
#include "dialects/pusher/json_parser.hpp"

#include <cstdint>

namespace longwire::dialects::pusher {

namespace {

void append_escaped(std::string& json, std::uint32_t unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    json += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) json += digits[unit >> shift & 15U];
}

/// Escapes what is not ASCII of `json`, which is UTF-8.
std::string in_ascii(std::string_view json) {
    std::string ascii;
    ascii.reserve(json.size());
    for (std::size_t at = 0; at < json.size();) {
        const auto first = static_cast<unsigned char>(json[at]);
        if (first < 0x80) {
            ascii += json[at++];
            continue;
        }
        const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        std::uint32_t point = first & (0xFFU >> (length + 1));
        for (std::size_t next = 1; next < length && at + next < json.size(); ++next)
            point = point << 6U | (static_cast<unsigned char>(json[at + next]) & 0x3FU);
        at += length;
        if (point < 0x10000) {
            append_escaped(ascii, point);
        } else {
            append_escaped(ascii, 0xD7C0U + (point >> 10U));
            append_escaped(ascii, 0xDC00U | (point & 0x3FFU));
        }
    }
    return ascii;
}

}  // namespace

std::string messages_frame(const std::vector<std::string>& messages) {
    std::string json = "a[";
    for (const std::string& message : messages) {
        if (&message != &messages.front()) json += ',';
        append_quoted(json, message);
    }
    json += "]\n";
    return in_ascii(json);
}

std::string close_frame(int code, std::string_view reason) {
    std::string json = "c[" + std::to_string(code) + ',';
    append_quoted(json, reason);
    json += "]\n";
    return in_ascii(json);
}

std::expected<std::vector<std::string>, std::string_view> read_sent(std::string_view body,
                                                                    std::size_t most) {
    simdjson::dom::array messages;
    if (parse_json(body).get(messages) != simdjson::SUCCESS)
        return std::unexpected("The body must be a JSON array of strings.");
    if (messages.size() > most) return std::unexpected("Too many messages are sent at once.");
    std::vector<std::string> texts;
    for (const simdjson::dom::element& message : messages) {
        std::string_view text;
        if (message.get(text) != simdjson::SUCCESS)
            return std::unexpected("The body must be a JSON array of strings.");
        texts.emplace_back(text);
    }
    return texts;
}

}  // namespace longwire::dialects::pusher
