#include "access/json_parser.hpp"
#include "dialects/socketio/first_request.hpp"

#include <longwire/socketio.hpp>

#include <algorithm>

namespace longwire::socketio {

namespace {

int digit(char letter) noexcept {
    if (letter >= '0' && letter <= '9') return letter - '0';
    const char lower = static_cast<char>(static_cast<unsigned char>(letter) | 0x20U);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// As forms are written (WHATWG URL, section 5.1).
std::string decoded(std::string_view text) {
    std::string made;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%' && at + 2 < text.size() && digit(text[at + 1]) >= 0 &&
            digit(text[at + 2]) >= 0) {
            made += static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2]));
            at += 2;
        } else {
            made += text[at] == '+' ? ' ' : text[at];
        }
    }
    return made;
}

}  // namespace

std::optional<std::string> Handshake::auth_text(std::string_view name) const {
    if (name.data() == nullptr) name = "";  // (simdjson compares what is there.)
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    std::string_view text;
    if (access::parse_json(parser, auth).get(element) != simdjson::SUCCESS ||
        element[name].get(text) != simdjson::SUCCESS)
        return std::nullopt;
    return std::string(text);
}

std::string_view Handshake::query() const noexcept {
    return first_->query;
}

std::optional<std::string> Handshake::parameter(std::string_view name) const {
    std::string_view rest = query();
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        const std::size_t equals = pair.find('=');
        if (decoded(pair.substr(0, equals)) != name) continue;
        return equals == std::string_view::npos ? std::string() : decoded(pair.substr(equals + 1));
    }
    return std::nullopt;
}

const std::vector<std::pair<std::string, std::string>>& Handshake::headers() const noexcept {
    return first_->headers;
}

std::optional<std::string_view> Handshake::header(std::string_view name) const noexcept {
    for (const auto& [known, value] : first_->headers)
        if (same_field_name(known, name)) return value;
    return std::nullopt;
}

std::string_view Handshake::address() const noexcept {
    return first_->address;
}

bool Handshake::secure() const noexcept {
    return first_->secure;
}

}  // namespace longwire::socketio
