#pragma once

#include "cli/palette.hpp"

#include <longwire/connection_limits.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace longwire::cli {

/// What `longwire connect` was asked to do.
struct ConnectOptions {
    std::string url;

    // Of the request
    std::vector<std::string> headers;  // "Name: value", or "@FILE" with such lines
    std::vector<std::string> subprotocols;
    std::string origin;
    std::string user;    // "user:password", or "user": the password is asked for
    std::string bearer;  // this one, user, cookies and proxy as secret_value takes them
    std::string cookies;
    bool follow = false;  // redirects

    // Of the connection
    std::string proxy;
    bool direct = false;  // whatever proxy the environment names
    std::string roots_file;
    std::string certificate_file;
    std::string key_file;
    std::string pinned_keys;
    bool insecure = false;
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
    std::optional<std::chrono::milliseconds> ping_every;  // nothing: as the front has it
    ConnectionLimits limits;
    bool reconnect = false;

    // Of what goes in and out
    std::vector<std::string> messages;  // in place of standard input
    bool binary = false;
    bool one_message = false;
    std::optional<std::size_t> count;
    std::optional<std::chrono::milliseconds> wait;  // the largest: without end
    bool json = false;
    bool pretty = false;
    bool with_time = false;
    bool quiet = false;
    Colours colours = Colours::automatic;
};

/// `longwire connect`: gives the exit code.
int connect(const ConnectOptions& options);

}  // namespace longwire::cli
