#include "answers.hpp"

#include "finding.hpp"
#include "wire.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace longwire::stateful {

namespace {

std::string excerpt(std::string_view text) {
    std::string shown;
    for (const char letter : text.substr(0, 300))
        shown += letter >= ' ' && letter <= '~' ? letter : '.';
    return shown;
}

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return lower;
}

std::optional<std::string> field_of(std::string_view head, std::string_view name) {
    const std::string lower = in_lower_case(head);
    const std::string wanted = "\r\n" + std::string(name) + ": ";
    const std::size_t at = lower.find(wanted);
    if (at == std::string::npos) return std::nullopt;
    const std::size_t begin = at + wanted.size();
    return lower.substr(begin, lower.find("\r\n", begin) - begin);
}

}  // namespace

void Answers::ask(std::string_view method, std::string_view request) {
    methods_.emplace_back(method);
    lines_.emplace_back(request.substr(0, std::min(request.find("\r\n"), std::size_t{120})));
    wire_.send(request);
}

std::size_t Answers::count() {
    take_all();
    return answers_.empty() || answers_.back().whole ? answers_.size() : answers_.size() - 1;
}

const Answer& Answers::at(std::size_t place) {
    static const Answer none;
    take_all();
    return place < answers_.size() ? answers_[place] : none;
}

bool Answers::upgraded() {
    take_all();
    return upgraded_;
}

void Answers::take_all() {
    while (!upgraded_) {
        const bool between = answers_.empty() || answers_.back().whole;
        if (between ? !take_head() : !take_body()) return;
    }
}

bool Answers::take_head() {
    const std::string& in = wire_.in;
    if (in.empty()) return false;
    if (!std::string_view("HTTP/1.1 ").starts_with(std::string_view(in).substr(0, 9)))
        found("this is no answer of HTTP: " + excerpt(in));
    const std::size_t end = in.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    Answer answer = {.head = in.substr(0, end + 2), .body = {}, .begun = true};
    const std::string_view line = std::string_view(answer.head).substr(0, in.find("\r\n"));
    if (line.size() < 12 ||
        std::from_chars(line.data() + 9, line.data() + 12, answer.status).ptr != line.data() + 12)
        found("this is no status line: " + excerpt(line));
    check_head(answer, line);
    const std::size_t place = answers_.size();
    wire_.in.erase(0, end + 4);
    if (answer.status == 100) return true;  // (one more follows)
    // A connection that is refused at once, or on which nothing comes in time, is told so.
    const bool unasked = answer.status == 503 || answer.status == 429 || answer.status == 408;
    if (place >= methods_.size() && !lenient_ && !unasked)
        found("an answer came that nobody had asked for: " + excerpt(answer.head));
    const bool head_only = place < methods_.size() && methods_[place] == "HEAD" && !lenient_;
    upgraded_ = answer.status == 101;
    answer.chunked = field_of(answer.head, "transfer-encoding") == "chunked";
    const auto length = field_of(answer.head, "content-length");
    if (length) std::from_chars(length->data(), length->data() + length->size(), answer.length);
    // (One who refuses at once does not know that it is asked for the head only.)
    const bool unsure = head_only && unasked && field_of(answer.head, "connection") == "close";
    const bool no_body =
        answer.status == 204 || answer.status == 304 || upgraded_ || (head_only && !unsure);
    answer.to_the_end = unsure || (!no_body && !length && !answer.chunked);
    answer.whole =
        no_body || (!answer.to_the_end && length && answer.length == 0 && !answer.chunked);
    answers_.push_back(std::move(answer));
    return true;
}

void Answers::check_head(const Answer& answer, std::string_view line) const {
    // A server that fails to handle something that may come has a fault.
    if (answer.status == 500)
        found("an answer says 500: " + excerpt(wire_.in) + " It is the answer to " +
              (answers_.size() < lines_.size() ? lines_[answers_.size()] : "nothing"));
    if (answer.status < 100 || answer.status > 599) found("a status is none: " + excerpt(line));
    std::string_view fields = std::string_view(answer.head).substr(line.size() + 2);
    while (!fields.empty()) {
        const std::size_t end = fields.find("\r\n");
        const std::string_view field = fields.substr(0, end);
        const std::size_t colon = field.find(':');
        if (colon == std::string_view::npos || colon == 0 || field.find('\n') != field.npos)
            found("a header field is none: " + excerpt(field));
        fields.remove_prefix(end + 2);
    }
    if (field_of(answer.head, "content-length") && field_of(answer.head, "transfer-encoding"))
        found("an answer has two lengths: " + excerpt(answer.head));
}

bool Answers::take_body() {
    Answer& answer = answers_.back();
    if (answer.chunked) return take_chunk(answer);
    const std::size_t wanted =
        answer.to_the_end ? wire_.in.size() : answer.length - answer.body.size();
    const std::size_t taken = std::min(wanted, wire_.in.size());
    answer.body += wire_.in.substr(0, taken);
    wire_.in.erase(0, taken);
    answer.whole = answer.to_the_end ? wire_.ended() : answer.body.size() == answer.length;
    return taken > 0 || answer.whole;
}

bool Answers::take_chunk(Answer& answer) {
    const std::string& in = wire_.in;
    const std::size_t line = in.find("\r\n");
    if (line == std::string::npos) {
        if (in.size() > 16) found("this is no chunk: " + excerpt(in));
        return false;
    }
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(in.data(), in.data() + line, size, 16);
    if (error != std::errc() || end != in.data() + line) found("this is no chunk: " + excerpt(in));
    if (in.size() < line + 2 + size + 2) return false;
    if (in.compare(line + 2 + size, 2, "\r\n") != 0)
        found("a chunk does not end where it says: " + excerpt(in));
    answer.body.append(in, line + 2, size);
    wire_.in.erase(0, line + 2 + size + 2);
    answer.whole = size == 0;
    return true;
}

}  // namespace longwire::stateful
