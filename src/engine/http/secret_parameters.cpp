#include "engine/http/secret_parameters.hpp"

#include "http/lower_case.hpp"
#include "http/percent.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace longwire::engine {

namespace {

/// Whether `name`, as a server would read it, is one under which people put secrets. Rather one too
/// many: what is hidden for nothing is missed by nobody.
bool is_secret(std::string_view name) {
    constexpr std::array<std::string_view, 8> parts = {"token", "secret", "passw",      "signature",
                                                       "jwt",   "auth",   "credential", "session"};
    constexpr std::array<std::string_view, 4> wholes = {"sid", "sig", "code", "pass"};
    const std::string known = http::in_lower_case(http::form_decode(name));
    return known.ends_with("key") || std::ranges::find(wholes, known) != wholes.end() ||
           std::ranges::any_of(parts, [&](std::string_view part) { return known.contains(part); });
}

/// `text` with what `shown` makes of each of the parts that `mark` divides it into.
template <class Shown>
std::string in_parts(std::string_view text, char mark, Shown&& shown) {
    std::string all;
    for (;;) {
        const std::string_view part = text.substr(0, text.find(mark));
        all += shown(part);
        if (part.size() == text.size()) return all;
        all += mark;
        text.remove_prefix(part.size() + 1);
    }
}

std::string shown_parameter(std::string_view parameter) {
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !is_secret(parameter.substr(0, equals)))
        return std::string(parameter);
    return std::string(parameter.substr(0, equals)).append("=***");
}

/// The values of a route's secret parameters.
std::vector<std::string> secrets_of(const Router::Match& match) {
    std::vector<std::string> secrets;
    for (Parameters& parameters : std::array{match.http_parameters(), match.websocket_parameters()})
        for (auto& [name, value] : parameters)
            if (is_secret(name)) secrets.push_back(std::move(value));
    return secrets;
}

std::string shown_path(std::string_view path, const Router::Match& match) {
    const auto secrets = secrets_of(match);
    if (secrets.empty()) return std::string(path);
    return in_parts(path, '/', [&](std::string_view segment) {
        // An escaped slash divides for the router what is one segment here.
        bool hidden = false;
        in_parts(http::percent_decode(segment).value_or(""), '/', [&](std::string_view part) {
            hidden = hidden || std::ranges::find(secrets, part) != secrets.end();
            return part;
        });
        return std::string(hidden ? "***" : segment);
    });
}

}  // namespace

std::string without_secrets(std::string_view target, const Router::Match& match) {
    const std::size_t query = target.find('?');
    std::string shown = shown_path(target.substr(0, query), match);
    if (query == std::string_view::npos) return shown;
    return shown.append("?").append(in_parts(target.substr(query + 1), '&', shown_parameter));
}

}  // namespace longwire::engine
