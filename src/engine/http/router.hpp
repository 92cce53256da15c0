#pragma once

#include "engine/http/route_tree.hpp"
#include "engine/websocket/websocket_session.hpp"

#include <longwire/request.hpp>
#include <longwire/response.hpp>
#include <longwire/server.hpp>

#include <atomic>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::engine {

/// A WebSocket route as the server keeps it.
struct WebSocketRoute {
    std::string path = {};
    WebSocketOptions options = {};
    Terms terms = {};
    /// What holds for those who come now. Connections keep the terms that they came with, so all
    /// stay.
    std::atomic<const Terms*> latest = &terms;
    std::vector<std::unique_ptr<const Terms>> changed = {};
};

/// What a path pattern matched: the values of its parameters, by name ("*" for the rest).
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// One route: the segments of its pattern, and what stands behind them.
class Route {
public:
    Route(std::string_view pattern, std::string method);

    /// Whether `path` matches; fills `parameters` if it does.
    [[nodiscard]] bool matches(std::string_view path, Parameters& parameters) const;
    /// Of a path that matches.
    [[nodiscard]] Parameters parameters_of(std::string_view path) const {
        Parameters parameters;
        if (has_parameters_) (void)matches(path, parameters);
        return parameters;
    }
    /// Lower is tried first: more exact segments, then parameters, then "*".
    [[nodiscard]] bool before(const Route& other) const noexcept;

    [[nodiscard]] const std::string& method() const noexcept { return method_; }
    [[nodiscard]] const std::vector<RouteSegment>& segments() const noexcept { return segments_; }

    HttpHandler http = {};
    HttpReplyHandler reply = {};  // in its place
    std::unique_ptr<WebSocketRoute> websocket;
    /// Of a folder ("/*"): whether there is something at what its '*' has matched.
    std::function<bool(std::string_view rest)> holds = {};

private:
    std::vector<RouteSegment> segments_;
    std::string method_;
    bool has_parameters_ = false;
};

/// Lets the page that asks read an answer that the engine itself gives below a path that ends in
/// "*"; `rest` is what that has matched.
using ShareWithPages =
    std::function<void(const Request& request, std::string_view rest, Response& answer)>;

/// Finds the route of a request.
class Router {
public:
    Route& add(std::string_view pattern, std::string method);

    void share(std::string_view pattern, ShareWithPages share);
    /// As whoever serves the path says.
    [[nodiscard]] Response shared(const Request& request, Response answer) const;

    struct Match {
        const Route* http = nullptr;
        const Route* websocket = nullptr;
        /// The methods that the path is served with, when not with the one that was asked for.
        std::string allowed;
        const Route* other = nullptr;  // of another method, where none of `http` is found
        std::string_view path = {};    // as it was asked for

        /// Of `http`, or of `other`.
        [[nodiscard]] Parameters http_parameters() const {
            const Route* const shown = http == nullptr ? other : http;
            return shown == nullptr ? Parameters() : shown->parameters_of(path);
        }
        [[nodiscard]] Parameters websocket_parameters() const {
            return websocket == nullptr ? Parameters() : websocket->parameters_of(path);
        }
    };
    /// The match is a view of `path`.
    [[nodiscard]] Match find(std::string_view method, std::string_view path) const;

private:
    struct Shared {
        Route place;
        ShareWithPages share;
    };
    void find_others(Match& match) const;

    std::vector<std::unique_ptr<Route>> routes_;
    RouteTree<Route> tree_;
    std::vector<Shared> shared_;
};

}  // namespace longwire::engine
