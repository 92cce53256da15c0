#include "engine/client/client_terms.hpp"

#include <algorithm>

namespace longwire::engine {

std::shared_ptr<const ClientTerms> ClientTerms::of(const ConnectOptions& options) {
    // A program with thousands of connections makes them with the same options, one after another.
    thread_local std::weak_ptr<const ClientTerms> latest;
    const auto names = options.subprotocols.view();
    if (auto known = latest.lock();
        known && known->terms == options.limits && std::ranges::equal(known->subprotocols, names))
        return known;
    auto terms = std::make_shared<ClientTerms>();
    terms->terms = Terms{options.limits};
    terms->terms.slow_reader = SlowReader::drop_newest;
    terms->subprotocols.assign(names.begin(), names.end());
    latest = terms;
    return terms;
}

}  // namespace longwire::engine
