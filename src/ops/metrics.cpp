#include "ops/metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>

namespace longwire::ops {

namespace {

// In the order of HandshakeFailure and of SlowReader.
constexpr std::array<std::string_view, std::size_t(HandshakeFailure::kinds_count)> causes = {
    "malformed", "version", "origin", "program", "no_route", "timeout", "tls"};
constexpr std::array<std::string_view, 4> policies = {"close", "drop_newest", "drop_oldest",
                                                      "latest"};

}  // namespace

std::string_view cause_name(HandshakeFailure why) noexcept {
    return causes.at(std::size_t(why));
}

void describe(const ServerCounts& counts, Exposition& exposition) {
    exposition.gauge("connections", "Connections that are open, of any kind.");
    exposition.sample(std::uint64_t{counts.connections});
    exposition.counter("connections_accepted_total", "Connections that clients have made.");
    exposition.sample(counts.accepted);
    exposition.counter("connections_refused_total", "Connections refused because of a limit.");
    exposition.sample(counts.refused);
    exposition.counter("http_requests_total", "HTTP requests, handshakes among them.");
    exposition.sample(counts.requests);
    exposition.counter("handshakes_refused_total", "WebSocket handshakes that were refused.");
    exposition.sample(counts.handshakes_refused);
    exposition.counter("handshake_failures_total",
                       "WebSocket and TLS handshakes that failed, by cause.");
    for (std::size_t why = 0; why < counts.handshake_failures.size(); ++why)
        exposition.sample(counts.handshake_failures.at(why),
                          "cause=\"" + std::string(cause_name(HandshakeFailure(why))) + '"');
    exposition.gauge("websockets", "WebSocket connections that are open.");
    exposition.sample(counts.opened - counts.closed);
    exposition.counter("websockets_opened_total", "WebSocket connections that were opened.");
    exposition.sample(counts.opened);
    exposition.counter("websockets_closed_total",
                       "WebSocket connections that have closed, by code.");
    for (std::size_t place = 0; place < counts.closes.size(); ++place) {
        if (counts.closes.at(place) == 0) continue;
        std::string code = std::to_string(1000 + place);
        if (place == 16) code = "3xxx";
        if (place == 17) code = "4xxx";
        exposition.sample(counts.closes.at(place), "code=\"" + code + '"');
    }
    exposition.counter(
        "drops_total",
        "Messages dropped for slow WebSocket clients, by policy; for close: connections closed.");
    for (std::size_t policy = 0; policy < counts.drops.size(); ++policy)
        exposition.sample(counts.drops.at(policy),
                          "policy=\"" + std::string(policies.at(policy)) + '"');
    exposition.counter("messages_received_total", "Messages from WebSocket clients.");
    exposition.sample(counts.messages_received);
    exposition.counter("message_bytes_received_total",
                       "Payload bytes of messages from WebSocket clients.");
    exposition.sample(counts.bytes_received);
    exposition.gauge("held_bytes", "Bytes kept for clients that read or send slowly.");
    exposition.sample(std::uint64_t{counts.held});
}

void describe(const hub::Hub::Counts& counts, Exposition& exposition) {
    exposition.gauge("channels", "Channels with subscribers.");
    exposition.sample(std::uint64_t{counts.channels});
    exposition.gauge("subscriptions", "Subscribers of channels, over all transports.");
    exposition.sample(std::uint64_t{counts.members});
    exposition.counter("publications_total", "Messages on channels that had members here.");
    exposition.sample(counts.publications);
    exposition.counter("gaps_total",
                       "Times that messages of a channel arrived out of order or were missing.");
    exposition.sample(counts.gaps);
    exposition.counter("interruptions_total",
                       "Gaps that could not be filled: subscribers were disconnected, to recover "
                       "the missing messages.");
    exposition.sample(counts.interruptions);
}

void describe_process(Exposition& exposition) {
    long pages = 0;
    long resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    exposition.gauge("resident_bytes", "Memory of this process.");
    exposition.sample(static_cast<std::uint64_t>(resident) *
                      static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    exposition.counter("processor_seconds_total", "Processor time of this process.");
    exposition.sample(seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

}  // namespace longwire::ops
