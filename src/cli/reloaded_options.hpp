#pragma once

#include <longwire/connection_limits.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::cli {

/// Which options of `longwire serve` SIGHUP reads again: each is noted where it is declared.
class ReloadedOptions {
public:
    /// One of those that are read again together: the server's limits, the rules, the webhooks.
    void add(std::string option) { options_.push_back(std::move(option)); }
    /// One that sets a limit of every WebSocket route.
    template <class Value>
    void add(std::string option, Value ConnectionLimits::* limit) {
        add(std::move(option));
        follow_.push_back([limit](ConnectionLimits& limits, const ConnectionLimits& before,
                                  const ConnectionLimits& now) {
            if (limits.*limit == before.*limit) limits.*limit = now.*limit;
        });
    }

    /// Whether `option` ("--max-message") is one of them.
    [[nodiscard]] bool holds(std::string_view option) const {
        return std::ranges::find(options_, option) != options_.end();
    }
    /// Gives a route what the options say now, where it has what they said before: some routes have
    /// limits of their own.
    void follow(ConnectionLimits& limits, const ConnectionLimits& before,
                const ConnectionLimits& now) const {
        for (const auto& each : follow_) each(limits, before, now);
    }

private:
    using Follow = std::function<void(ConnectionLimits& limits, const ConnectionLimits& before,
                                      const ConnectionLimits& now)>;

    std::vector<std::string> options_;
    std::vector<Follow> follow_;
};

}  // namespace longwire::cli
