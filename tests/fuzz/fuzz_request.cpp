// HTTP requests as a server receives them (RFC 9112).
#include "fuzz_input.hpp"

#include "http/field_grammar.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "http/response_writer.hpp"

#include <vector>

namespace longwire::fuzz {
namespace {

using http::RequestParser;

std::string account(const Request& request, const RequestParser& parser) {
    std::string out = std::string(request.method()) + " " + std::string(request.target()) +
                      " path=" + std::string(request.path()) +
                      " query=" + std::string(request.query()) + " 1." +
                      std::to_string(request.minor_version()) + "\n";
    for (const HeaderField& field : request.headers())
        out += std::string(field.name) + "=" + std::string(field.value) + "\n";
    out += "[" + std::string(request.body()) + "]";
    if (parser.keep_alive()) out += " keep-alive";
    if (parser.upgrade_requested()) out += " upgrade";
    return out + "\n";
}

bool is_target_letter(char letter) {
    return letter > ' ' && letter < '\x7F';
}

void check_parts(const Request& request, const http::Limits& limits) {
    require(http::is_token(request.method()), "the method is a token");
    require(std::ranges::all_of(request.target(), is_target_letter),
            "the target is of printable ASCII");
    require(request.path().starts_with('/'), "a path begins with a slash");
    require(request.path().find('\0') == std::string_view::npos, "a path holds no NUL");
    // (A Host may come of the target.)
    require(request.headers().size() <= limits.max_fields + 1,
            "there are no more fields than allowed");
    for (const HeaderField& field : request.headers()) {
        require(http::is_token(field.name), "the name of a field is a token");
        require(http::is_field_value(field.value),
                "the value of a field holds no control character");
        require(http::trimmed(field.value) == field.value, "a value has no space around it");
    }
    require(request.body().size() <= limits.max_body_size, "a body is within its limit");
    if (const auto value = request.query("a"))
        require(value->size() <= request.query().size(), "a value of the query is a part of it");
    if (const auto value = request.cookie("a"))
        require(!request.header("Cookie") || value->size() <= limits.max_head_size,
                "a cookie is a part of its field");
}

/// The request as a client would write it.
std::string written(const Request& request) {
    std::string out(request.method());
    out += " " + std::string(request.target()) + " HTTP/1." +
           std::to_string(request.minor_version()) + "\r\n";
    bool chunked = false;
    for (const HeaderField& field : request.headers()) {
        out += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
        chunked = chunked || same_field_name(field.name, "Transfer-Encoding");
    }
    out += "\r\n";
    if (!chunked) return out + std::string(request.body());
    for (const char letter : request.body()) out += "1\r\n" + std::string(1, letter) + "\r\n";
    return out + "0\r\n\r\n";
}

void check_round_trip(const Request& request, const std::string& seen) {
    // Written with spaces and chunks of its own, a request may be longer than it was.
    RequestParser parser(
        {.max_head_size = 1U << 20U, .max_fields = 1000, .max_body_size = 1U << 20U});
    const std::string text = written(request);
    const auto parsed = parser.parse(bytes_of(text));
    require(parsed.status == RequestParser::Status::request && parsed.consumed == text.size(),
            "a request that was taken is taken again, to its last byte");
    const Request again = parser.take_request();
    require_same(seen, account(again, parser), "a request written out is the same request");
}

/// What a refused client gets is one whole response.
void check_refusal(const Response& refusal) {
    require(refusal.status >= 400 && refusal.status < 600, "a refusal is an error");
    const std::string text = http::write_response(refusal, {.keep_alive = false});
    http::ResponseParser parser;
    const auto parsed = parser.parse(bytes_of(text));
    require(parsed.status == http::ResponseParser::Status::head, "a refusal is a response");
    const auto body = parser.collect_body(bytes_of(text).subspan(parsed.consumed));
    require(body.status == http::ResponseParser::BodyStatus::complete &&
                parser.body() == refusal.body && parser.status() == refusal.status,
            "a refusal arrives as it was meant");
}

/// All that a connection makes of `text`, up to an upgrade or a refusal.
std::string requests_in(std::string_view text, Pieces* pieces, const http::Limits& limits) {
    std::string out;
    const HeapGrowth heap;
    RequestParser parser(limits);
    while (!text.empty()) {
        std::string_view piece =
            text.substr(0, pieces != nullptr ? pieces->next(text.size()) : text.size());
        text.remove_prefix(piece.size());
        while (!piece.empty()) {
            const auto parsed = parser.parse(bytes_of(piece));
            require(parsed.consumed <= piece.size(), "no more is consumed than there is");
            piece.remove_prefix(parsed.consumed);
            if (parsed.status == RequestParser::Status::failed) {
                check_refusal(parser.refusal());
                return out + "refused " + std::to_string(parser.refusal().status) + " " +
                       parser.refusal().body;
            }
            if (parsed.status == RequestParser::Status::need_more) {
                require(piece.empty(), "a parser that wants more has taken all");
                // The head doubles, and so do the views of its fields when it ends.
                require(heap.now() <= 2 * out.capacity() + 2 * limits.max_head_size * 3 +
                                          64 * limits.max_fields + 2 * limits.max_body_size + 4096,
                        "what a parser keeps is within its limits");
                continue;
            }
            const Request request = parser.take_request();
            check_parts(request, limits);
            const std::string seen = account(request, parser);
            if (pieces == nullptr) check_round_trip(request, seen);
            out += seen;
            if (parser.upgrade_requested())
                return out + "left=[" + std::string(piece) + std::string(text) + "]";
        }
    }
    return out + (parser.wants_continue() ? "waits for 100" : "");
}

void check_requests(FuzzInput input) {
    Pieces pieces = input.pieces();
    Pieces other_pieces = input.pieces();
    const http::Limits limits = {.max_head_size = input.number(0, 4096),
                                 .max_fields = input.number(0, 100),
                                 .max_body_size = input.number(0, 4096)};
    const std::string text = input.rest();
    const std::string whole = requests_in(text, nullptr, limits);
    require_same(whole, requests_in(text, &pieces, limits),
                 "requests do not depend on how the input is divided");
    require_same(whole, requests_in(text, &other_pieces, limits),
                 "requests do not depend on how else the input is divided");
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_requests({data, size});
    return 0;
}
