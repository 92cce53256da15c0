// HTTP responses as a client receives them, and what is written of fields that hold anything.
#include "field_lines.hpp"
#include "fuzz_input.hpp"

#include "http/field_grammar.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "http/response_writer.hpp"

namespace longwire::fuzz {
namespace {

using http::ResponseParser;

/// What is not HTTP at all is shown by its first bytes, as many as there were.
std::string failure_of(const ResponseParser& parser) {
    const std::string& reason = parser.reason();
    require(std::ranges::all_of(reason, [](char letter) { return letter >= ' ' && letter <= '~'; }),
            "a reason can be shown on a terminal");
    if (reason.starts_with("the answer is not HTTP:")) return "not HTTP";
    return reason;
}

std::string account_of_head(const ResponseParser& parser) {
    std::string out =
        std::to_string(parser.status()) + " 1." + std::to_string(parser.minor_version()) + "\n";
    require(parser.status() == 101 || (parser.status() >= 200 && parser.status() <= 599),
            "a final status is 101, or 200 to 599");
    for (const HeaderField& field : parser.fields()) {
        require(http::is_token(field.name), "the name of a field is a token");
        require(http::is_field_value(field.value), "a value holds no control character");
        out += std::string(field.name) + "=" + std::string(field.value) + "\n";
    }
    return out;
}

/// What a client makes of `text`.
std::string response_in(std::string_view text, Pieces* pieces, const http::Limits& limits) {
    const HeapGrowth heap;
    ResponseParser parser(limits);
    std::string head;
    bool complete = false;
    while (!text.empty() && !complete) {
        std::string_view piece =
            text.substr(0, pieces != nullptr ? pieces->next(text.size()) : text.size());
        text.remove_prefix(piece.size());
        if (head.empty()) {
            const auto parsed = parser.parse(bytes_of(piece));
            piece.remove_prefix(parsed.consumed);
            if (parsed.status == ResponseParser::Status::failed) return failure_of(parser);
            if (parsed.status == ResponseParser::Status::need_more) {
                require(piece.empty(), "a parser that wants more has taken all");
                require(heap.now() <= 6 * limits.max_head_size + 64 * limits.max_fields + 4096,
                        "what is kept of a head is within its limit");
                continue;
            }
            head = account_of_head(parser);
            if (parser.status() == 101) return head + std::string(piece) + std::string(text);
            if (piece.empty()) continue;
        }
        const auto read = parser.collect_body(bytes_of(piece));
        require(parser.body().size() <= limits.max_body_size, "a body is within its limit");
        if (read.status == ResponseParser::BodyStatus::failed)
            return head + failure_of(parser) + "[" + std::string(parser.body()) + "]";
        complete = read.status == ResponseParser::BodyStatus::complete;
    }
    return head + (complete ? "complete" : "") + (parser.is_truncated() ? " truncated" : "") + "[" +
           std::string(parser.body()) + "]";
}

/// A head that was taken, written again, is the same.
void check_round_trip(std::string_view text) {
    const http::Limits limits = {.max_head_size = 1U << 20U};
    ResponseParser parser(limits);
    if (parser.parse(bytes_of(text)).status != ResponseParser::Status::head) return;
    std::string written = "HTTP/1." + std::to_string(parser.minor_version()) + " " +
                          std::to_string(parser.status()) + " \r\n";
    for (const HeaderField& field : parser.fields())
        written += std::string(field.name) + ":" + std::string(field.value) + "\r\n";
    written += "\r\n";
    ResponseParser again(limits);
    const auto parsed = again.parse(bytes_of(written));
    require(parsed.status == ResponseParser::Status::head && parsed.consumed == written.size(),
            "a head that was taken is taken again, to its last byte");
    require_same(account_of_head(parser), account_of_head(again), "and is the same head");
}

/// Whatever the fields and the body hold, one response goes out, and no more (no splitting).
void check_written_response(Response response, const http::WriteOptions& options) {
    const std::string text = http::write_response(response, options);
    const std::size_t end = text.find("\r\n\r\n");
    require(end != std::string::npos, "a response has a head");
    const std::size_t head_size = end + 4;
    require(http::write_response_head(response, options) == text.substr(0, head_size),
            "the head ends at the first empty line");
    ResponseParser parser({.max_head_size = 1U << 20U, .max_fields = 1000});
    const auto parsed = parser.parse(bytes_of(text));
    require(parsed.status == ResponseParser::Status::head && parsed.consumed == head_size,
            "a response that we write is read as its head, to the empty line");
    const bool in_range = response.status >= 200 && response.status <= 599;
    require(parser.status() == (in_range ? response.status : 500), "the status is the response's");
    if (options.head_only) return;
    const auto body = parser.collect_body(bytes_of(text).subspan(head_size));
    require(body.status == ResponseParser::BodyStatus::complete &&
                head_size + body.consumed == text.size(),
            "the body ends where the response ends");
    if (!http::is_bodiless(parser.status()))
        require(parser.body() == response.body, "the body arrives as it is");
}

/// The same for a request.
void check_written_request(std::string_view target, std::vector<http::Field> fields) {
    const std::string text = http::write_request("GET", target, fields);
    const std::size_t end = text.find("\r\n\r\n");
    require(end != std::string::npos && end + 4 == text.size(), "a request ends with its head");
    http::RequestParser parser({.max_head_size = 1U << 20U, .max_fields = 1000});
    const auto parsed = parser.parse(bytes_of(text));
    if (parsed.status != http::RequestParser::Status::request) return;
    require(parsed.consumed == text.size(), "a request that we write is one request");
    require(parser.take_request().headers().size() <= fields.size(),
            "it has no fields but its own");
}

void check_responses(FuzzInput input) {
    Pieces pieces = input.pieces();
    // Below this, what is not HTTP might be too large before it is seen to be no HTTP.
    const http::Limits limits = {.max_head_size = input.number(16, 4096),
                                 .max_fields = input.number(0, 100),
                                 .max_body_size = input.number(0, 1024)};
    const http::WriteOptions options = {.keep_alive = input.flag(),
                                        .head_only = input.flag(),
                                        .minor_version = static_cast<int>(input.number(0, 1))};
    const int status = static_cast<int>(input.number(0, 700));
    const std::string text = input.rest();
    require_same(response_in(text, nullptr, limits), response_in(text, &pieces, limits),
                 "a response does not depend on how the input is divided");
    check_round_trip(text);
    const auto fields = field_lines(text);
    check_written_response({.status = status, .body = text.substr(0, 100), .headers = fields},
                           options);
    check_written_request(text.substr(0, text.find('\n')), fields);
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_responses({data, size});
    return 0;
}
