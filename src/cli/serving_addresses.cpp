#include "cli/serving_addresses.hpp"

#include "cli/exit_code.hpp"
#include "cli/listening_addresses.hpp"
#include "cli/serving_announcements.hpp"
#include "cli/serving_policy.hpp"
#include "ops/log.hpp"

#include <fmt/core.h>

#include <cstddef>
#include <string>
#include <vector>

namespace longwire::cli {

namespace {

/// The address to write in a URL: a wildcard address is reached at the loopback one.
std::string reachable(const std::string& address, std::uint16_t port) {
    const bool wildcard = address.starts_with("0.0.0.0:") || address.starts_with("[::]:");
    return wildcard ? fmt::format("127.0.0.1:{}", port) : address;
}

std::string urls_of(const Server::Listening& listening, const ServeOptions& options,
                    bool has_page) {
    const std::string at = reachable(listening.address, listening.port);
    const std::string_view s = listening.fingerprint.empty() ? "" : "s";
    std::string lines = "\n";
    if (has_page) lines += fmt::format("  page      http{}://{}/\n", s, at);
    lines += fmt::format("  channel   ws{}://{}/channels/lobby\n", s, at);
    if (options.echo != "off")
        lines += fmt::format("  echo      ws{}://{}{}\n", s, at, options.echo);
    if (options.socketio.path != "off")
        lines += fmt::format("  socket.io http{}://{}{}\n", s, at, options.socketio.path);
    for (const auto& app : options.apps)
        lines += fmt::format("  pusher    ws{}://{}/app/{}\n", s, at, app.key);
    if (options.tls_self_signed)
        lines +=
            fmt::format("\n  self-signed certificate, SHA-256:\n  {}\n", listening.fingerprint);
    return lines + "\n";
}

void say_where(const Server::Listening& listening, const ServeOptions& options, bool has_page) {
    if (!speaks_to_person(options))
        return ops::say(LogLevel::info, "listening on " + listening.address +
                                            (options.tls_self_signed
                                                 ? ", with a self-signed certificate of SHA-256 " +
                                                       listening.fingerprint
                                                 : std::string()));
    show(options,
         fmt::format("Listening on {}\n{}", listening.address,
                     listening.port == 0 ? std::string() : urls_of(listening, options, has_page)));
}

/// Says why the server could not listen, and what to try.
int report(const ServeOptions& options, const Error& error, const ListenOptions& asked) {
    std::string remedy;
    if (error.code() == ErrorCode::address_in_use && asked.unix_path.empty())
        remedy = fmt::format(
            "; end it, or choose another port: --listen {}:{}, or port 0 for any",
            asked.host.find(':') == std::string::npos ? asked.host : "[" + asked.host + "]",
            asked.port < 65535 ? asked.port + 1 : 8000);
    if (error.code() == ErrorCode::permission_denied && asked.unix_path.empty())
        remedy = "; ports below 1024 need a privilege, so choose a higher one with --listen";
    return refuse_to_start(options.log_format, error.message() + remedy,
                           error.code() == ErrorCode::invalid_argument ? usage : failed);
}

/// Where `address` is, or what the process before this one has of it, under `name`.
Result<std::vector<ListenOptions>> addresses_of(const std::string& address, const std::string& name,
                                                Sockets& sockets) {
    const std::vector<int> taken = sockets.predecessor.take(name);
    if (taken.empty()) return listening_addresses(address);
    auto all = listening_already(taken);
    // What a process of ours has made, the last of them removes.
    for (ListenOptions& one : all) one.remove_file = address.starts_with("unix:");
    return all;
}

}  // namespace

std::string too_open(const std::string& address) {
    return address +
           " can be reached from other machines, and no rule says who may publish. Put rules into "
           "a file, as\n\n"
           "  [[channels]]\n  pattern = \"*\"\n  subscribe = \"everyone\"\n"
           "  publish = \"user\"\n\n"
           "and name it with --config (longwire config default prints one with all keys).";
}

std::optional<ServerTls> tls_of(const ServeOptions& options) {
    if (options.tls_certificates.empty() && !options.tls_self_signed) return std::nullopt;
    ServerTls tls;
    tls.self_signed = options.tls_self_signed;
    for (std::size_t index = 0; index < options.tls_certificates.size(); ++index)
        tls.certificates.push_back({.certificate_file = options.tls_certificates[index],
                                    .key_file = options.tls_keys[index]});
    tls.client_roots_file = options.tls_client_roots;
    if (!tls.client_roots_file.empty()) tls.client_certificates = ClientCertificates::needed;
    return tls;
}

std::string_view wrong_with_tls(const ServeOptions& options) {
    if (options.tls_keys.size() != options.tls_certificates.size())
        return "each --tls-cert needs its own --tls-key, in the same order";
    if (!options.tls_client_roots.empty() && !tls_of(options))
        return "--tls-client-ca needs --tls-cert and --tls-key";
    return {};
}

std::optional<int> listen(Server& server, const ServeOptions& options, Sockets& sockets,
                          bool has_page) {
    for (const std::string& address : options.listen) {
        auto all = addresses_of(address, address, sockets);
        auto& own = sockets.own.emplace_back(address, std::vector<int>()).second;
        if (!all)
            return refuse_to_start(options.log_format, "--listen: " + all.error().message(), usage);
        for (ListenOptions& where : *all) {
            if (options.channels.empty() && !is_private(where))
                return refuse_to_start(options.log_format, too_open(address), usage);
            where.tls = tls_of(options);
            where.unix_mode = options.unix_mode;
            const auto listening = server.listen(where);
            if (!listening) return report(options, listening.error(), where);
            say_where(*listening, options, has_page);
            own.insert(own.end(), listening->descriptors.begin(), listening->descriptors.end());
        }
    }
    return std::nullopt;
}

std::optional<int> start(ops::Admin& admin, const ServeOptions& options, Sockets& sockets) {
    const std::string& address = options.admin;
    if (address.empty()) return std::nullopt;
    const std::string name = "admin " + address;
    auto all = addresses_of(address, name, sockets);
    if (!all || all->size() > 1)
        return refuse_to_start(options.log_format,
                               "--admin: " + (all ? "that is more than one socket: name it, as "
                                                    "systemd:admin"
                                                  : all.error().message()),
                               usage);
    all->front().unix_mode = options.unix_mode;
    const auto listening = admin.start(all->front());
    if (!listening) return report(options, listening.error(), all->front());
    sockets.own.emplace_back(name, listening->descriptors);
    if (speaks_to_person(options))
        show(options, fmt::format("Admin on {}\n", listening->address));
    else
        ops::say(LogLevel::info, "admin on " + listening->address);
    return std::nullopt;
}

}  // namespace longwire::cli
