#include "dialects/raw/history_query.hpp"

#include <charconv>
#include <cstddef>
#include <string>

namespace longwire::dialects::raw {

std::expected<hub::HistoryQuery, std::string_view> read_history_query(const Request& request) {
    hub::HistoryQuery query;
    if (const auto since = request.query("since")) {
        query.since = hub::parse_position(*since);
        if (!query.since)
            return std::unexpected("since= must be the position of a message: \"EPOCH-OFFSET\".");
    }
    if (const auto count = request.query("history")) {
        const char* const end = count->data() + count->size();
        const auto read = std::from_chars(count->data(), end, query.last);
        if (read.ec != std::errc() || read.ptr != end)
            return std::unexpected("history= must be a number of messages.");
    }
    return query;
}

}  // namespace longwire::dialects::raw
