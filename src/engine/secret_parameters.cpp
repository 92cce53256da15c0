#include "engine/secret_parameters.hpp"

#include "http/percent.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace longwire::engine {

namespace {

/// Whether `name`, as a server would read it, is one under which people put secrets. Rather one too
/// many: what is hidden for nothing is missed by nobody.
bool is_secret(std::string_view name) {
    constexpr std::array<std::string_view, 8> parts = {"token", "secret", "passw",      "signature",
                                                       "jwt",   "auth",   "credential", "session"};
    constexpr std::array<std::string_view, 4> wholes = {"sid", "sig", "code", "pass"};
    std::string known = http::form_decode(name);
    std::ranges::transform(known, known.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return known.ends_with("key") || std::ranges::find(wholes, known) != wholes.end() ||
           std::ranges::any_of(parts, [&](std::string_view part) { return known.contains(part); });
}

}  // namespace

std::string without_secrets(std::string_view target) {
    const std::size_t query = target.find('?');
    if (query == std::string_view::npos) return std::string(target);
    std::string shown(target.substr(0, query + 1));
    std::string_view rest = target.substr(query + 1);
    for (;;) {
        const std::string_view parameter = rest.substr(0, rest.find('&'));
        const std::size_t equals = parameter.find('=');
        if (equals != std::string_view::npos && is_secret(parameter.substr(0, equals)))
            shown.append(parameter.substr(0, equals)).append("=***");
        else
            shown += parameter;
        if (parameter.size() == rest.size()) return shown;
        shown += '&';
        rest.remove_prefix(parameter.size() + 1);
    }
}

}  // namespace longwire::engine
