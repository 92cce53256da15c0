#include "engine/client/client_terms.hpp"

#include <tuple>
#include <utility>

namespace longwire::engine {

namespace {

auto values_of(const Terms& terms) {
    return std::tie(terms.max_message_size, terms.max_backlog, terms.compression,
                    terms.compression_threshold, terms.ping_after, terms.ping_every,
                    terms.idle_timeout, terms.close_timeout, terms.frame_timeout,
                    terms.max_control_frames);
}

Terms terms_of(const ConnectOptions& options) {
    Terms terms;
    terms.max_message_size = options.max_message_size;
    terms.max_backlog = options.max_backlog;
    terms.slow_reader = SlowReader::drop_newest;
    terms.compression = options.compression;
    terms.compression_threshold = options.compression_threshold;
    terms.ping_after = options.ping_after;
    terms.ping_every = options.ping_every;
    terms.idle_timeout = options.idle_timeout;
    terms.close_timeout = options.close_timeout;
    terms.frame_timeout = options.frame_timeout;
    terms.max_control_frames = options.max_control_frames;
    return terms;
}

}  // namespace

std::shared_ptr<const ClientTerms> ClientTerms::of(const ConnectOptions& options) {
    // A program with thousands of connections makes them with the same options, one after another.
    thread_local std::weak_ptr<const ClientTerms> latest;
    auto terms = std::make_shared<ClientTerms>();
    terms->terms = terms_of(options);
    const auto names = options.subprotocols.view();
    terms->subprotocols.assign(names.begin(), names.end());
    if (auto known = latest.lock(); known && values_of(known->terms) == values_of(terms->terms) &&
                                    known->subprotocols == terms->subprotocols)
        return known;
    latest = terms;
    return terms;
}

}  // namespace longwire::engine
