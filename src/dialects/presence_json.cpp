#include "dialects/presence_json.hpp"

#include "dialects/json_text.hpp"

#include <string_view>

namespace longwire::dialects {

namespace {

void append_presence(std::string& json, const hub::Presence& who) {
    append_quoted(json, who.user);
    if (who.info.empty()) return;
    json += R"(,"info":)";
    json += who.info;
}

std::string_view name_of(hub::PresenceChange::Kind kind) noexcept {
    switch (kind) {
        case hub::PresenceChange::Kind::joined:
            return "joined";
        case hub::PresenceChange::Kind::left:
            return "left";
        case hub::PresenceChange::Kind::changed:
            break;
    }
    return "changed";
}

}  // namespace

std::string change_json(const hub::PresenceChange& change) {
    std::string json = "{\"";
    json += name_of(change.kind);
    json += "\":";
    append_presence(json, change.who);
    json += '}';
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

}  // namespace longwire::dialects
