#include "dialects/socketio/recovery_claim.hpp"

#include "access/json_parser.hpp"

namespace longwire::dialects::socketio {

std::optional<RecoveryClaim> read_recovery_claim(std::string_view auth) {
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    std::string_view key;
    if (access::parse_json(parser, auth).get(element) != simdjson::SUCCESS ||
        element["pid"].get(key) != simdjson::SUCCESS)
        return std::nullopt;
    RecoveryClaim claim = {.key = std::string(key), .offset = {}};
    std::string_view offset;
    if (element["offset"].get(offset) == simdjson::SUCCESS) claim.offset = offset;
    return claim;
}

}  // namespace longwire::dialects::socketio
