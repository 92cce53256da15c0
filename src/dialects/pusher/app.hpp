#pragma once

#include "access/channel_rule.hpp"
#include "access/rate_limit.hpp"
#include "dialects/pusher/api_request.hpp"
#include "dialects/pusher/webhook.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::dialects::pusher {

/// By what a client that comes back is known again.
enum class KnownBy : std::uint8_t {
    user,     ///< who has signed in, or is a presence channel's member
    cookie,   ///< which the answer to the handshake sets
    address,  ///< and the User-Agent: shared by all behind one address
};

/// One app: a key that clients connect with, and a secret that its own server signs with.
struct AppSettings {
    std::string id;
    std::string key;
    std::string secret;
    bool enabled = true;
    bool tls_only = false;
    bool client_events = false;
    bool subscription_counts = false;
    std::string prefix = {};  // of its channels' names in the hub
    std::string unnamed_event = "message";
    std::vector<std::string> origins = {"*"};

    std::size_t most_connections = 0;  // 0: as many as the server has room for
    std::size_t most_channels = 100;   // of a connection
    access::Rate messages = {.a_second = 100, .burst = 300};
    access::Rate client_event_rate = {.a_second = 10, .burst = 10};
    access::Rate published = {};  // by the HTTP API
    std::size_t largest_member = std::size_t{2} * 1024;
    std::size_t most_members = 100;  // of a presence channel
    std::size_t most_watched = 100;
    ApiLimits api = {};

    std::chrono::seconds activity_timeout = std::chrono::seconds(120);
    std::chrono::seconds pong_timeout = std::chrono::seconds(30);
    std::chrono::milliseconds authorize_within = {};  // 0: for as long as they like
    std::chrono::milliseconds cache_for = std::chrono::minutes(30);

    bool recover = false;
    std::chrono::milliseconds recover_for = std::chrono::minutes(2);
    std::vector<KnownBy> known_by = {KnownBy::user, KnownBy::cookie};

    std::vector<std::string> webhooks = {};  // URLs
    std::array<bool, notices> noticed = {true, true, true, true, true, true, true};
};

/// What is counted of an app, also when its settings change. Any thread.
class AppCounters {
public:
    /// False where there are `most` already; 0: no limit.
    [[nodiscard]] bool connect(std::size_t most) noexcept {
        if (++connections_ <= most || most == 0) return true;
        --connections_;
        return false;
    }
    void disconnect() noexcept { --connections_; }
    /// False where the app publishes faster than it may.
    [[nodiscard]] bool publish(const access::Rate& rate);

private:
    std::atomic<std::size_t> connections_ = 0;
    std::mutex mutex_;
    access::RateLimit published_;
};

/// One app while it is served. Any thread.
struct App {
    App(AppSettings from, std::shared_ptr<AppCounters> counted)
        : settings(std::move(from)), counters(std::move(counted)) {}

    [[nodiscard]] std::string hub_name(std::string_view channel) const {
        return settings.prefix + std::string(channel);
    }
    [[nodiscard]] bool notices(Notice notice) const noexcept {
        return !settings.webhooks.empty() && settings.noticed.at(static_cast<std::size_t>(notice));
    }

    const AppSettings settings;
    const std::shared_ptr<AppCounters> counters;
};
using SharedApp = std::shared_ptr<const App>;

/// The apps that are served. Any thread.
class Apps {
public:
    explicit Apps(std::vector<AppSettings> settings) { replace(std::move(settings)); }
    Apps(const Apps&) = delete;
    Apps& operator=(const Apps&) = delete;
    ~Apps() = default;

    /// From now on these; who is connected stays with what was.
    void replace(std::vector<AppSettings> settings);
    [[nodiscard]] SharedApp with_key(std::string_view key) const;
    [[nodiscard]] SharedApp with_id(std::string_view id) const;
    /// Whose channel of the hub it is; none where no app may have one of that name.
    [[nodiscard]] SharedApp owner_of(std::string_view hub_name) const;

private:
    using List = std::vector<SharedApp>;
    [[nodiscard]] std::shared_ptr<const List> list() const;

    mutable std::mutex mutex_;
    std::shared_ptr<const List> list_ = std::make_shared<const List>();
};

}  // namespace longwire::dialects::pusher
