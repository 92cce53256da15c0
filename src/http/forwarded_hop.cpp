#include "http/forwarded_hop.hpp"

#include "http/field_grammar.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace longwire::http {

namespace {

bool is_port(std::string_view text) noexcept {
    // A port may be hidden too (RFC 7239, section 6): "_gazonk".
    constexpr std::size_t longest = 5;
    if (text.starts_with('_') && is_token(text)) return true;
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, is_digit);
}

/// RFC 7239, section 6: an IPv6 address stands in brackets.
std::optional<IpAddress> address_of_node(std::string_view node) {
    if (node.starts_with('[')) {
        const std::size_t end = node.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view rest = node.substr(end + 1);
        if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
        const std::string_view inside = node.substr(1, end - 1);
        if (inside.find(':') == std::string_view::npos) return std::nullopt;
        return IpAddress::parse(inside);
    }
    const std::size_t colon = node.find(':');
    if (colon == std::string_view::npos) return IpAddress::parse(node);
    if (!is_port(node.substr(colon + 1))) return std::nullopt;
    return IpAddress::parse(node.substr(0, colon));
}

/// Where the quoted string ends that begins at `begin`; npos where it does not.
std::size_t end_of_quoted(std::string_view text, std::size_t begin) noexcept {
    for (std::size_t at = begin + 1; at < text.size(); ++at) {
        if (text[at] == '\\')
            ++at;
        else if (text[at] == '"')
            return at + 1;
    }
    return std::string_view::npos;
}

std::string unquoted(std::string_view quoted) {
    std::string text;
    for (std::size_t at = 1; at + 1 < quoted.size(); ++at) {
        if (quoted[at] == '\\') ++at;
        text += quoted[at];
    }
    return text;
}

struct Pair {
    std::string_view name;
    std::string value;
};

/// Takes a pair off the front of `element`.
std::optional<Pair> take_pair(std::string_view& element) {
    const std::size_t equals = element.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    Pair pair = {.name = element.substr(0, equals), .value = {}};
    const std::size_t begin = equals + 1;
    std::size_t end = std::min(element.find(';', begin), element.size());
    if (begin < element.size() && element[begin] == '"') {
        end = end_of_quoted(element, begin);
        if (end == std::string_view::npos) return std::nullopt;
        pair.value = unquoted(element.substr(begin, end - begin));
    } else {
        const std::string_view token = trimmed(element.substr(begin, end - begin));
        if (!is_token(token)) return std::nullopt;
        pair.value = token;
    }
    element = trimmed(element.substr(end));
    const bool ends = element.empty() || element.front() == ';';
    if (!ends || !is_token(pair.name)) return std::nullopt;
    return pair;
}

/// Where the member begins that ends the list `text`, and with it the text.
std::size_t begin_of_last_member(std::string_view text) noexcept {
    bool quoted = false;
    for (std::size_t at = text.size(); at > 0; --at) {
        const char letter = text[at - 1];
        if (letter == ',' && !quoted) return at;
        if (letter != '"') continue;
        // A backslash before a quotation mark belongs to it only inside of a quoted string.
        std::size_t backslashes = 0;
        while (backslashes + 1 < at && text[at - 2 - backslashes] == '\\') ++backslashes;
        if (!quoted || backslashes % 2 == 0) quoted = !quoted;
        at -= backslashes;
    }
    return 0;
}

}  // namespace

ForwardedHop ForwardedHop::of_x_forwarded_for(std::string_view member) {
    // More than one colon, and no brackets: an IPv6 address alone.
    if (!member.starts_with('[') && member.find(':') != member.rfind(':'))
        return {.address = IpAddress::parse(member)};
    return {.address = address_of_node(member)};
}

ForwardedHop ForwardedHop::of_forwarded(std::string_view element) {
    ForwardedHop hop;
    bool has_for = false;
    bool has_proto = false;
    for (;;) {
        // A pair may be missing (RFC 7239, section 4).
        while (element.starts_with(';')) element = trimmed(element.substr(1));
        if (element.empty()) return hop;
        const auto pair = take_pair(element);
        if (!pair) return {};
        // Each name once (RFC 7239, section 4).
        if (same_field_name(pair->name, "for")) {
            if (std::exchange(has_for, true)) return {};
            hop.address = address_of_node(pair->value);
        } else if (same_field_name(pair->name, "proto")) {
            if (std::exchange(has_proto, true)) return {};
            hop.secure = is_over_tls(pair->value);
        }
    }
}

std::optional<bool> is_over_tls(std::string_view protocol) noexcept {
    if (same_field_name(protocol, "https") || same_field_name(protocol, "wss")) return true;
    if (same_field_name(protocol, "http") || same_field_name(protocol, "ws")) return false;
    return std::nullopt;
}

std::optional<std::string_view> ListFromBehind::next() noexcept {
    for (;;) {
        while (rest_.empty()) {
            if (fields_.empty()) return std::nullopt;
            const HeaderField& field = fields_.back();
            if (same_field_name(field.name, name_)) rest_ = field.value;
            fields_ = fields_.first(fields_.size() - 1);
        }
        const std::size_t begin = begin_of_last_member(rest_);
        const std::string_view member = trimmed(rest_.substr(begin));
        rest_ = rest_.substr(0, begin == 0 ? 0 : begin - 1);
        if (!member.empty()) return member;
    }
}

}  // namespace longwire::http
