#pragma once

#include <longwire/socketio.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwire::dialects::socketio {

class Application;
class Member;

/// What the program has set for a namespace, or for those of a pattern ("/rooms/*").
class Family {
public:
    Family(Application& application, std::string name)
        : application(application), name(std::move(name)), facade(*this) {
        if (this->name == "/") room_channels.emplace();
    }
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;
    ~Family() = default;

    using Facade = longwire::socketio::Namespace;

    [[nodiscard]] bool is_pattern() const noexcept { return name.ends_with('*'); }
    [[nodiscard]] bool covers(std::string_view asked) const noexcept {
        if (!is_pattern()) return asked == name;
        return asked.starts_with(std::string_view(name).substr(0, name.size() - 1));
    }

    Application& application;
    const std::string name;
    std::vector<std::function<void(const longwire::socketio::Application&)>> middlewares;
    std::function<void(longwire::socketio::Socket&)> connected;
    std::unordered_map<std::string, Facade::EventHandler> handlers;
    std::function<void(longwire::socketio::Socket&, std::string_view,
                       const longwire::socketio::Arguments&,
                       const longwire::socketio::Acknowledge&)>
        other;
    std::function<void(longwire::socketio::Socket&, std::string_view)> disconnected;
    // What the names of its rooms' channels begin with, if they are of a hub that others use.
    std::optional<std::string> room_channels;
    Facade facade;

    [[nodiscard]] Facade& face() noexcept { return facade; }
};

}  // namespace longwire::dialects::socketio
