#include "protocol/handshake.hpp"

#include "protocol/token_list.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

namespace longwire::protocol {

namespace {

std::unexpected<Refusal> refuse(int status, std::string body, Fields headers = {}) {
    return std::unexpected(
        Refusal{.status = status, .body = std::move(body), .headers = std::move(headers)});
}

std::unexpected<Refusal> refuse_version(std::string_view version) {
    // A number is worth repeating; whatever else may stand there is not.
    const bool number = !version.empty() && version.size() <= 3 &&
                        version.find_first_not_of("0123456789") == std::string_view::npos;
    std::string body = "Sec-WebSocket-Version is ";
    body += number ? version : "no version number";
    body += "; this server speaks 13 and 8.";
    return refuse(426, std::move(body),
                  {{"Sec-WebSocket-Version", "13, 8"}, {"Upgrade", "websocket"}});
}

/// The fields of a request that say something about a handshake.
enum class Known : std::uint8_t {
    host,
    upgrade,
    connection,
    version,
    key,
    origin,
    older_origin,
    subprotocol,
    extension,
};
constexpr std::array<std::string_view, 9> known_names = {"Host",
                                                         "Upgrade",
                                                         "Connection",
                                                         "Sec-WebSocket-Version",
                                                         "Sec-WebSocket-Key",
                                                         "Origin",
                                                         "Sec-WebSocket-Origin",
                                                         "Sec-WebSocket-Protocol",
                                                         "Sec-WebSocket-Extensions"};

/// They are looked for once.
class HandshakeFields {
public:
    explicit HandshakeFields(std::span<const HeaderField> fields) noexcept : all_(fields) {
        for (const HeaderField& field : fields)
            for (std::size_t known = 0; known < known_names.size(); ++known)
                if (same_field_name(field.name, known_names[known])) {
                    if (counts_[known]++ == 0) values_[known] = field.value;
                    break;
                }
    }

    [[nodiscard]] std::size_t count(Known which) const noexcept { return counts_[index(which)]; }
    /// Of the first; empty where there is none.
    [[nodiscard]] std::string_view value(Known which) const noexcept {
        return values_[index(which)];
    }
    [[nodiscard]] bool list(Known which, std::string_view token) const noexcept {
        if (count(which) == 1 && same_field_name(value(which), token)) return true;
        return list_contains(all_, known_names[index(which)], token);
    }
    [[nodiscard]] std::span<const HeaderField> all() const noexcept { return all_; }

private:
    [[nodiscard]] static constexpr std::size_t index(Known which) noexcept {
        return static_cast<std::size_t>(which);
    }

    std::span<const HeaderField> all_;
    std::array<std::size_t, known_names.size()> counts_ = {};
    std::array<std::string_view, known_names.size()> values_ = {};
};

/// What is wrong with the fields that say "change to WebSocket".
std::expected<void, Refusal> judge_switch(const HandshakeFields& fields) {
    if (!fields.list(Known::upgrade, "websocket"))
        return refuse(426,
                      fields.count(Known::upgrade) == 0
                          ? "This address speaks WebSocket: the request has no \"Upgrade: "
                            "websocket\". Connect with ws:// or wss://."
                          : "This address speaks WebSocket: Upgrade must list \"websocket\".",
                      {{"Upgrade", "websocket"}});
    if (!fields.list(Known::connection, "upgrade"))
        return refuse(400, "Connection must list \"Upgrade\".");
    return {};
}

std::expected<int, Refusal> judge_version(const HandshakeFields& fields) {
    const std::size_t count = fields.count(Known::version);
    if (count == 0 && fields.count(Known::key) == 0)
        return refuse(400,
                      "Sec-WebSocket-Key and Sec-WebSocket-Version are missing: this is the "
                      "handshake of an old draft. This server speaks RFC 6455 (version 13).");
    if (count == 0) return refuse(400, "Sec-WebSocket-Version is missing; 13 is expected.");
    if (count > 1) return refuse(400, "Sec-WebSocket-Version must occur once.");
    const std::string_view named = fields.value(Known::version);
    if (named == "13") return 13;
    if (named == "8") return 8;
    return refuse_version(named);
}

std::expected<std::string_view, Refusal> judge_key(const HandshakeFields& fields) {
    const std::size_t count = fields.count(Known::key);
    if (count == 0)
        return refuse(400, "Sec-WebSocket-Key is missing; 16 random bytes in base64 are expected.");
    if (count > 1) return refuse(400, "Sec-WebSocket-Key must occur once.");
    const std::string_view shown = fields.value(Known::key);
    if (!is_key(shown)) return refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64.");
    return shown;
}

/// Of two origins the wrong one might be judged.
std::expected<std::string_view, Refusal> judge_origin(const HandshakeFields& fields, int version) {
    const bool older = version == 8 && fields.count(Known::older_origin) > 0;
    const Known which = older ? Known::older_origin : Known::origin;
    if (fields.count(which) > 1)
        return refuse(400, std::string(older ? "Sec-WebSocket-Origin" : "Origin") +
                               " must occur at most once.");
    return fields.value(which);
}

std::expected<std::vector<std::string_view>, Refusal> judge_subprotocols(
    const HandshakeFields& fields) {
    if (fields.count(Known::subprotocol) == 0) return std::vector<std::string_view>();
    auto offered = list_members(fields.all(), "Sec-WebSocket-Protocol");
    if (offered.empty())
        return refuse(400, "Sec-WebSocket-Protocol must list one subprotocol or more.");
    std::set<std::string_view> seen;
    for (const std::string_view name : offered) {
        if (!is_token(name))
            return refuse(400, "Sec-WebSocket-Protocol must list tokens, divided by commas.");
        if (!seen.insert(name).second)
            return refuse(400, "Sec-WebSocket-Protocol must not list a subprotocol twice.");
    }
    return offered;
}

}  // namespace

std::expected<HandshakeOffer, Refusal> judge_request(std::string_view method, int minor_version,
                                                     std::span<const HeaderField> its) {
    const HandshakeFields fields(its);
    if (method != "GET") return refuse(405, "A WebSocket is opened with GET.", {{"Allow", "GET"}});
    if (minor_version < 1) return refuse(400, "A WebSocket is opened with HTTP/1.1.");
    const std::size_t hosts = fields.count(Known::host);
    if (hosts == 0) return refuse(400, "Host is missing.");
    if (hosts > 1) return refuse(400, "Host must occur once.");
    if (auto judged = judge_switch(fields); !judged)
        return std::unexpected(std::move(judged.error()));
    const auto version = judge_version(fields);
    if (!version) return std::unexpected(version.error());
    const auto key = judge_key(fields);
    if (!key) return std::unexpected(key.error());
    const auto origin = judge_origin(fields, *version);
    if (!origin) return std::unexpected(origin.error());
    auto subprotocols = judge_subprotocols(fields);
    if (!subprotocols) return std::unexpected(std::move(subprotocols.error()));
    const bool extends = fields.count(Known::extension) > 0;
    auto extensions = extends ? parse_extensions(its) : std::vector<Extension>();
    if (!extensions)
        return refuse(400, "Sec-WebSocket-Extensions breaks the grammar of RFC 6455, section 9.1.");
    if (extends && extensions->empty())
        return refuse(400, "Sec-WebSocket-Extensions must list one extension or more.");
    return HandshakeOffer{.version = *version,
                          .key = *key,
                          .origin = *origin,
                          .subprotocols = std::move(*subprotocols),
                          .extensions = std::move(*extensions)};
}

std::string_view choose_subprotocol(std::span<const std::string> preferred,
                                    std::span<const std::string_view> offered) {
    for (const std::string& name : preferred)
        if (std::ranges::find(offered, name) != offered.end()) return name;
    return {};
}

Fields response_fields(const HandshakeOffer& offer, std::string_view subprotocol,
                       std::string_view extensions) {
    Fields fields;
    fields.reserve(5);
    using namespace std::string_view_literals;
    fields.emplace_back("Upgrade"sv, "websocket"sv);
    fields.emplace_back("Connection"sv, "Upgrade"sv);
    fields.emplace_back("Sec-WebSocket-Accept"sv, accept_key(offer.key));
    if (!subprotocol.empty()) fields.emplace_back("Sec-WebSocket-Protocol", subprotocol);
    if (!extensions.empty()) fields.emplace_back("Sec-WebSocket-Extensions", extensions);
    return fields;
}

Fields request_fields(std::string_view key, std::span<const std::string> subprotocols,
                      std::string_view origin, std::string_view extensions) {
    Fields fields = {{"Upgrade", "websocket"},
                     {"Connection", "Upgrade"},
                     {"Sec-WebSocket-Key", std::string(key)},
                     {"Sec-WebSocket-Version", "13"}};
    std::string list;
    for (const std::string& name : subprotocols) list += (list.empty() ? "" : ", ") + name;
    if (!list.empty()) fields.emplace_back("Sec-WebSocket-Protocol", std::move(list));
    if (!extensions.empty()) fields.emplace_back("Sec-WebSocket-Extensions", extensions);
    if (!origin.empty()) fields.emplace_back("Origin", origin);
    return fields;
}

std::expected<HandshakeAnswer, std::string> judge_response(int status,
                                                           std::span<const HeaderField> fields,
                                                           std::string_view key,
                                                           std::span<const std::string> offered,
                                                           DeflateOffer deflate) {
    using Wrong = std::unexpected<std::string>;
    if (status != 101)
        return Wrong("the server answered with status " + std::to_string(status) + ", not 101");
    if (count_fields(fields, "Upgrade") != 1 ||
        !same_field_name(field_value(fields, "Upgrade"), "websocket"))
        return Wrong("the server's answer has no \"Upgrade: websocket\"");
    if (!list_contains(fields, "Connection", "upgrade"))
        return Wrong("the server's answer has no \"Connection: Upgrade\"");
    if (count_fields(fields, "Sec-WebSocket-Accept") != 1 ||
        field_value(fields, "Sec-WebSocket-Accept") != accept_key(key))
        return Wrong(
            "the server's Sec-WebSocket-Accept does not answer our key; something between here "
            "and there may have kept an old answer");
    const auto extensions = parse_extensions(fields);
    if (!extensions) return Wrong("the server's Sec-WebSocket-Extensions breaks the grammar");
    if (!extensions->empty() && deflate == DeflateOffer::none)
        return Wrong("the server chose an extension that was not offered");
    auto agreed = judge_deflate(*extensions);
    if (!agreed) return Wrong(std::move(agreed.error()));
    const std::size_t choices = count_fields(fields, "Sec-WebSocket-Protocol");
    if (choices == 0) return HandshakeAnswer{.subprotocol = {}, .deflate = *agreed};
    const std::string_view chosen = field_value(fields, "Sec-WebSocket-Protocol");
    if (choices > 1 || std::ranges::find(offered, chosen) == offered.end())
        return Wrong("the server chose a subprotocol that was not offered: \"" +
                     std::string(chosen.substr(0, 100)) + "\"");
    return HandshakeAnswer{.subprotocol = std::string(chosen), .deflate = *agreed};
}

}  // namespace longwire::protocol
