#include "cli/bench/source_addresses.hpp"

#include <arpa/inet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace longwire::cli {

namespace {

constexpr std::size_t most_addresses = 4096;

using Refusal = std::unexpected<std::string>;

std::optional<std::uint32_t> ipv4_number(const std::string& text) {
    in_addr address = {};
    if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
    return ntohl(address.s_addr);
}

bool is_ipv6(const std::string& text) {
    in6_addr address = {};
    return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::string ipv4_text(std::uint32_t number) {
    const in_addr address = {.s_addr = htonl(number)};
    std::array<char, INET_ADDRSTRLEN> text = {};
    return inet_ntop(AF_INET, &address, text.data(), text.size());
}

std::expected<void, std::string> add(std::vector<std::string>& addresses, const std::string& part) {
    const std::size_t dash = part.find('-');
    if (dash == std::string::npos) {
        if (!ipv4_number(part) && !is_ipv6(part))
            return Refusal("\"" + part + "\" is not an address; write 127.0.0.2, ::1 or a range");
        addresses.push_back(part);
        return {};
    }
    const auto first = ipv4_number(part.substr(0, dash));
    const auto last = ipv4_number(part.substr(dash + 1));
    if (!first || !last || *last < *first)
        return Refusal("\"" + part +
                       "\" is not a range of IPv4 addresses; write 127.0.0.1-127.0.0.9");
    if (*last - *first >= most_addresses)
        return Refusal("\"" + part + "\" is more than 4096 addresses");
    for (std::uint32_t step = 0; step <= *last - *first; ++step)
        addresses.push_back(ipv4_text(*first + step));
    return {};
}

}  // namespace

std::expected<std::vector<std::string>, std::string> parse_source_addresses(std::string_view text) {
    std::vector<std::string> addresses;
    for (;;) {
        const std::size_t comma = text.find(',');
        if (const auto added = add(addresses, std::string(text.substr(0, comma))); !added)
            return Refusal(added.error());
        if (addresses.size() > most_addresses) return Refusal("these are more than 4096 addresses");
        if (comma == std::string_view::npos) return addresses;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace longwire::cli
