#include "dialects/slow_reading.hpp"

#include "access/channel_rule.hpp"

#include <utility>

namespace longwire::dialects {

std::optional<SlowReader> slow_reader_of(Gate& gate, const std::string& channel) {
    const auto when = gate.rule_of(channel)->slow_reader;
    if (!when) return std::nullopt;
    switch (*when) {
        case access::WhenSlow::drop_newest:
            return SlowReader::drop_newest;
        case access::WhenSlow::drop_oldest:
            return SlowReader::drop_oldest;
        case access::WhenSlow::latest:
            return SlowReader::latest;
        case access::WhenSlow::close:
            break;
    }
    return SlowReader::close;
}

void add_slow_reader_policy(HubLoops& hub_loops, Gate& gate,
                            std::vector<std::string_view> topic_prefixes) {
    hub_loops.loops().add_policy([&gate, prefixes = std::move(topic_prefixes)](
                                     std::string_view topic) -> std::optional<SlowReader> {
        for (const std::string_view prefix : prefixes)
            if (topic.starts_with(prefix))
                return slow_reader_of(gate, std::string(topic.substr(prefix.size())));
        return std::nullopt;
    });
}

}  // namespace longwire::dialects
