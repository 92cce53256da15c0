#include "protocol/deflate_parameters.hpp"

#include <longwire/header_field.hpp>

#include <algorithm>

namespace longwire::protocol {

namespace {

constexpr std::string_view extension_name = "permessage-deflate";

/// The parameters of one permessage-deflate, as they were written.
struct Written {
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    std::optional<int> server_max_window_bits = {};
    bool client_max_window_bits_named = false;
    std::optional<int> client_max_window_bits = {};
};

/// 8 to 15, without leading zeros (section 7.1.2.1).
std::optional<int> window_bits(const std::string& text) {
    if (text.size() == 1 && text[0] >= '8' && text[0] <= '9') return text[0] - '0';
    if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5')
        return 10 + (text[1] - '0');
    return std::nullopt;
}

/// Sets a flag that may be named once, and has no value.
bool take_flag(bool& flag, const Extension::Parameter& parameter) {
    if (flag || parameter.value) return false;
    flag = true;
    return true;
}

bool take_parameter(Written& written, const Extension::Parameter& parameter) {
    if (same_field_name(parameter.name, "server_no_context_takeover"))
        return take_flag(written.server_no_context_takeover, parameter);
    if (same_field_name(parameter.name, "client_no_context_takeover"))
        return take_flag(written.client_no_context_takeover, parameter);
    if (same_field_name(parameter.name, "server_max_window_bits")) {
        if (written.server_max_window_bits || !parameter.value) return false;
        written.server_max_window_bits = window_bits(*parameter.value);
        return written.server_max_window_bits.has_value();
    }
    if (same_field_name(parameter.name, "client_max_window_bits")) {
        if (written.client_max_window_bits_named) return false;
        written.client_max_window_bits_named = true;
        if (!parameter.value) return true;
        written.client_max_window_bits = window_bits(*parameter.value);
        return written.client_max_window_bits.has_value();
    }
    return false;
}

/// Nothing where a parameter is unknown, wrong, or named twice.
std::optional<Written> read_parameters(const Extension& extension) {
    Written written;
    for (const Extension::Parameter& parameter : extension.parameters)
        if (!take_parameter(written, parameter)) return std::nullopt;
    return written;
}

AgreedDeflate agree(const Written& offer, const DeflateWishes& wishes) {
    AgreedDeflate agreed;
    DeflateParameters& parameters = agreed.parameters;
    parameters.server_no_context_takeover =
        offer.server_no_context_takeover || wishes.no_context_takeover;
    parameters.client_no_context_takeover =
        offer.client_no_context_takeover || wishes.no_context_takeover;
    parameters.server_max_window_bits =
        std::min(offer.server_max_window_bits.value_or(largest_window), wishes.max_window_bits);
    // A client that did not name it cannot be told (section 7.1.2.2).
    if (offer.client_max_window_bits_named)
        parameters.client_max_window_bits =
            std::min(offer.client_max_window_bits.value_or(largest_window), wishes.max_window_bits);

    agreed.response = words_of(parameters);
    // What the client asked for has to be confirmed, also where it is the default.
    if (offer.server_max_window_bits && parameters.server_max_window_bits == largest_window)
        agreed.response += "; server_max_window_bits=15";
    return agreed;
}

}  // namespace

std::string words_of(const DeflateParameters& agreed) {
    std::string words(extension_name);
    if (agreed.server_no_context_takeover) words += "; server_no_context_takeover";
    if (agreed.client_no_context_takeover) words += "; client_no_context_takeover";
    if (agreed.server_max_window_bits < largest_window)
        words += "; server_max_window_bits=" + std::to_string(agreed.server_max_window_bits);
    if (agreed.client_max_window_bits < largest_window)
        words += "; client_max_window_bits=" + std::to_string(agreed.client_max_window_bits);
    return words;
}

std::optional<AgreedDeflate> choose_deflate(std::span<const Extension> offers,
                                            const DeflateWishes& wishes) {
    for (const Extension& offer : offers) {
        if (!same_field_name(offer.name, extension_name)) continue;
        if (const auto written = read_parameters(offer)) return agree(*written, wishes);
    }
    return std::nullopt;
}

std::string offer_deflate(const DeflateWishes& wishes) {
    std::string offer(extension_name);
    if (wishes.no_context_takeover)
        offer += "; server_no_context_takeover; client_no_context_takeover";
    if (wishes.max_window_bits < largest_window)
        offer += "; server_max_window_bits=" + std::to_string(wishes.max_window_bits);
    return offer + "; client_max_window_bits";
}

std::expected<std::optional<DeflateParameters>, std::string> judge_deflate(
    std::span<const Extension> answer) {
    if (answer.empty()) return std::nullopt;
    if (answer.size() > 1 || !same_field_name(answer.front().name, extension_name))
        return std::unexpected("the server chose an extension that was not offered");
    const auto written = read_parameters(answer.front());
    if (!written || (written->client_max_window_bits_named && !written->client_max_window_bits))
        return std::unexpected("the server's answer to permessage-deflate has a wrong parameter");
    DeflateParameters parameters;
    parameters.server_no_context_takeover = written->server_no_context_takeover;
    parameters.client_no_context_takeover = written->client_no_context_takeover;
    parameters.server_max_window_bits = written->server_max_window_bits.value_or(largest_window);
    parameters.client_max_window_bits = written->client_max_window_bits.value_or(largest_window);
    return parameters;
}

}  // namespace longwire::protocol
