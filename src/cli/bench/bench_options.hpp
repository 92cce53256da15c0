#pragma once

#include "cli/bench/threshold.hpp"

#include <longwire/compression.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace longwire::cli {

/// What `longwire bench` was asked to do.
struct BenchOptions {
    std::string url;
    std::size_t connections = 64;
    std::size_t threads = 1;
    std::size_t depth = 1;  ///< Messages of one connection that are on their way (closed loop).
    std::size_t rate = 0;   ///< Messages a second over all connections (open loop); 0: closed.
    std::size_t ramp = 0;   ///< New connections a second; 0: as they come.
    std::size_t size = 20;  ///< Bytes of a message.
    std::size_t publishers = 0;  ///< Not 0: so many publish, and `connections` subscribe.
    bool idle = false;           ///< Connections only.
    bool handshakes = false;     ///< Connections that are closed again at once.
    std::string payload_file;    ///< Its bytes are the message; empty: text of `size` bytes.
    bool binary = false;
    bool json = false;
    bool quiet = false;
    bool allow_failed = false;  ///< Connections that fail are no failure of the run.
    Compression compression = Compression::off;
    std::chrono::milliseconds duration = std::chrono::seconds(10);
    std::chrono::milliseconds warmup = std::chrono::seconds(1);
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
    std::string roots_file;
    std::vector<std::string> sources;  ///< Addresses to connect from, in turns; none: as it comes.
    bool insecure = false;
    std::vector<std::string> headers;
    std::vector<Threshold> thresholds;
};

/// `longwire bench`: gives the exit code.
int bench(BenchOptions options);

}  // namespace longwire::cli
