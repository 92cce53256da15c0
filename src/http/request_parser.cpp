#include "http/request_parser.hpp"

#include "http/field_grammar.hpp"
#include "http/field_list.hpp"
#include "http/message_framing.hpp"
#include "http/message_head.hpp"
#include "http/request_builder.hpp"
#include "http/request_line.hpp"
#include "http/request_target.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::http {

namespace {

constexpr std::array<bool, 256> host_letters = table_of_letters([](char letter) {
    constexpr std::string_view others = "-._~%!$&'()*+;=:[]";
    return is_digit(letter) || is_alpha(letter) || others.find(letter) != std::string_view::npos;
});

bool is_host_letter(char letter) noexcept {
    return host_letters[static_cast<unsigned char>(letter)];
}

/// What the parser itself reads of a head's fields, but for those that say where it ends.
struct KnownFields {
    std::size_t hosts = 0;
    std::string_view host;  // the first
    std::optional<std::string_view> expectation;
    bool upgrade = false;
    bool websocket = false;  // among the protocols
    // Among the options of the connection:
    bool close = false;
    bool keep_alive = false;
    bool upgraded = false;

    explicit KnownFields(std::span<const HeaderField> fields) {
        for (const HeaderField& field : fields) take(field);
    }

private:
    void take(const HeaderField& field) {
        // (Their sizes differ.)
        switch (field.name.size()) {
            case std::string_view("Host").size():
                if (same_field_name(field.name, "Host") && hosts++ == 0) host = field.value;
                break;
            case std::string_view("Expect").size():
                if (same_field_name(field.name, "Expect") && !expectation)
                    expectation = field.value;
                break;
            case std::string_view("Upgrade").size():
                if (same_field_name(field.name, "Upgrade")) take_protocols(field.value);
                break;
            case std::string_view("Connection").size():
                if (same_field_name(field.name, "Connection")) take_options(field.value);
                break;
            default:
                break;
        }
    }
    void take_protocols(std::string_view protocols) {
        upgrade = true;
        for_each_member(protocols, [&](std::string_view protocol) {
            websocket = websocket || same_field_name(protocol, "websocket");
        });
    }
    void take_options(std::string_view options) {
        for_each_member(options, [&](std::string_view option) {
            close = close || same_field_name(option, "close");
            keep_alive = keep_alive || same_field_name(option, "keep-alive");
            upgraded = upgraded || same_field_name(option, "upgrade");
        });
    }
};

std::optional<Fault> judge_host(const KnownFields& known, int minor_version,
                                const RequestTarget& target) {
    if (known.hosts == 0 && minor_version == 0) return std::nullopt;
    if (known.hosts == 0) return Fault{400, "there is no Host field (RFC 9112, section 3.2)"};
    if (known.hosts > 1)
        return Fault{400, "there is more than one Host field (RFC 9112, section 3.2)"};
    if (!std::ranges::all_of(known.host, is_host_letter))
        return Fault{400, "the Host field is not HOST or HOST:PORT (RFC 9110, section 7.2)"};
    if (!std::ranges::all_of(target.authority, is_host_letter))
        return Fault{400, "the host of the request target is not HOST or HOST:PORT"};
    return std::nullopt;
}

/// Where the target names a host, that one counts (RFC 9112, section 3.2.2): whoever asks for the
/// Host field is not to judge by another one.
void set_host(std::vector<HeaderField>& fields, std::string_view authority) {
    if (authority.empty()) return;
    const auto host = std::ranges::find_if(
        fields, [](const HeaderField& field) { return same_field_name(field.name, "Host"); });
    if (host == fields.end())
        fields.push_back({.name = "Host", .value = authority});
    else
        host->value = authority;
}

/// The absolute form may lack the path ("http://host?query"), but a Request's target never does.
/// The authority makes room for it: it moves over the slash before it, which nothing else is going
/// to read.
void complete_target(std::vector<char>& head, RequestTarget& target) {
    std::string_view& text = target.path_and_query;
    if (text.starts_with('/') || text == "*") return;
    const std::size_t size = target.authority.size();
    const auto begin = head.begin() + (target.authority.data() - head.data());
    std::copy(begin, begin + static_cast<std::ptrdiff_t>(size), begin - 1);
    target.authority = {&*begin - 1, size};
    char* const slash = &*begin - 1 + size;
    *slash = '/';
    text = {slash, text.size() + 1};
}

}  // namespace

RequestParser::RequestParser(const Limits& limits)
    : limits_(limits),
      scanner_(HeadScanner::Kind::request, limits.max_head_size, limits.max_fields) {}

void RequestParser::begin() {
    scanner_ = HeadScanner(HeadScanner::Kind::request, limits_.max_head_size, limits_.max_fields);
    head_.clear();
    body_.clear();
    stage_ = Stage::head;
    body_begun_ = expects_continue_ = false;
}

RequestParser::Parsed RequestParser::parse(std::span<const std::byte> bytes) {
    if (stage_ == Stage::complete) begin();
    std::size_t consumed = 0;
    if (stage_ == Stage::head) consumed = read_head(bytes);
    if (stage_ == Stage::body) consumed += read_body(bytes.subspan(consumed));
    switch (stage_) {
        case Stage::head:
        case Stage::body:
            return {consumed, Status::need_more};
        case Stage::complete:
            return {consumed, Status::request};
        case Stage::failed:
            break;
    }
    return {consumed, Status::failed};
}

std::size_t RequestParser::read_head(std::span<const std::byte> bytes) {
    std::size_t forgotten = 0;
    std::size_t consumed = 0;
    while (stage_ == Stage::head) {
        const auto scanned = scanner_.scan(bytes.subspan(consumed));
        consumed += scanned.consumed;
        switch (scanned.status) {
            case HeadScanner::Status::need_more:
                keep(bytes.first(consumed));
                return forgotten + consumed;
            case HeadScanner::Status::empty_line:
                head_.clear();
                bytes = bytes.subspan(consumed);
                forgotten = std::exchange(consumed, 0);
                break;
            case HeadScanner::Status::start_line:
                end_start_line(bytes.first(consumed));
                break;
            case HeadScanner::Status::complete:
                keep(bytes.first(consumed));
                end_head();
                break;
            case HeadScanner::Status::failed:
                keep(bytes.first(consumed));
                fail_in_head();
                break;
        }
    }
    return forgotten + consumed;
}

void RequestParser::keep(std::span<const std::byte> bytes) {
    const auto* const data = reinterpret_cast<const char*>(bytes.data());
    head_.insert(head_.end(), data, data + bytes.size());
}

/// `latest` is what came of it with the latest bytes.
void RequestParser::end_start_line(std::span<const std::byte> latest) {
    constexpr std::size_t line_end = 2;
    std::string joined;
    std::string_view line(reinterpret_cast<const char*>(latest.data()), latest.size());
    if (!head_.empty()) line = joined.append(head_.begin(), head_.end()).append(line);
    if (auto fault = judge_request_line(line.substr(0, line.size() - line_end)))
        refuse(*std::move(fault));
}

void RequestParser::fail_in_head() {
    if (scanner_.fault().status == 414)
        refuse(too_long_request_line({head_.data(), head_.size()}));
    else
        refuse(scanner_.fault());
}

void RequestParser::end_head() {
    auto message = parse_request_head(head_, scanner_.fields());
    if (!message) return refuse(std::move(message.error()));
    auto target = parse_request_target(message->method, message->target);
    if (!target) return refuse(std::move(target.error()));
    const KnownFields known(message->fields);
    if (auto fault = judge_host(known, message->minor_version, *target))
        return refuse(*std::move(fault));
    auto framing = request_framing(*message);
    if (!framing) return refuse(std::move(framing.error()));
    if (known.expectation && !same_field_name(*known.expectation, "100-continue"))
        return refuse({417, "the only expectation that is understood here is 100-continue"});

    expects_continue_ = known.expectation.has_value() && message->minor_version >= 1;
    keep_alive_ = !known.close && (message->minor_version >= 1 || known.keep_alive);
    upgrade_requested_ = message->minor_version >= 1 && known.upgrade && known.upgraded;
    websocket_requested_ = upgrade_requested_ && known.websocket;
    complete_target(head_, *target);
    set_host(message->fields, target->authority);
    request_ = RequestAccess::make(std::exchange(head_, {}), *std::move(message), *target);
    body_reader_ = BodyReader(*framing, limits_);
    stage_ = Stage::body;
}

std::size_t RequestParser::read_body(std::span<const std::byte> bytes) {
    body_begun_ = body_begun_ || !bytes.empty();
    const auto read = body_reader_.read(bytes, body_);
    if (read.status == BodyReader::Status::failed) {
        refuse(body_reader_.fault());
    } else if (read.status == BodyReader::Status::complete) {
        RequestAccess::set_body(request_, std::exchange(body_, {}));
        stage_ = Stage::complete;
    }
    return read.consumed;
}

bool RequestParser::wants_continue() const noexcept {
    return stage_ == Stage::body && expects_continue_ && !body_begun_;
}

Response RequestParser::refusal() const {
    const Fault& fault = fault_.get();
    std::string line = fault.words + ".";
    if (line.front() >= 'a' && line.front() <= 'z')
        line.front() = static_cast<char>(line.front() - 'a' + 'A');
    return Response::text(fault.status, line);
}

void RequestParser::refuse(Fault fault) {
    fault_ = std::move(fault);
    if (stage_ != Stage::body) request_ = Request();
    stage_ = Stage::failed;
    head_ = {};
    body_ = {};
}

}  // namespace longwire::http
