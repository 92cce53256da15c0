#include "dialects/socketio/history_query.hpp"

#include "access/json_parser.hpp"

#include <cstdint>

namespace longwire::dialects::socketio {

std::optional<hub::HistoryQuery> read_history_query(std::string_view json) {
    hub::HistoryQuery query;
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (access::parse_json(parser, json).get(object) != simdjson::SUCCESS)
        return json == "null" ? std::optional(query) : std::nullopt;
    std::uint64_t last = 0;
    if (object["history"].get(last) == simdjson::SUCCESS) query.last = last;
    std::string_view since;
    if (object["since"].get(since) == simdjson::SUCCESS) {
        query.since = hub::parse_position(since);
        if (!query.since) return std::nullopt;
    }
    return query;
}

}  // namespace longwire::dialects::socketio
