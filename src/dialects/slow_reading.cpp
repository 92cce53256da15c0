#include "dialects/slow_reading.hpp"

#include "access/channel_rule.hpp"

#include <utility>

namespace longwire::dialects {

std::optional<SlowReader> slow_reader_of(Gate& gate, const std::string& channel) {
    return gate.rule_of(channel)->slow_reader;
}

void add_slow_reader_policy(HubLoops& hub_loops, Gate& gate,
                            std::vector<std::string> topic_prefixes) {
    hub_loops.loops().add_policy([&gate, prefixes = std::move(topic_prefixes)](
                                     std::string_view topic) -> std::optional<SlowReader> {
        for (const std::string& prefix : prefixes)
            if (topic.starts_with(prefix))
                return slow_reader_of(gate, std::string(topic.substr(prefix.size())));
        return std::nullopt;
    });
}

}  // namespace longwire::dialects
