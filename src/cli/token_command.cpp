#include "cli/token_command.hpp"

#include "access/json_web_token.hpp"
#include "cli/exit_code.hpp"
#include "cli/option_words.hpp"
#include "cli/secret.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>
#include <utility>

namespace longwire::cli {

namespace {

using nlohmann::json;

constexpr std::size_t largest_key = std::size_t{64} * 1024;

constexpr const char* token_footer = R"(
A token is a JSON Web Token (RFC 7519). Clients show it in the URL, as
ws://HOST/channels/NAME?token=TOKEN, or in the field Authorization: Bearer TOKEN.

Examples:
  openssl rand -base64 48 > secret
  longwire token --secret @secret --user ann --channel 'chat.*' --publish chat.lobby
  longwire token --key private.pem --user ann --expires 15m
  longwire token --explain TOKEN --secret @secret

Exit codes: 0 made, or valid; 1 not valid; 2 a wrong option; 11 it could not be
printed; 12 a file or standard input could not be read.)";

Result<access::SigningKey> key_of(const TokenOptions& options) {
    if (!options.key.empty()) {
        auto pem = read_file(options.key, largest_key);
        if (!pem) return Failure(std::move(pem.error()));
        return access::SigningKey::pem(*pem, options.key);
    }
    auto secret = secret_value(options.secret, "--secret");
    if (!secret) return Failure(std::move(secret.error()));
    return access::SigningKey::secret(std::move(*secret));
}

int complain(const Error& error, int code) {
    fmt::print(stderr, "longwire token: {}\n", error.message());
    return code;
}

int make(const TokenOptions& options) {
    if (options.secret.empty() == options.key.empty()) {
        fmt::print(stderr, "longwire token: give --secret or --key, to sign it with\n");
        return usage;
    }
    const auto key = key_of(options);
    if (!key) return complain(key.error(), exit_code_of_input(key.error()));
    json claims;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    claims["iat"] = now.time_since_epoch().count();
    if (!options.user.empty()) claims["sub"] = options.user;
    if (!options.info.empty()) {
        claims["info"] = json::parse(options.info, nullptr, false);
        if (claims["info"].is_discarded()) {
            fmt::print(stderr, "longwire token: --info is JSON, as '{{\"name\": \"Ann\"}}'\n");
            return usage;
        }
    }
    if (!options.channels.empty()) claims["channels"] = options.channels;
    if (!options.publish.empty()) claims["publish"] = options.publish;
    if (!options.audience.empty()) claims["aud"] = options.audience;
    if (!options.issuer.empty()) claims["iss"] = options.issuer;
    if (options.expires && options.expires->count() > 0)
        claims["exp"] = (now + std::chrono::ceil<std::chrono::seconds>(*options.expires))
                            .time_since_epoch()
                            .count();
    const auto token =
        access::sign_token(claims.dump(-1, ' ', false, json::error_handler_t::replace), *key);
    if (!token) return complain(token.error(), usage);
    fmt::print("{}\n", *token);
    return success;
}

/// "2026-11-23 17:20:00 UTC, in 3600 s"
std::string when(std::int64_t seconds) {
    const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
    const auto left =
        time - std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const bool past = left.count() < 0;
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC, {}{} s{}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(time)), past ? "" : "in ",
                       past ? -left.count() : left.count(), past ? " ago" : "");
}

int explain(const TokenOptions& options) {
    std::string token = options.explain;
    if (token == "-") {
        errno = 0;
        std::getline(std::cin, token);
        if (std::ferror(stdin) != 0) {
            fmt::print(stderr, "longwire token: standard input cannot be read: {}\n",
                       std::generic_category().message(errno));
            return input_failed;
        }
    }
    const auto parts = access::split_token(token);
    if (!parts) return complain(parts.error(), failed);
    const json header = json::parse(parts->header, nullptr, false);
    const json claims = json::parse(parts->claims, nullptr, false);
    if (!header.is_object() || !claims.is_object()) {
        fmt::print(stderr, "longwire token: its header or claims are not JSON objects\n");
        return failed;
    }
    const auto shown = [](const json& value) {
        return value.dump(-1, ' ', true, json::error_handler_t::replace);
    };
    for (const auto& [name, value] : header.items()) fmt::print("{:9} {}\n", name, shown(value));
    for (const auto& [name, value] : claims.items()) {
        const bool is_time = (name == "exp" || name == "iat" || name == "nbf") &&
                             value.is_number() && value.get<double>() >= 0 &&
                             value.get<double>() < 253402300800;
        fmt::print("{:9} {}\n", name, is_time ? when(value.get<std::int64_t>()) : shown(value));
    }
    if (options.secret.empty() && options.key.empty()) {
        fmt::print("\nNot verified: give --secret or --key to see whether it is valid.\n");
        return success;
    }
    auto key = key_of(options);
    if (!key) return complain(key.error(), exit_code_of_input(key.error()));
    access::KeySet keys;
    keys.add(std::move(*key));
    const auto verified =
        access::verify_token(token, keys, {.audience = options.audience, .issuer = options.issuer},
                             std::chrono::system_clock::now());
    fmt::print("\n{}\n", verified ? "It is valid." : verified.error().message());
    return verified ? success : failed;
}

}  // namespace

CLI::App& add_token(CLI::App& app, TokenOptions& options) {
    CLI::App& token = *app.add_subcommand("token", "Make a token for a client, or explain one");
    token.footer(token_footer);
    token.add_option("--secret", options.secret, "Sign with a secret (HS256): @FILE, env:NAME")
        ->type_name("SECRET");
    token.add_option("--key", options.key, "Sign with a private key in a PEM file")
        ->type_name("FILE");
    token.add_option("--user", options.user, "Who it is for")->type_name("NAME");
    token.add_option("--info", options.info, "What others see beside the user")->type_name("JSON");
    token.add_option("--channel", options.channels, "May subscribe to these; may be repeated")
        ->type_name("PATTERN")
        ->allow_extra_args(false);
    token.add_option("--publish", options.publish, "May publish on these; may be repeated")
        ->type_name("PATTERN")
        ->allow_extra_args(false);
    add_word(token, "--expires", options.expires, time_word,
             "How long it is valid; 0: it never expires", "1h");
    token.add_option("--audience", options.audience, "For this audience")->type_name("NAME");
    token.add_option("--issuer", options.issuer, "Of this issuer")->type_name("NAME");
    token
        .add_option("--explain", options.explain,
                    "Show what a token says (- reads it), and with a key whether it is valid")
        ->type_name("TOKEN");
    return token;
}

int token(const TokenOptions& options) {
    return options.explain.empty() ? make(options) : explain(options);
}

}  // namespace longwire::cli
