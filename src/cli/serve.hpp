#pragma once

#include <longwire/server.hpp>

#include <string>
#include <vector>

namespace longwire::cli {

/// What `longwire serve` was asked to do.
struct ServeOptions {
    std::vector<std::string> listen = {"127.0.0.1:8000"};
    std::string echo = "/echo";
    std::string web;  // empty: the pages that came with the program
    ServerOptions limits;
    WebSocketOptions websocket;
    bool verbose = false;
};

/// `longwire serve`: gives the exit code.
int serve(const ServeOptions& options);

}  // namespace longwire::cli
