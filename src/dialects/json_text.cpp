#include "dialects/json_text.hpp"

#include "access/json_parser.hpp"

#include <cstddef>

namespace longwire::dialects {

namespace {

constexpr std::size_t deepest = 64;
constexpr std::size_t largest = std::size_t{64} * 1024 * 1024;

}  // namespace

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

bool is_json(std::string_view text) {
    thread_local simdjson::dom::parser parser(largest);
    return access::parse_json(parser, text, deepest).error() == simdjson::SUCCESS;
}

}  // namespace longwire::dialects
