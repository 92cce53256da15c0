#pragma once

#include <longwire/server.hpp>

#include <string>
#include <vector>

namespace longwire::cli {

/// What `longwire serve` was asked to do.
struct ServeOptions {
    std::vector<std::string> listen = {"127.0.0.1:8000"};
    std::string echo = "/echo";
    std::string web;                            // empty: the pages that came with the program
    std::vector<std::string> tls_certificates;  // with as many keys
    std::vector<std::string> tls_keys;
    std::string tls_client_roots;
    bool tls_self_signed = false;
    ServerOptions limits;
    WebSocketOptions websocket;
    bool verbose = false;
};

/// `longwire serve`: gives the exit code.
int serve(const ServeOptions& options);

}  // namespace longwire::cli
