#include <longwire/server.hpp>

#include <charconv>
#include <string>

namespace longwire {

namespace {

Failure not_an_address(std::string_view text, std::string_view why) {
    return failure(ErrorCode::invalid_argument,
                   "\"" + std::string(text) +
                       "\" is not an address to listen on: " + std::string(why) +
                       "; write HOST:PORT, [IPv6]:PORT, :PORT, unix:PATH or fd:NUMBER");
}

}  // namespace

Result<ListenOptions> ListenOptions::parse(std::string_view text) {
    ListenOptions options;
    if (text.starts_with("unix:")) {
        options.unix_path = text.substr(5);
        if (options.unix_path.empty()) return not_an_address(text, "the path is empty");
        return options;
    }
    if (text.starts_with("fd:")) {
        const std::string_view number = text.substr(3);
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), options.descriptor);
        if (error != std::errc() || end != number.data() + number.size() || options.descriptor < 0)
            return not_an_address(text, "a descriptor is a number from 0");
        return options;
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return not_an_address(text, "it has no port");
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        if (host.find(':') == std::string_view::npos)
            return not_an_address(text, "brackets are for IPv6 addresses");
    } else if (host.find(':') != std::string_view::npos) {
        return not_an_address(text, "an IPv6 address needs brackets around it");
    }
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
    if (port.empty() || error != std::errc() || end != port.data() + port.size())
        return not_an_address(text, "the port must be a number from 0 to 65535");
    options.host = host.empty() ? "::" : std::string(host);
    return options;
}

}  // namespace longwire
