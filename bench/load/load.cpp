// The load that bench/compare gives each server: as cheap as it can be, so that the server is the
// one that is busy. Frames are made once; what comes is counted by its bytes.
//
//   load KIND PORT PATH CONNECTIONS DEPTH SIZE SECONDS PID
//
// KIND: echo, tls (an echo over TLS), raw (the same bytes without a handshake), fan (the first
// connection publishes, all others receive), events, pusher, socketio (the same by EventSource, by
// Pusher's protocol and by Socket.IO), deflate (an echo of compressed JSON), handshakes
// (connections that are made and closed, CONNECTIONS at a time), idle.
// Prints messages (of handshakes: connections) a second, processor time of PID for each in
// microseconds, and p99 in microseconds; of idle, the resident bytes of PID a connection.
//
// SECONDS as "7x": seven bursts of each connection (fan: of the one that publishes) and no clock;
// prints the number of messages.
#include "echoes.hpp"
#include "giving_up.hpp"
#include "handshakes.hpp"

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <vector>

int main(int count, char** arguments) {
    const std::vector<std::string> given(arguments + 1, arguments + count);
    if (given.size() != 8) give_up("KIND PORT PATH CONNECTIONS DEPTH SIZE SECONDS PID");
    rlimit limit = {};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    const bool turns = given[6].ends_with('x');
    const Plan plan = {.kind = given[0],
                       .port = std::stoi(given[1]),
                       .path = given[2],
                       .connections = std::stoul(given[3]),
                       .depth = std::stoul(given[4]),
                       .size = std::stoul(given[5]),
                       .seconds = std::stod(given[6]),
                       .turns = turns ? std::stoul(given[6]) : 0,
                       .server = std::stoi(given[7])};
    if (plan.kind == "handshakes") {
        Handshakes(plan).run();
        return 0;
    }
    if (plan.kind == "idle") {
        // What a server has once, and not for each, is there after these.
        Plan first = plan;
        first.connections = 200;
        const Echoes warm_up(first);
        const std::size_t before = resident_bytes(plan.server);
        const Echoes idle(plan);
        sleep(1);
        std::printf("%.0f\n", static_cast<double>(resident_bytes(plan.server) - before) /
                                  static_cast<double>(plan.connections));
        return 0;
    }
    Echoes(plan).run();
}
