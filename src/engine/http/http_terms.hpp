#pragma once

#include "engine/http/router.hpp"
#include "http/limits.hpp"
#include "http/trusted_proxies.hpp"

#include <longwire/access_record.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

namespace longwire::engine {

/// What all HTTP connections of a server have in common.
struct HttpTerms {
    Router router;
    AccessSink access_sink = {};
    /// May change while connections come.
    [[nodiscard]] http::Limits limits() const {
        const std::scoped_lock lock(mutex);
        return latest_limits;
    }
    void change(const http::Limits& limits, std::chrono::milliseconds timeout) {
        const std::scoped_lock lock(mutex);
        latest_limits = limits;
        request_timeout = timeout;
    }
    /// Null where none are trusted. May change too.
    [[nodiscard]] std::shared_ptr<const http::TrustedProxies> trusted_proxies() const {
        const std::scoped_lock lock(mutex);
        return latest_proxies;
    }
    void change(const http::TrustedProxies& proxies) {
        auto made = proxies.empty() ? nullptr : std::make_shared<http::TrustedProxies>(proxies);
        const std::scoped_lock lock(mutex);
        latest_proxies = std::move(made);
    }

    std::atomic<std::chrono::milliseconds> request_timeout = std::chrono::milliseconds(0);
    mutable std::mutex mutex = {};
    http::Limits latest_limits = {};
    std::shared_ptr<const http::TrustedProxies> latest_proxies = {};
};

}  // namespace longwire::engine
