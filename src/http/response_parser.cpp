#include "http/response_parser.hpp"

#include "http/field_grammar.hpp"
#include "http/message_framing.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace longwire::http {

namespace {

constexpr std::string_view protocol_name = "HTTP/";
constexpr unsigned max_interim_responses = 16;
constexpr std::size_t excerpt_size = 24;

/// `text` as it may be shown on a terminal.
std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char letter : text) {
        if (letter >= ' ' && letter < '\x7F' && letter != '"' && letter != '\\') {
            out.push_back(letter);
            continue;
        }
        const auto number = static_cast<unsigned char>(letter);
        out.append("\\x");
        out.push_back(digits[number >> 4U]);
        out.push_back(digits[number & 0xFU]);
    }
    return out;
}

/// Of "HTTP/1.1 200 OK" or "HTTP/1.1 200", without the line's end.
bool is_status_line(std::string_view line) noexcept {
    constexpr std::size_t version_size = 8;
    constexpr std::size_t status_end = version_size + 4;
    const std::string_view version = line.substr(0, version_size);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
    if (line.size() < status_end || line[version_size] != ' ') return false;
    const std::string_view status = line.substr(version_size + 1, 3);
    return std::ranges::all_of(status, is_digit) && status[0] >= '1' && status[0] <= '5' &&
           (line.size() == status_end || line[status_end] == ' ');
}

/// Whether the head, which has a status line, is that of a 2xx.
bool is_success(const std::vector<char>& head) noexcept {
    constexpr std::size_t first_digit = 9;
    return head[first_digit] == '2';
}

/// Takes the lines out of a head, whose lines have been judged, that tell of a body's length.
void drop_lengths(std::vector<char>& head) {
    const std::string_view whole(head.data(), head.size());
    std::string kept;
    for (std::size_t begin = 0; begin < whole.size();) {
        const std::size_t end = whole.find("\r\n", begin) + 2;
        const std::string_view line = whole.substr(begin, end - begin);
        const std::string_view name = line.substr(0, line.find(':'));
        const bool is_length =
            same_field_name(name, "Content-Length") || same_field_name(name, "Transfer-Encoding");
        if (!is_length) kept += line;
        begin = end;
    }
    head.assign(kept.begin(), kept.end());
}

}  // namespace

ResponseParser::ResponseParser(const Limits& limits, To to)
    : limits_(limits),
      to_(to),
      scanner_(HeadScanner::Kind::response, limits.max_head_size, limits.max_fields) {}

void ResponseParser::begin_head() {
    scanner_ = HeadScanner(HeadScanner::Kind::response, limits_.max_head_size, limits_.max_fields);
    head_.clear();
    message_ = {};
}

std::string_view ResponseParser::status_line() const noexcept {
    if (!has_head_) return {};
    const std::string_view head(head_.data(), head_.size());
    return head.substr(0, head.find('\r'));
}

ResponseParser::Parsed ResponseParser::parse(std::span<const std::byte> bytes) {
    std::size_t consumed = 0;
    while (!has_head_ && !has_failed_) {
        const auto rest = bytes.subspan(consumed);
        if (!begins_like_http(rest)) break;
        const auto scanned = scanner_.scan(rest);
        const auto* const data = reinterpret_cast<const char*>(rest.data());
        head_.insert(head_.end(), data, data + scanned.consumed);
        consumed += scanned.consumed;
        switch (scanned.status) {
            case HeadScanner::Status::need_more:
                return {consumed, Status::need_more};
            case HeadScanner::Status::start_line:
                has_failed_ = !end_start_line();
                break;
            case HeadScanner::Status::complete:
                has_failed_ = !end_head();
                break;
            case HeadScanner::Status::empty_line:
            case HeadScanner::Status::failed:
                fail("the answer is not valid HTTP: " + scanner_.fault().words);
                break;
        }
    }
    return {consumed, has_failed_ ? Status::failed : Status::head};
}

/// Judged before the scanner sees it, since whoever does not speak HTTP at all should hear so, and
/// not that a line holds a control character.
bool ResponseParser::begins_like_http(std::span<const std::byte> more) {
    if (head_.size() >= protocol_name.size()) return true;
    std::string begin(head_.data(), head_.size());
    const auto shown = more.first(std::min(more.size(), excerpt_size - begin.size()));
    begin.append(reinterpret_cast<const char*>(shown.data()), shown.size());
    const std::size_t size = std::min(begin.size(), protocol_name.size());
    if (begin.substr(0, size) == protocol_name.substr(0, size)) return true;
    std::string reason = "the answer is not HTTP: it begins with \"" + printable(begin) + "\"";
    if (begin.front() == '\x15') reason += " (a TLS alert? then this server wants wss://)";
    return fail(std::move(reason));
}

bool ResponseParser::end_start_line() {
    constexpr std::size_t line_end = 2;
    const std::string_view line(head_.data(), head_.size() - line_end);
    if (is_status_line(line)) return true;
    return fail("the answer is not HTTP/1.1: it begins with \"" +
                printable(line.substr(0, excerpt_size)) + "\"");
}

bool ResponseParser::end_head() {
    if (to_ == To::connect && is_success(head_)) drop_lengths(head_);
    auto message = parse_response_head(head_, scanner_.fields());
    if (!message) return fail("the answer is not valid HTTP: " + message.error().words);
    const bool is_interim = message->status < 200 && message->status != 101;
    if (is_interim) {
        if (++interim_responses_ > max_interim_responses)
            return fail("the server sent more than " + std::to_string(max_interim_responses) +
                        " interim responses and no final one");
        begin_head();
        return true;
    }
    auto framing = response_framing(*message);
    if (!framing) return fail("the answer is not valid HTTP: " + framing.error().words);
    message_ = *std::move(message);
    // What is too much is cut off here, and is no fault of the server.
    Limits limits = limits_;
    limits.max_body_size = std::numeric_limits<std::size_t>::max();
    body_reader_ = BodyReader(*framing, limits);
    has_head_ = true;
    return true;
}

ResponseParser::Collected ResponseParser::collect_body(std::span<const std::byte> bytes) {
    if (!has_head_ || has_failed_) return {0, BodyStatus::failed};
    if (is_truncated_) return {0, BodyStatus::complete};
    const auto read = body_reader_.read(bytes, body_);
    is_truncated_ = body_.size() > limits_.max_body_size;
    if (is_truncated_) {
        body_.resize(limits_.max_body_size);
        return {read.consumed, BodyStatus::complete};
    }
    switch (read.status) {
        case BodyReader::Status::need_more:
            return {read.consumed, BodyStatus::need_more};
        case BodyReader::Status::complete:
            return {read.consumed, BodyStatus::complete};
        case BodyReader::Status::failed:
            break;
    }
    fail("the body of the answer is not valid HTTP: " + body_reader_.fault().words);
    return {read.consumed, BodyStatus::failed};
}

bool ResponseParser::fail(std::string reason) {
    reason_ = std::move(reason);
    has_failed_ = true;
    return false;
}

}  // namespace longwire::http
