#pragma once

#include "hooks/http_call.hpp"

#include <longwire/result.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace longwire::hooks {

/// Calls other servers by HTTP, on one thread of its own: so many at a time, over connections that
/// are kept; others wait their turn. Redirects are not followed, and certificates are verified.
class HttpCaller {
public:
    struct Options {
        std::size_t most_at_once = 64;      // at least 1
        std::size_t most_waiting = 10'000;  // for a place; beyond, calls are refused
        std::size_t largest_answer = std::size_t{64} * 1024;  // its body, and its head apart
        std::string user_agent = {};                          // empty: longwire/VERSION
        /// The roots to trust, in one PEM file, instead of the system's.
        std::string roots_file = {};
        /// Whether proxies are used that the environment names (https_proxy and others).
        bool proxies_of_environment = false;
    };
    using Answer = std::move_only_function<void(Result<HttpCallAnswer>)>;

    /// Starts the thread.
    explicit HttpCaller(Options options);
    HttpCaller() : HttpCaller(Options{}) {}
    ~HttpCaller();  // as end()
    HttpCaller(const HttpCaller&) = delete;
    HttpCaller& operator=(const HttpCaller&) = delete;

    /// `answer` is called once, on the caller's thread, which it must not hold up and into which it
    /// must not throw. It may call again. A call that is refused at once (too many wait, or it is
    /// none that HTTP allows) is answered before this returns, on this thread.
    ///
    /// Errors: invalid_url, invalid_argument, name_not_resolved, connection_refused,
    /// connection_failed (also where the answer is too large, or not HTTP), timed_out, tls_failed,
    /// certificate_rejected, certificate_unusable (`roots_file`), proxy_failed, cancelled (too many
    /// wait, or the caller goes). None repeats more of the URL than its host and path. Any thread.
    void call(HttpCall call, Answer answer);

    /// Calls that have no answer yet get theirs before it returns: cancelled. So does what comes
    /// later. Not from an answer; otherwise any thread.
    void end();

    /// Of all there were, for figures. Any thread.
    struct Counts {
        std::size_t running = 0;  // now
        std::size_t waiting = 0;  // now
        std::size_t answered = 0;
        std::size_t failed = 0;  // refused ones among them
    };
    [[nodiscard]] Counts counts() const noexcept;

private:
    class Running;
    std::unique_ptr<Running> running_;
};

/// Whether `url` is one that can be called: invalid_url says why not.
[[nodiscard]] Result<void> check_callable(const std::string& url);

}  // namespace longwire::hooks
