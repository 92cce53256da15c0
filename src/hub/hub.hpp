#pragma once

#include "hub/dialect.hpp"

#include <vector>

namespace longwire::hub {

/// The channels of a server, as far as no dialect can know them alone: what is published in one
/// reaches the members in every other. Dialects are added before the server runs; then any thread
/// may publish.
class Hub {
public:
    Hub() = default;
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// `dialect` must outlive the hub.
    void add(Dialect& dialect) { dialects_.push_back(&dialect); }

    void publish(const Publication& publication) const;

private:
    std::vector<Dialect*> dialects_;
};

}  // namespace longwire::hub
