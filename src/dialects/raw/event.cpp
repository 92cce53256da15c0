#include "dialects/raw/event.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace longwire::dialects::raw {

namespace {

void append_quoted(std::string& json, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    json += '"';
    std::size_t plain = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        json += text.substr(plain, at - plain);
        plain = at + 1;
        json += '\\';
        switch (byte) {
            case '\n':
                json += 'n';
                break;
            case '\r':
                json += 'r';
                break;
            case '\t':
                json += 't';
                break;
            case '"':
            case '\\':
                json += text[at];
                break;
            default:
                json += "u00";
                json += digits[byte >> 4U];
                json += digits[byte & 15U];
        }
    }
    json += text.substr(plain);
    json += '"';
}

void append_presence(std::string& json, const hub::Presence& who) {
    append_quoted(json, who.user);
    if (who.info.empty()) return;
    json += R"(,"info":)";
    json += who.info;
}

/// Each line of `data` is a line of its own; all three kinds of line break are (WHATWG HTML,
/// section 9.2.6).
void append_data(std::string& event, std::string_view data) {
    for (;;) {
        const std::size_t end = data.find_first_of("\r\n");
        event += "data: ";
        event += data.substr(0, end);
        event += '\n';
        if (end == std::string_view::npos) return;
        const bool two = data.substr(end).starts_with("\r\n");
        data.remove_prefix(end + (two ? 2 : 1));
    }
}

}  // namespace

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view group = bytes.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t index = 0; index < 3; ++index)
            bits =
                bits << 8U | (index < group.size() ? static_cast<unsigned char>(group[index]) : 0U);
        for (std::size_t index = 0; index < 4; ++index)
            text += index <= group.size() ? digits[bits >> (18 - 6 * index) & 63U] : '=';
    }
    return text;
}

std::string publication_json(const hub::Publication& publication) {
    const Message message = publication.message();
    std::string json;
    json.reserve(message.size() + 64);
    json += R"({"position":")";
    json += to_text(publication.position());
    json += message.is_text() ? R"(","text":)" : R"(","binary":)";
    if (message.is_text()) {
        append_quoted(json, message.text());
    } else {
        json += '"';
        json += base64(message.text());
        json += '"';
    }
    json += '}';
    return json;
}

hub::Position start_of(const hub::History& history) noexcept {
    if (history.publications.empty()) return history.top;
    const hub::Position first = history.publications.front()->position();
    return {.epoch = first.epoch, .offset = first.offset - 1};
}

std::string joined_json(hub::Position start, bool recovered) {
    return R"({"joined":{"position":")" + to_text(start) + R"(","recovered":)" +
           (recovered ? "true}}" : "false}}");
}

std::string presence_json(const hub::PresenceChange& change) {
    std::string json = change.kind == hub::PresenceChange::Kind::joined
                           ? R"({"presence":{"joined":)"
                           : R"({"presence":{"left":)";
    append_presence(json, change.who);
    json += "}}";
    return json;
}

std::string present_json(const std::vector<hub::Presence>& present) {
    std::string json = R"({"present":[)";
    for (const hub::Presence& who : present) {
        if (&who != &present.front()) json += ',';
        json += R"({"user":)";
        append_presence(json, who);
        json += '}';
    }
    json += "]}";
    return json;
}

std::string error_json(std::string_view sentence) {
    std::string json = R"({"error":)";
    append_quoted(json, sentence);
    json += '}';
    return json;
}

std::string publication_event(const hub::Publication& publication) {
    const Message message = publication.message();
    std::string event = "id: " + to_text(publication.position()) + '\n';
    if (message.is_text()) {
        append_data(event, message.text());
    } else {
        event += "event: binary\n";
        append_data(event, base64(message.text()));
    }
    event += '\n';
    return event;
}

std::string joined_event(hub::Position start, bool recovered) {
    return "id: " + to_text(start) + '\n' + plain_event("joined", joined_json(start, recovered));
}

std::string plain_event(std::string_view type, std::string_view line) {
    std::string event = "event: ";
    event += type;
    event += '\n';
    append_data(event, line);
    event += '\n';
    return event;
}

}  // namespace longwire::dialects::raw
