#include <longwire/request.hpp>

#include "http/field_grammar.hpp"
#include "http/field_list.hpp"
#include "http/ip_address.hpp"
#include "http/percent.hpp"

namespace longwire {

namespace {

/// Cuts the part before the next `mark` off `rest`.
std::string_view take_part(std::string_view& rest, char mark) noexcept {
    const std::size_t end = rest.find(mark);
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return part;
}

}  // namespace

std::optional<std::string> Request::query(std::string_view name) const {
    std::string_view rest = query();
    while (!rest.empty()) {
        std::string_view value = take_part(rest, '&');
        const std::string_view key = take_part(value, '=');
        const bool has_no_name = key.empty() && value.empty();
        if (!has_no_name && http::form_decode(key) == name) return http::form_decode(value);
    }
    return std::nullopt;
}

std::string_view Request::parameter(std::string_view name) const noexcept {
    for (const auto& [key, value] : parameters_)
        if (key == name) return value;
    return {};
}

std::optional<std::string_view> Request::header(std::string_view name) const noexcept {
    return http::first_value(fields_, name);
}

std::string_view Request::client_address() const noexcept {
    return client_address_.empty() ? http::address_of_peer(peer()) : text(client_address_);
}

std::optional<std::string_view> Request::cookie(std::string_view name) const noexcept {
    for (const HeaderField& field : fields_) {
        if (!same_field_name(field.name, "Cookie")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            std::string_view value = take_part(rest, ';');
            const bool is_pair = value.find('=') != std::string_view::npos;
            const std::string_view key = http::trimmed(take_part(value, '='));
            if (!is_pair || key != name) continue;
            value = http::trimmed(value);
            if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
                value = value.substr(1, value.size() - 2);
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace longwire
