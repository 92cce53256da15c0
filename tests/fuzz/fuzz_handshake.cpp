// Opening handshakes of both roles, with header fields that hold anything (RFC 6455, section 4).
#include "field_lines.hpp"
#include "fuzz_input.hpp"

#include "http/field_list.hpp"
#include "protocol/handshake.hpp"
#include "protocol/token_list.hpp"

#include <set>

namespace longwire::fuzz {
namespace {

using protocol::DeflateParameters;
using protocol::Extension;
using protocol::Fields;

std::string account(const std::optional<DeflateParameters>& deflate) {
    if (!deflate) return "none";
    return std::to_string(deflate->server_no_context_takeover) +
           std::to_string(deflate->client_no_context_takeover) + " " +
           std::to_string(deflate->server_max_window_bits) + " " +
           std::to_string(deflate->client_max_window_bits);
}

std::string written(const std::vector<Extension>& extensions) {
    std::string text;
    for (const Extension& extension : extensions) {
        text += (text.empty() ? "" : ", ") + std::string(extension.name);
        for (const auto& [name, value] : extension.parameters)
            text += "; " + std::string(name) + (value ? "=" + *value : "");
    }
    return text;
}

/// A list that was read, written out and read again, is the same list; all its words are tokens.
void check_extensions(std::span<const HeaderField> fields) {
    const auto extensions = protocol::parse_extensions(fields);
    if (!extensions) return;
    for (const Extension& extension : *extensions) {
        require(protocol::is_token(extension.name), "the name of an extension is a token");
        for (const auto& [name, value] : extension.parameters)
            require(protocol::is_token(name) && (!value || protocol::is_token(*value)),
                    "parameters are tokens");
    }
    const std::string text = written(*extensions);
    const HeaderField field = {"Sec-WebSocket-Extensions", text};
    const auto again = protocol::parse_extensions(std::span(&field, 1));
    require(again && written(*again) == text, "extensions written out are the same extensions");
}

/// The two readers of comma lists see the same.
void check_lists(std::span<const HeaderField> fields) {
    const auto members = protocol::list_members(fields, "Connection");
    std::vector<std::string_view> others;
    http::for_each_member(fields, "Connection",
                          [&](std::string_view member) { others.push_back(member); });
    require(members == others, "both readers of lists find the same members");
    require(protocol::list_contains(fields, "Connection", "upgrade") ==
                http::contains_token(fields, "Connection", "upgrade"),
            "both readers of lists find the same token");
}

/// A server agrees to nothing that the client would not take from it.
std::optional<protocol::AgreedDeflate> check_deflate(const std::vector<Extension>& offers,
                                                     const protocol::DeflateWishes& wishes) {
    auto agreed = protocol::choose_deflate(offers, wishes);
    if (!agreed) return agreed;
    const HeaderField field = {"Sec-WebSocket-Extensions", agreed->response};
    const auto answer = protocol::parse_extensions(std::span(&field, 1));
    require(answer.has_value(), "what a server agreed to is written in the grammar");
    const auto judged = protocol::judge_deflate(*answer);
    require(judged.has_value(), "a client takes what a server agreed to");
    require_same(account(agreed->parameters), account(*judged), "both sides agree on the same");
    const DeflateParameters& parameters = agreed->parameters;
    require(parameters.server_max_window_bits <= wishes.max_window_bits,
            "the server's window is no larger than it wishes");
    require(!wishes.no_context_takeover ||
                (parameters.server_no_context_takeover && parameters.client_no_context_takeover),
            "a server that keeps no context says so");
    return agreed;
}

void check_refusal(const protocol::Refusal& refusal) {
    require(refusal.status == 400 || refusal.status == 405 || refusal.status == 426,
            "a refusal is 400, 405 or 426");
    require(!refusal.body.empty() &&
                std::ranges::all_of(refusal.body,
                                    [](char letter) { return letter >= ' ' && letter <= '~'; }),
            "a refusal says why, in one line");
}

void check_offer(const protocol::HandshakeOffer& offer, const protocol::DeflateWishes& wishes,
                 std::size_t choice) {
    require(offer.version == 13 || offer.version == 8, "the version is one that is spoken");
    require(protocol::is_key(offer.key) && offer.key.size() == 24, "the key is 16 bytes");
    std::set<std::string_view> names;
    for (const std::string_view name : offer.subprotocols)
        require(protocol::is_token(name) && names.insert(name).second,
                "subprotocols are tokens, each of them once");
    (void)protocol::origin_allowed(offer.origin, "example.org", {});
    const std::vector<std::string> everyone = {"*"};
    require(protocol::origin_allowed(offer.origin, "", everyone), "* lets every origin in");

    // The answer to it is one that the client takes.
    const std::vector<std::string> offered(offer.subprotocols.begin(), offer.subprotocols.end());
    std::vector<std::string> preferred = {"none of them"};
    if (!offered.empty()) preferred.push_back(offered[choice % offered.size()]);
    const std::string_view chosen = protocol::choose_subprotocol(preferred, offer.subprotocols);
    require(chosen == (offered.empty() ? "" : preferred[1]), "the one that is preferred is chosen");
    const auto agreed = check_deflate(offer.extensions, wishes);
    const Fields fields =
        protocol::response_fields(offer, chosen, agreed ? agreed->response : std::string());
    const auto answer = protocol::judge_response(101, views_of(fields), offer.key, offered,
                                                 protocol::DeflateOffer::made);
    require(answer.has_value(), "a client takes the answer to its handshake");
    require(answer->subprotocol == chosen, "both sides speak the same subprotocol");
    require_same(account(answer->deflate),
                 account(agreed ? std::optional(agreed->parameters) : std::nullopt),
                 "both sides compress alike");
}

void check_answer(const protocol::HandshakeAnswer& answer, std::span<const HeaderField> fields,
                  std::string_view key, std::span<const std::string> offered,
                  protocol::DeflateOffer deflate) {
    require(protocol::field_value(fields, "Sec-WebSocket-Accept") == protocol::accept_key(key),
            "the answer is the answer to our key");
    require(answer.subprotocol.empty() ||
                std::ranges::find(offered, answer.subprotocol) != offered.end(),
            "the subprotocol is one that was offered");
    require(!answer.deflate || deflate == protocol::DeflateOffer::made,
            "nothing is compressed that was not offered");
}

/// A client's own request is one that our server takes.
void check_own_request(std::span<const HeaderField> fields, const protocol::DeflateWishes& wishes) {
    std::vector<std::string> names;
    for (const std::string_view name : protocol::list_members(fields, "Sec-WebSocket-Protocol"))
        if (protocol::is_token(name) && std::ranges::find(names, name) == names.end())
            names.emplace_back(name);
    Fields own = protocol::request_fields("dGhlIHNhbXBsZSBub25jZQ==", names, "",
                                          protocol::offer_deflate(wishes));
    own.emplace_back("Host", "example.org");
    const auto views = views_of(own);
    const auto offer = protocol::judge_request("GET", 1, views);
    require(offer.has_value(), "a server takes the request that a client writes");
    require(std::ranges::equal(offer->subprotocols, names), "all subprotocols are offered");
    require(check_deflate(offer->extensions, wishes).has_value(), "and our own offer of deflate");
}

void check_handshake(FuzzInput input) {
    const protocol::DeflateWishes wishes = {
        .no_context_takeover = input.flag(),
        .max_window_bits = static_cast<int>(input.number(9, 15))};
    const auto deflate = static_cast<protocol::DeflateOffer>(input.flag());
    const std::size_t choice = input.number(0, 255);
    const std::string_view method = choice == 255 ? "HEAD" : "GET";
    const int minor_version = choice == 254 ? 0 : 1;
    const int status = choice == 253 ? 200 : 101;
    const auto lines = field_lines(input.rest());
    const auto fields = views_of(lines);

    check_extensions(fields);
    check_lists(fields);
    check_own_request(fields, wishes);
    if (const auto offer = protocol::judge_request(method, minor_version, fields))
        check_offer(*offer, wishes, choice);
    else
        check_refusal(offer.error());

    constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
    const std::vector<std::string> offered = {"chat", "superchat"};
    const auto answer = protocol::judge_response(status, fields, key, offered, deflate);
    if (answer)
        check_answer(*answer, fields, key, offered, deflate);
    else
        require(!answer.error().empty(), "a client says why it does not take an answer");
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_handshake({data, size});
    return 0;
}
