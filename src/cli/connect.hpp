#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace longwire::cli {

/// What `longwire connect` was asked to do.
struct ConnectOptions {
    std::string url;
    std::vector<std::string> headers;  // "Name: value"
    std::vector<std::string> subprotocols;
    std::string origin;
    std::string roots_file;
    std::string certificate_file;
    std::string key_file;
    bool insecure = false;
    double timeout_seconds = 10;
    double wait_seconds = 0.2;
};

/// `longwire connect`: gives the exit code.
int connect(const ConnectOptions& options);

}  // namespace longwire::cli
