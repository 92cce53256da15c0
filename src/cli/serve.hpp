#pragma once

#include "access/channel_rule.hpp"
#include "access/claims.hpp"
#include "cli/reloaded_options.hpp"
#include "dialects/pusher/app.hpp"
#include "ops/log.hpp"

#include <longwire/server.hpp>
#include <longwire/socketio.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace longwire::cli {

/// What `longwire serve` was asked to do. (Where nothing stands here, an option's default stands in
/// its declaration, in serve_command.cpp.)
struct ServeOptions {
    std::vector<std::string> listen = {"127.0.0.1:8000"};
    std::string echo = "/echo";         // or off
    std::string web;                    // empty: the pages that came with the program; or off
    std::optional<unsigned> unix_mode;  // of Unix sockets that it makes
    std::vector<std::string> tls_certificates;  // with as many keys
    std::vector<std::string> tls_keys;
    std::string tls_client_roots;
    bool tls_self_signed = false;
    std::vector<std::string> arguments;  // as they were given
    std::vector<std::string> settled;    // with what the environment and the configuration say
    std::string config;
    ReloadedOptions reloaded;                         // of those that are declared
    std::vector<access::ChannelRule> channels;        // of the configuration file
    std::vector<dialects::pusher::AppSettings> apps;  // of the same
    std::string token_secret;                         // as secret_value takes it
    std::vector<std::string> token_keys;              // files
    std::string token_jwks;
    access::ClaimsDemands token_demands;
    access::Rates rates;
    /// Of a user's own server that is asked who may do what.
    struct Hook {
        std::string url;
        std::string connect_url;
        std::chrono::milliseconds timeout = {};
        std::string secret;  // as secret_value takes it
        std::vector<std::string> headers;
        std::size_t at_once = 0;
        std::string roots_file;
    };
    Hook hook;
    std::string admin;
    std::chrono::milliseconds drain = {};
    std::chrono::milliseconds drain_delay = {};
    ServerOptions limits;                       // but for its memory
    std::optional<std::size_t> max_memory;      // of connections and histories; nothing: by the
    std::optional<std::size_t> history_memory;  // system's limit. The part of the histories.
    WebSocketOptions websocket;
    SocketIoOptions socketio;
    bool verbose = false;
    ops::LogFormat log_format = ops::LogFormat::automatic;
    std::string access_log = "off";  // or a file, or - for standard output
};

/// `longwire serve`: gives the exit code.
int serve(const ServeOptions& options);

}  // namespace longwire::cli
