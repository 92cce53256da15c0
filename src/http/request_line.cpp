#include "http/request_line.hpp"

#include "http/field_grammar.hpp"

#include <cstddef>
#include <string>

namespace longwire::http {

namespace {

std::optional<Fault> judge_version(std::string_view version) {
    if (version == "HTTP/1.1" || version == "HTTP/1.0") return std::nullopt;
    const bool is_http =
        version.size() >= 6 && version.starts_with("HTTP/") && is_digit(version[5]);
    if (is_http)
        return Fault{505, "this server speaks HTTP/1.1 and HTTP/1.0, and no other version"};
    return Fault{400, "the first line does not end in HTTP/1.1"};
}

}  // namespace

std::optional<Fault> judge_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    if (!is_token(line.substr(0, first)))
        return Fault{400, "the first line does not begin with a method, as GET"};
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos || second == first + 1)
        return Fault{400, "the first line is not METHOD TARGET HTTP/1.1, parted by one space each"};
    const std::string_view target = line.substr(first + 1, second - first - 1);
    const std::string_view version = line.substr(second + 1);
    if (version.find(' ') != std::string_view::npos)
        return Fault{400,
                     "the first line holds more than two spaces; write a space in a target as %20"};
    if (target.find('\t') != std::string_view::npos)
        return Fault{400, "the request target holds a tab; write it as %09"};
    return judge_version(version);
}

Fault too_long_request_line(std::string_view begin) {
    const std::size_t space = begin.find(' ');
    if (space == std::string_view::npos || !is_token(begin.substr(0, space)))
        return {400, "the first line does not begin with a method, as GET"};
    return {414, "the request target is too long"};
}

}  // namespace longwire::http
