#include "http/message_framing.hpp"

#include "http/field_grammar.hpp"
#include "http/field_list.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace longwire::http {

namespace {

/// The fields that say where a message ends.
struct FramingFields {
    std::size_t lengths = 0;
    std::string_view length;  // the first
    std::size_t codings = 0;

    explicit FramingFields(std::span<const HeaderField> fields) {
        for (const HeaderField& field : fields) {
            if (same_field_name(field.name, "Transfer-Encoding")) ++codings;
            if (!same_field_name(field.name, "Content-Length")) continue;
            if (lengths++ == 0) length = field.value;
        }
    }
};

std::expected<std::optional<std::uint64_t>, Fault> content_length(const FramingFields& its) {
    if (its.lengths == 0) return std::optional<std::uint64_t>();
    if (its.lengths > 1)
        return std::unexpected(
            Fault{400, "there is more than one Content-Length (RFC 9112, section 6.3)"});
    const std::string_view value = its.length;
    if (value.empty() || !std::ranges::all_of(value, is_digit))
        return std::unexpected(
            Fault{400, "Content-Length is not one decimal number (RFC 9110, section 8.6)"});
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size())
        return std::unexpected(Fault{400, "Content-Length is too large to count"});
    return number;
}

/// Whether the message is chunked.
std::expected<bool, Fault> transfer_coding(const MessageHead& head, const FramingFields& its) {
    if (its.codings == 0) return false;
    if (head.minor_version == 0)
        return std::unexpected(
            Fault{400, "HTTP/1.0 has no Transfer-Encoding (RFC 9112, section 6.1)"});
    std::size_t members = 0;
    std::size_t chunked = 0;
    bool chunked_is_last = false;
    for_each_member(head.fields, "Transfer-Encoding", [&](std::string_view member) {
        ++members;
        chunked_is_last = same_field_name(member, "chunked");
        chunked += chunked_is_last ? 1U : 0U;
    });
    if (members == 0) return std::unexpected(Fault{400, "Transfer-Encoding is empty"});
    if (chunked > 1 || (chunked == 1 && !chunked_is_last))
        return std::unexpected(Fault{
            400, "in Transfer-Encoding, chunked must come once, and last (RFC 9112, section 6.1)"});
    if (members > 1 || chunked == 0)
        return std::unexpected(
            Fault{501, "the only transfer coding that is understood here is chunked"});
    return true;
}

std::expected<Framing, Fault> framing_of_fields(const MessageHead& head, Framing otherwise) {
    const FramingFields its(head.fields);
    auto chunked = transfer_coding(head, its);
    if (!chunked) return std::unexpected(std::move(chunked.error()));
    if (*chunked && its.lengths > 0)
        return std::unexpected(Fault{
            400, "there is both Content-Length and Transfer-Encoding (RFC 9112, section 6.3)"});
    auto length = content_length(its);
    if (!length) return std::unexpected(std::move(length.error()));
    if (*chunked != head.chunked || *length != head.content_length)
        return std::unexpected(Fault{400, "the length of the body is not clear"});
    if (*chunked) return Framing{Framing::Kind::chunked, 0};
    if (const std::optional<std::uint64_t> number = *length)
        return Framing{Framing::Kind::length, *number};
    return otherwise;
}

}  // namespace

std::expected<Framing, Fault> request_framing(const MessageHead& head) {
    return framing_of_fields(head, Framing{Framing::Kind::length, 0});
}

std::expected<Framing, Fault> response_framing(const MessageHead& head) {
    if (head.status < 200 || head.status == 204 || head.status == 304)
        return Framing{Framing::Kind::length, 0};
    return framing_of_fields(head, Framing{Framing::Kind::until_close, 0});
}

}  // namespace longwire::http
