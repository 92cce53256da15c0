#include "dialects/pusher/query_parameters.hpp"

#include "http/percent.hpp"

#include <algorithm>
#include <ranges>

namespace longwire::dialects::pusher {

std::vector<std::pair<std::string, std::string>> read_parameters(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> parameters;
    for (const auto part : std::views::split(query, '&')) {
        const std::string_view pair(part.begin(), part.end());
        if (pair.empty() || parameters.size() >= most_parameters) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        parameters.emplace_back(http::form_decode(pair.substr(0, equals)),
                                http::form_decode(pair.substr(std::min(equals + 1, pair.size()))));
    }
    return parameters;
}

}  // namespace longwire::dialects::pusher
