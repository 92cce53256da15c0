#include "engine/http/router.hpp"

#include <algorithm>

namespace longwire::engine {

namespace {

using Kind = RouteSegment::Kind;

bool serves(const Route& route, std::string_view method) noexcept {
    return route.method() == method || (method == "HEAD" && route.method() == "GET");
}

}  // namespace

Route::Route(std::string_view pattern, std::string method) : method_(std::move(method)) {
    std::string rooted;
    if (!pattern.starts_with('/')) rooted = "/";
    rooted += pattern;
    std::string_view rest = rooted;
    while (!rest.empty()) {
        const std::string_view segment = take_segment(rest);
        if (segment == "*" && rest.empty())
            segments_.push_back({Kind::rest, {}});
        else if (segment.starts_with(':') && segment.size() > 1)
            segments_.push_back({Kind::parameter, std::string(segment.substr(1))});
        else
            segments_.push_back({Kind::exact, std::string(segment)});
        has_parameters_ = has_parameters_ || segments_.back().kind != Kind::exact;
    }
}

bool Route::matches(std::string_view path, Parameters& parameters) const {
    parameters.clear();
    for (const RouteSegment& segment : segments_) {
        if (segment.kind == Kind::rest) {
            if (path.starts_with('/')) path.remove_prefix(1);
            parameters.emplace_back("*", path);
            return true;
        }
        if (path.empty()) return false;
        const std::string_view text = take_segment(path);
        if (segment.kind == Kind::exact) {
            if (text != segment.text) return false;
        } else {
            if (text.empty()) return false;
            parameters.emplace_back(segment.text, text);
        }
    }
    return path.empty();
}

bool Route::before(const Route& other) const noexcept {
    return std::ranges::lexicographical_compare(segments_, other.segments_, {}, &RouteSegment::kind,
                                                &RouteSegment::kind);
}

Route& Router::add(std::string_view pattern, std::string method) {
    Route& added = *routes_.emplace_back(std::make_unique<Route>(pattern, std::move(method)));
    tree_.add(added.segments(), added);
    return added;
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
    Match match;
    match.path = path;
    tree_.each(path, [&](const Route& route) {
        const Route*& found = route.websocket ? match.websocket : match.http;
        if (found == nullptr && (route.websocket || serves(route, method))) found = &route;
    });
    if (match.http == nullptr) find_others(match);
    return match;
}

/// Where no route of HTTP serves the method.
void Router::find_others(Match& match) const {
    bool alone = true;
    tree_.each(match.path, [&](const Route& route) {
        if (route.websocket) {
            alone = false;
            return;
        }
        if (match.allowed.find(route.method()) != std::string::npos) return;
        // (It may have to look, and so is asked where nothing else is served.)
        if (alone && route.holds && !route.holds(route.parameters_of(match.path).back().second))
            return;
        match.allowed += (match.allowed.empty() ? "" : ", ") + route.method();
        if (route.method() == "GET") match.allowed += ", HEAD";
        match.other = &route;
    });
}

void Router::share(std::string_view pattern, ShareWithPages share) {
    shared_.push_back({.place = Route(pattern, {}), .share = std::move(share)});
}

Response Router::shared(const Request& request, Response answer) const {
    Parameters parameters;
    for (const Shared& each : shared_) {
        if (!each.place.matches(request.path(), parameters)) continue;
        each.share(request, parameters.back().second, answer);
        break;
    }
    return answer;
}

}  // namespace longwire::engine
