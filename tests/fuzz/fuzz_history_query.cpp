// Positions on a channel, and what a request or a packet wants of its history.
#include "fuzz_input.hpp"
#include "plain_json.hpp"

#include "dialects/raw/history_query.hpp"
#include "dialects/socketio/history_query.hpp"
#include "http/percent.hpp"
#include "http/request_parser.hpp"
#include "hub/position.hpp"

#include <limits>

namespace longwire::fuzz {
namespace {

/// The number that `text` is, digit by digit.
std::optional<std::uint64_t> plain_number(std::string_view text, unsigned base) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (text.empty()) return std::nullopt;
    std::uint64_t number = 0;
    for (const char letter : text) {
        const char lower = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
        const std::size_t digit = digits.find(lower);
        if (digit >= base) return std::nullopt;
        if (number > (std::numeric_limits<std::uint64_t>::max() - digit) / base)
            return std::nullopt;
        number = number * base + digit;
    }
    return number;
}

std::optional<hub::Position> plain_position(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto epoch = plain_number(text.substr(0, dash), 16);
    const auto offset = plain_number(text.substr(dash + 1), 10);
    if (!epoch || !offset) return std::nullopt;
    return hub::Position{.epoch = *epoch, .offset = *offset};
}

void check_position(std::string_view text) {
    const auto position = hub::parse_position(text);
    require(position == plain_position(text), "a position is an epoch and an offset");
    if (position)
        require(hub::parse_position(to_text(*position)) == position,
                "a position that was written can be read again");
}

std::optional<Request> request_for(const std::string& target) {
    http::RequestParser parser({.max_head_size = 16384, .max_fields = 10, .max_body_size = 0});
    const std::string text = "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto parsed = parser.parse(bytes_of(text));
    if (parsed.status != http::RequestParser::Status::request || parsed.consumed != text.size())
        return std::nullopt;
    return parser.take_request();
}

void check_wish_of(const Request& request) {
    const auto wish = dialects::raw::read_history_query(request);
    const auto since = request.query("since");
    const auto last = request.query("history");
    const bool since_fits = !since || plain_position(*since);
    const bool last_fits = !last || plain_number(*last, 10);
    require(wish.has_value() == (since_fits && last_fits), "a wish is what it is written to be");
    if (!wish) return require(!wish.error().empty(), "who is refused is told why");
    require(wish->since == (since ? plain_position(*since) : std::nullopt) &&
                wish->last == (last ? *plain_number(*last, 10) : 0),
            "a wish is what was written");
}

void check_packet(std::string_view json) {
    const auto wish = dialects::socketio::read_history_query(json);
    if (!wish) return;
    require(plain_json(json).has_value(), "a wish is JSON");
    std::string again = R"({"history":)" + std::to_string(wish->last);
    if (wish->since) again += R"(,"since":")" + to_text(*wish->since) + '"';
    const auto reread = dialects::socketio::read_history_query(again + "}");
    require(reread && reread->last == wish->last && reread->since == wish->since,
            "a wish that was written can be read again");
}

void check(FuzzInput input) {
    const std::string text = input.rest();
    check_position(as_body(text));
    check_packet(as_body(text));
    if (const auto request = request_for("/channels/a?" + text)) check_wish_of(*request);
    const std::string encoded = http::percent_encode(text);
    for (const std::string name : {"since", "history"}) {
        const auto request = request_for("/channels/a?" + name + "=" + encoded);
        if (!request) continue;
        require(request->query(name) == text, "a value of a query is what was written");
        check_wish_of(*request);
    }
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}
