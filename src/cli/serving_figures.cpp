#include "cli/serving_figures.hpp"

#include "dialects/dialect_tally.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <string>

namespace longwire::cli {

namespace {

using dialects::DialectTally;

std::string dialect_label(const DialectTally& tally) {
    return fmt::format("dialect=\"{}\"", tally.name());
}

void describe_connections(const dialects::HubLoops& hub_loops, ops::Exposition& exposition) {
    exposition.gauge("dialect_connections", "Open connections and waiting requests, by dialect.");
    for (const DialectTally& tally : hub_loops.tallies()) {
        // (Read in this order, so that it is never less than none.)
        const std::uint64_t closed = tally.sum(DialectTally::closed);
        exposition.sample(tally.sum(DialectTally::opened) - closed, dialect_label(tally));
    }
    exposition.counter("dialect_connections_opened_total",
                       "Connections and requests accepted, by dialect.");
    for (const DialectTally& tally : hub_loops.tallies())
        exposition.sample(tally.sum(DialectTally::opened), dialect_label(tally));
    exposition.counter("dialect_connections_cut_total",
                       "Connections closed because they read too slowly; for WebSockets, see "
                       "longwire_drops_total.");
    for (const DialectTally& tally : hub_loops.tallies())
        exposition.sample(tally.sum(DialectTally::cut), dialect_label(tally));
    exposition.counter("dialect_messages_dropped_total",
                       "Messages replaced by newer ones for slow clients; for WebSockets, see "
                       "longwire_drops_total.");
    for (const DialectTally& tally : hub_loops.tallies())
        exposition.sample(tally.sum(DialectTally::dropped), dialect_label(tally));
}

void describe_messages(const dialects::HubLoops& hub_loops, ops::Exposition& exposition) {
    const auto both = [&](DialectTally::Of in, DialectTally::Of out) {
        for (const DialectTally& tally : hub_loops.tallies()) {
            exposition.sample(tally.sum(in), dialect_label(tally) + ",direction=\"in\"");
            exposition.sample(tally.sum(out), dialect_label(tally) + ",direction=\"out\"");
        }
    };
    exposition.counter("dialect_messages_total",
                       "Messages that were published (in) and handed to receivers (out), by "
                       "dialect.");
    both(DialectTally::received, DialectTally::sent);
    exposition.counter("dialect_message_bytes_total",
                       "Payload bytes of published (in) and delivered (out) messages, by dialect.");
    both(DialectTally::received_bytes, DialectTally::sent_bytes);
}

}  // namespace

void describe_channels(const dialects::HubLoops& hub_loops, const hub::MemoryBroker& broker,
                       ops::Exposition& exposition) {
    describe_connections(hub_loops, exposition);
    describe_messages(hub_loops, exposition);
    const auto delays = hub_loops.delays();
    exposition.histogram(
        "delivery_seconds",
        "Time from publishing a message until it is handed to the subscribers on one event loop.",
        delays.bounds, delays.counts, delays.seconds);
    exposition.gauge("history_bytes", "Memory that the histories of channels take, about.");
    exposition.sample(std::uint64_t{broker.held().history_bytes});
}

}  // namespace longwire::cli
