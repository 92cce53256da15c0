// X-Forwarded-For and Forwarded, as clients and proxies write them, one after the other.
#include "field_lines.hpp"
#include "fuzz_input.hpp"

#include "http/trusted_proxies.hpp"

namespace longwire::fuzz {
namespace {

using http::TrustedProxies;

void check_client(const TrustedProxies& proxies, std::span<const HeaderField> fields) {
    const http::ForwardedClient client = proxies.client_of(fields);
    if (!client.address) return;
    const std::string text = client.address->to_text();
    require(http::IpAddress::parse(text) == client.address, "an address is read as it is written");
    require(proxies.trusts(client.address->is_ipv4() ? text + ":1" : "[" + text + "]:1") ==
                proxies.trusts(*client.address),
            "a peer is trusted as its address is");
}

/// Whatever a client has sent: behind it stands what the proxies have seen.
void check_spoofing(const TrustedProxies& proxies, std::span<const HeaderField> sent,
                    std::string_view name, std::string_view seen) {
    const auto is_client = [&](const std::vector<HeaderField>& fields) {
        const auto client = proxies.client_of(fields);
        return client.address && client.address->to_text() == "192.0.2.7";
    };
    std::vector<HeaderField> fields(sent.begin(), sent.end());
    fields.push_back({name, seen});
    require(is_client(fields), "no field before it changes what a proxy has added");
    for (const HeaderField& field : sent) {
        const std::string joined = std::string(field.value) + ", " + std::string(seen);
        const HeaderField one = {name, joined};
        require(is_client({one}), "nothing before it in its field changes what a proxy has added");
    }
}

void check_forwarded(FuzzInput input) {
    const std::string text = input.rest();
    const auto lines = field_lines(text);
    const auto fields = views_of(lines);
    const std::vector<std::string> names = {"10.0.0.0/8", "2001:db8::/32", "unix"};
    const auto usual = TrustedProxies::parse(names, ForwardedField::x_forwarded_for);
    const auto standard = TrustedProxies::parse(names, ForwardedField::forwarded);
    check_client(*usual, fields);
    check_client(*standard, fields);
    check_spoofing(*usual, fields, "X-Forwarded-For", "192.0.2.7, 10.0.0.1");
    check_spoofing(*standard, fields, "Forwarded",
                   "for=192.0.2.7;proto=https, for=\"10.0.0.1:80\"");

    const std::vector<std::string> name = {text};
    if (const auto parsed = TrustedProxies::parse(name, {}); !parsed)
        require(!parsed.error().message().empty(), "it is said why a name is no proxy");
    if (const auto network = http::IpNetwork::parse(text)) {
        const auto again = http::IpNetwork::parse(network->to_text());
        require(again && again->base() == network->base() && network->contains(network->base()),
                "a network is read as it is written");
    }
    (void)usual->trusts(text);
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_forwarded({data, size});
    return 0;
}
