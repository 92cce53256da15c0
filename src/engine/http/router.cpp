#include "engine/http/router.hpp"

#include <algorithm>

namespace longwire::engine {

namespace {

/// Takes the text up to the next '/' off the front of `path`, which begins with '/'.
std::string_view take_segment(std::string_view& path) noexcept {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
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
            segments_.push_back({Segment::Kind::rest, {}});
        else if (segment.starts_with(':') && segment.size() > 1)
            segments_.push_back({Segment::Kind::parameter, std::string(segment.substr(1))});
        else
            segments_.push_back({Segment::Kind::exact, std::string(segment)});
    }
}

bool Route::matches(std::string_view path, Parameters& parameters) const {
    parameters.clear();
    for (const Segment& segment : segments_) {
        if (segment.kind == Segment::Kind::rest) {
            if (path.starts_with('/')) path.remove_prefix(1);
            parameters.emplace_back("*", path);
            return true;
        }
        if (path.empty()) return false;
        const std::string_view text = take_segment(path);
        if (segment.kind == Segment::Kind::exact) {
            if (text != segment.text) return false;
        } else {
            if (text.empty()) return false;
            parameters.emplace_back(segment.text, text);
        }
    }
    return path.empty();
}

bool Route::before(const Route& other) const noexcept {
    return std::ranges::lexicographical_compare(segments_, other.segments_, {}, &Segment::kind,
                                                &Segment::kind);
}

Route& Router::add(std::string_view pattern, std::string method) {
    auto route = std::make_unique<Route>(pattern, std::move(method));
    Route& added = *route;
    // Among equals the one that was added first stays first.
    const auto place = std::ranges::find_if(
        routes_, [&](const auto& existing) { return added.before(*existing); });
    routes_.insert(place, std::move(route));
    return added;
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
    Match match;
    Parameters parameters;
    for (const auto& route : routes_) {
        if (!route->matches(path, parameters)) continue;
        if (route->websocket) {
            if (match.websocket != nullptr) continue;
            match.websocket = route.get();
            match.websocket_parameters = parameters;
            continue;
        }
        const bool served =
            route->method() == method || (method == "HEAD" && route->method() == "GET");
        if (served && match.http == nullptr) {
            match.http = route.get();
            match.http_parameters = parameters;
        } else if (!served && match.allowed.find(route->method()) == std::string::npos) {
            // (It may have to look, and so is asked where nothing else is served.)
            const bool alone = match.http == nullptr && match.websocket == nullptr;
            if (alone && route->holds && !route->holds(parameters.back().second)) continue;
            match.allowed += (match.allowed.empty() ? "" : ", ") + route->method();
            if (route->method() == "GET") match.allowed += ", HEAD";
            if (match.http == nullptr) match.http_parameters = parameters;
        }
    }
    return match;
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
