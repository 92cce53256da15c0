#include "http/message_head.hpp"

#include "http/field_grammar.hpp"

#include <llhttp.h>

#include <cstddef>
#include <string>

namespace longwire::http {

namespace {

struct Parse {
    MessageHead head;
    bool ended = false;
};

Parse& parse_of(llhttp_t* parser) {
    return *static_cast<Parse*>(parser->data);
}

// The parser may hand out one part in several pieces, which lie side by side.
void extend(std::string_view& part, const char* at, std::size_t size) {
    if (part.empty())
        part = {at, size};
    else
        part = std::string_view(part.begin(), at + size);
}

llhttp_settings_t make_settings() {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_method = [](llhttp_t* parser, const char* at, std::size_t size) {
        extend(parse_of(parser).head.method, at, size);
        return 0;
    };
    settings.on_url = [](llhttp_t* parser, const char* at, std::size_t size) {
        extend(parse_of(parser).head.target, at, size);
        return 0;
    };
    settings.on_header_field = [](llhttp_t* parser, const char* at, std::size_t size) {
        auto& fields = parse_of(parser).head.fields;
        const bool goes_on =
            !fields.empty() && fields.back().name.data() + fields.back().name.size() == at;
        if (!goes_on) fields.emplace_back();
        extend(fields.back().name, at, size);
        return 0;
    };
    settings.on_header_value = [](llhttp_t* parser, const char* at, std::size_t size) {
        if (size > 0) extend(parse_of(parser).head.fields.back().value, at, size);
        return 0;
    };
    settings.on_headers_complete = [](llhttp_t* parser) -> int {
        parse_of(parser).ended = true;
        return HPE_PAUSED;
    };
    return settings;
}

Fault fault_of(const llhttp_t& parser, const MessageHead& head) {
    const llhttp_errno_t error = llhttp_get_errno(&parser);
    // The lines were judged before, so a first line that is refused here has a method, or a pair of
    // method and version, that the parser does not know.
    if (parser.type == HTTP_REQUEST && head.fields.empty() && error != HPE_INVALID_URL)
        return {501, "the method is not known here"};
    if (error == HPE_INVALID_URL) return {400, "the request target is not a valid path or URL"};
    const char* const reason = llhttp_get_error_reason(&parser);
    std::string words = "the head is not valid";
    if (reason != nullptr && *reason != '\0') words += " (" + std::string(reason) + ")";
    return {400, std::move(words)};
}

std::expected<MessageHead, Fault> parse_head(llhttp_type_t type, std::span<const char> head,
                                             std::size_t fields) {
    static const llhttp_settings_t settings = make_settings();
    Parse parse;
    parse.head.fields.reserve(fields);
    llhttp_t parser;
    llhttp_init(&parser, type, &settings);
    parser.data = &parse;
    const llhttp_errno_t error = llhttp_execute(&parser, head.data(), head.size());
    if (error != HPE_PAUSED || !parse.ended)
        return std::unexpected(error == HPE_OK ? Fault{400, "the head is not valid"}
                                               : fault_of(parser, parse.head));
    for (HeaderField& field : parse.head.fields) field.value = trimmed(field.value);
    parse.head.status = parser.status_code;
    parse.head.minor_version = parser.http_minor;
    parse.head.chunked = (parser.flags & F_CHUNKED) != 0;
    if ((parser.flags & F_CONTENT_LENGTH) != 0) parse.head.content_length = parser.content_length;
    return std::move(parse.head);
}

}  // namespace

std::expected<MessageHead, Fault> parse_request_head(std::span<const char> head,
                                                     std::size_t fields) {
    return parse_head(HTTP_REQUEST, head, fields);
}

std::expected<MessageHead, Fault> parse_response_head(std::span<const char> head,
                                                      std::size_t fields) {
    return parse_head(HTTP_RESPONSE, head, fields);
}

}  // namespace longwire::http
