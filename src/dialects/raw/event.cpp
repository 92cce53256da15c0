#include "dialects/raw/event.hpp"

#include "dialects/json_text.hpp"
#include "dialects/presence_json.hpp"
#include "http/base64.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace longwire::dialects::raw {

namespace {

void append_payload(std::string& json, const hub::Publication& publication) {
    const Message message = publication.message();
    if (!message.is_text()) {
        json += R"(,"binary":")";
        http::append_base64(json, message.text());
        json += '"';
        return;
    }
    switch (publication.form()) {
        case hub::Form::plain:
            json += R"(,"text":)";
            append_quoted(json, message.text());
            return;
        case hub::Form::json:
            json += R"(,"json":)";
            break;
        case hub::Form::arguments:
            json += R"(,"arguments":)";
            break;
    }
    json += message.text();
    if (publication.attachments().empty()) return;
    json += R"(,"attachments":)";
    char before = '[';
    for (const std::string& attachment : publication.attachments()) {
        json += before;
        json += '"';
        http::append_base64(json, attachment);
        json += '"';
        before = ',';
    }
    json += ']';
}

/// Whether an event may have this type. Those of our own, and those by which an EventSource tells a
/// page of its connection, can be sent by nobody else; and what holds a line break would be more
/// than a type.
bool is_event_type(std::string_view name) {
    constexpr std::array<std::string_view, 6> ours = {"binary",  "joined", "presence",
                                                      "expired", "open",   "error"};
    constexpr std::string_view breaks("\r\n\0", 3);
    return !name.empty() && std::ranges::find(ours, name) == ours.end() &&
           name.find_first_of(breaks) == std::string_view::npos;
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

std::string id_line(hub::Position position) {
    return "id: " + to_text(position) + '\n';
}

void append_type(std::string& event, const hub::Publication& publication) {
    if (!is_event_type(publication.event())) return;
    event += "event: ";
    event += publication.event();
    event += '\n';
}

}  // namespace

std::string publication_json(const hub::Publication& publication) {
    std::string json;
    json.reserve(publication.message().size() + 64);
    json += R"({"position":")";
    json += to_text(publication.position());
    json += '"';
    if (!publication.event().empty()) {
        json += R"(,"event":)";
        append_quoted(json, publication.event());
    }
    if (!publication.user().empty()) {
        json += R"(,"user":)";
        append_quoted(json, publication.user());
    }
    if (!publication.info().empty()) {
        json += R"(,"info":)";
        json += publication.info();
    }
    append_payload(json, publication);
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
    std::string json = R"({"presence":)" + change_json(change) + '}';
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
    std::string event = id_line(publication.position());
    if (message.is_text()) {
        append_type(event, publication);
        append_data(event, message.text());
    } else {
        event += "event: binary\n";
        append_data(event, http::to_base64(message.text()));
    }
    event += '\n';
    return event;
}

std::string publication_json_event(const hub::Publication& publication) {
    std::string event = id_line(publication.position());
    append_data(event, publication_json(publication));
    event += '\n';
    return event;
}

std::string joined_event(hub::Position start, bool recovered) {
    return id_line(start) + plain_event("joined", joined_json(start, recovered));
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
