#pragma once

#include "engine/text_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwire::engine {

/// One segment of a route's pattern.
struct RouteSegment {
    enum class Kind : std::uint8_t { exact, parameter, rest };
    Kind kind;
    std::string text;
};

/// Takes the text up to the next '/' off the front of `path`, which begins with '/'.
[[nodiscard]] inline std::string_view take_segment(std::string_view& path) noexcept {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

/// Finds routes by path: what that costs does not grow with the number of other routes.
template <class Route>
class RouteTree {
public:
    /// The route outlives this.
    void add(const std::vector<RouteSegment>& pattern, const Route& route) {
        Node* node = &root_;
        for (const RouteSegment& segment : pattern) {
            if (segment.kind == RouteSegment::Kind::rest) {
                node->with_rest.push_back(&route);
                return;
            }
            auto& next = segment.kind == RouteSegment::Kind::exact ? node->exact[segment.text]
                                                                   : node->parameter;
            if (!next) next = std::make_unique<Node>();
            node = next.get();
        }
        node->ending.push_back(&route);
    }

    /// Calls `visit(const Route&)` for each route that `path` matches, which is empty or begins
    /// with '/': the more exact first, from the first segment on, and of equals the one that was
    /// added first.
    template <class Visit>
    void each(std::string_view path, const Visit& visit) const {
        root_.each(path, visit);
    }

private:
    struct Node {
        template <class Visit>
        void each(std::string_view path, const Visit& visit) const {
            if (path.empty()) {
                for (const Route* const route : ending) visit(*route);
            } else if (!exact.empty() || parameter) {
                std::string_view further = path;
                const std::string_view segment = take_segment(further);
                if (const auto next = exact.find(segment); next != exact.end())
                    next->second->each(further, visit);
                if (parameter && !segment.empty()) parameter->each(further, visit);
            }
            for (const Route* const route : with_rest) visit(*route);
        }

        std::unordered_map<std::string, std::unique_ptr<Node>, TextHash, std::equal_to<>> exact;
        std::unique_ptr<Node> parameter;
        std::vector<const Route*> ending;
        std::vector<const Route*> with_rest;  // that end in "*"
    };

    Node root_;
};

}  // namespace longwire::engine
