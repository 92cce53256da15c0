#pragma once

#include "hooks/http_call.hpp"
#include "hooks/http_caller.hpp"

#include <curl/curl.h>
#include <longwire/error.hpp>
#include <longwire/result.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace longwire::hooks {

struct CurlDeleter {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
    void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, CurlDeleter>;

/// `url` without what may be secret in it: for errors.
[[nodiscard]] std::string shown_url(const std::string& url);
/// Whether HTTP allows such a call. Errors: invalid_url, invalid_argument.
[[nodiscard]] Result<void> check_call(const HttpCall& call);

/// One call and its answer, as libcurl carries it out. Stays where it is meanwhile.
class HttpExchange {
public:
    using Clock = std::chrono::steady_clock;

    HttpExchange(HttpCall call, HttpCaller::Answer answer, Clock::time_point deadline)
        : call_(std::move(call)), answer_(std::move(answer)), deadline_(deadline) {}
    ~HttpExchange() = default;
    HttpExchange(const HttpExchange&) = delete;
    HttpExchange& operator=(const HttpExchange&) = delete;

    [[nodiscard]] Clock::time_point deadline() const noexcept { return deadline_; }
    [[nodiscard]] CURL* handle() const noexcept { return handle_.get(); }

    /// Makes `handle` ready for this call.
    void prepare(CurlHandle handle, const HttpCaller::Options& options);
    /// What came of it, as libcurl says.
    [[nodiscard]] Result<HttpCallAnswer> outcome(CURLcode code);
    /// Tells whoever called.
    void tell(Result<HttpCallAnswer> result) { answer_(std::move(result)); }
    /// For the next call, with the connection that it holds.
    [[nodiscard]] CurlHandle take_handle();

    /// The error for a call that found no end in its time.
    [[nodiscard]] Error timed_out() const;
    [[nodiscard]] Error cancelled() const;

private:
    static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* self);
    static std::size_t take_head(char* bytes, std::size_t size, std::size_t count, void* self);
    void set_request();
    [[nodiscard]] Error error_of(CURLcode code) const;
    [[nodiscard]] std::string sentence(const std::string& what) const;

    HttpCall call_;
    HttpCaller::Answer answer_;
    Clock::time_point deadline_;
    CurlHandle handle_;
    std::unique_ptr<curl_slist, CurlDeleter> fields_;
    std::array<char, CURL_ERROR_SIZE> words_ = {};  // libcurl's, about what went wrong
    std::string body_;
    std::size_t head_size_ = 0;
    std::size_t largest_ = 0;
    bool too_large_ = false;
};

}  // namespace longwire::hooks
