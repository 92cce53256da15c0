#include "http/head_scanner.hpp"

#include "http/field_grammar.hpp"
#include "http/letter_run.hpp"

#include <algorithm>

namespace longwire::http {

namespace {

constexpr std::string_view bare_line_feed =
    "ends in LF alone; a line ends in CR LF (RFC 9112, section 2.2)";
constexpr std::string_view bare_carriage_return =
    "has a CR that no LF follows (RFC 9112, section 2.2)";

}  // namespace

HeadScanner::HeadScanner(Kind kind, std::size_t max_size, std::size_t max_fields) noexcept
    : max_size_(max_size),
      max_fields_(max_fields),
      kind_(kind),
      state_(kind == Kind::trailers ? State::field_start : State::start) {}

HeadScanner::Scanned HeadScanner::scan(std::span<const std::byte> bytes) {
    const auto allowed = bytes.first(std::min(bytes.size(), max_size_ - size_));
    std::size_t index = 0;
    while (index < allowed.size()) {
        if (const std::size_t passed = run(allowed.subspan(index)); passed > 0) {
            index += passed;
            size_ += passed;
            continue;
        }
        ++size_;
        const Status status = take(static_cast<char>(allowed[index++]));
        if (status != Status::need_more) return {index, status};
    }
    if (index == bytes.size()) return {index, Status::need_more};
    fail(in_start_line() ? 414 : 431,
         "the " + std::string(kind_ == Kind::trailers ? "trailer section" : "head") +
             " is larger than " + std::to_string(max_size_) + " bytes");
    return {index, Status::failed};
}

/// How many of the first bytes need no closer look where this stands.
std::size_t HeadScanner::run(std::span<const std::byte> bytes) noexcept {
    switch (state_) {
        case State::field_start:
            return whole_field(bytes);
        case State::start_line:
            return kind_ == Kind::request ? printable_run<Beyond::none>(bytes)
                                          : printable_run<Beyond::all>(bytes);
        case State::field_name:
            return token_run(bytes);
        case State::field_value:
            return printable_run<Beyond::all>(bytes);
        default:
            return 0;
    }
}

/// The size of the line that lies there, where it is whole and nothing is wrong with it; otherwise
/// 0.
std::size_t HeadScanner::whole_field(std::span<const std::byte> bytes) noexcept {
    constexpr std::string_view line_end = "\r\n";
    const std::size_t name = token_run(bytes);
    if (name == 0 || name == bytes.size() || bytes[name] != std::byte{':'}) return 0;
    if (fields_ == max_fields_) return 0;
    const std::size_t end = name + 1 + printable_run<Beyond::all>(bytes.subspan(name + 1));
    if (bytes.size() - end < line_end.size() || bytes[end] != std::byte{'\r'} ||
        bytes[end + 1] != std::byte{'\n'})
        return 0;
    ++fields_;
    ++line_;
    return end + line_end.size();
}

HeadScanner::Status HeadScanner::take(char letter) {
    switch (state_) {
        case State::start:
            return take_first(letter);
        case State::empty_line_end:
            size_ = 0;
            return take_line_feed(letter, State::start, Status::empty_line);
        case State::tls_record:
            if (letter != '\x03') return fail(400, "the request begins with a control character");
            return fail(400,
                        "this port speaks plain HTTP, and the first bytes are TLS; use http:// or "
                        "ws:// in place of https:// or wss://");
        case State::start_line:
            return take_start_line(letter);
        case State::start_line_end:
            return take_line_feed(letter, State::field_start, Status::start_line);
        case State::field_start:
            return take_field_start(letter);
        case State::field_name:
            return take_field_name(letter);
        case State::field_value:
            return take_field_value(letter);
        case State::field_value_end:
            return take_line_feed(letter, State::field_start, Status::need_more);
        case State::end:
            return take_line_feed(letter, State::start, Status::complete);
    }
    return Status::failed;
}

HeadScanner::Status HeadScanner::take_first(char letter) {
    if (kind_ == Kind::request && letter == '\r' && !empty_line_seen_) {
        empty_line_seen_ = true;
        state_ = State::empty_line_end;
        return Status::need_more;
    }
    if (kind_ == Kind::request && letter == '\x16') {
        state_ = State::tls_record;
        return Status::need_more;
    }
    state_ = State::start_line;
    return take_start_line(letter);
}

HeadScanner::Status HeadScanner::take_start_line(char letter) {
    if (letter == '\r') {
        if (size_ == 1) return fail_at_line("is empty");
        state_ = State::start_line_end;
        return Status::need_more;
    }
    if (letter == '\n') return fail_at_line(bare_line_feed);
    if (!is_value_letter(letter)) return fail_at_line("holds a control character");
    if (kind_ == Kind::request && static_cast<unsigned char>(letter) >= 0x80)
        return fail_at_line("holds a byte outside of ASCII; such a byte is written as %XX");
    return Status::need_more;
}

HeadScanner::Status HeadScanner::take_field_start(char letter) {
    if (letter == '\r') {
        state_ = State::end;
        return Status::need_more;
    }
    if (letter == '\n') return fail_at_line(bare_line_feed);
    if (is_white_space(letter))
        return fail_at_line(
            "begins with white space; a header field cannot be folded over lines (RFC 9112, "
            "section 5.2)");
    if (letter == ':') return fail_at_line("has no name before the colon");
    if (fields_ == max_fields_)
        return fail(431, "there are more than " + std::to_string(max_fields_) + " header fields");
    ++fields_;
    state_ = State::field_name;
    return take_field_name(letter);
}

HeadScanner::Status HeadScanner::take_field_name(char letter) {
    if (letter == ':') {
        state_ = State::field_value;
        return Status::need_more;
    }
    if (is_token_letter(letter)) return Status::need_more;
    if (is_white_space(letter))
        return fail_at_line(
            "has white space before the colon, or no colon at all (RFC 9112, section 5.1)");
    if (letter == '\r' || letter == '\n') return fail_at_line("has no colon after a name");
    return fail_at_line("has a name that is not a token (RFC 9110, section 5.1)");
}

HeadScanner::Status HeadScanner::take_field_value(char letter) {
    if (letter == '\r') {
        state_ = State::field_value_end;
        return Status::need_more;
    }
    if (letter == '\n') return fail_at_line(bare_line_feed);
    if (!is_value_letter(letter))
        return fail_at_line("has a value that holds a control character (RFC 9110, section 5.5)");
    return Status::need_more;
}

HeadScanner::Status HeadScanner::take_line_feed(char letter, State next, Status status) {
    if (letter != '\n') return fail_at_line(bare_carriage_return);
    if (next == State::field_start) ++line_;
    state_ = next;
    return status;
}

HeadScanner::Status HeadScanner::fail(int status, std::string_view words) {
    fault_ = Fault{status, std::string(words)};
    return Status::failed;
}

HeadScanner::Status HeadScanner::fail_at_line(std::string_view words) {
    return fail(400, "line " + std::to_string(line_) + " of the " +
                         (kind_ == Kind::trailers ? "trailer section " : "head ") +
                         std::string(words));
}

}  // namespace longwire::http
