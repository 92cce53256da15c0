#include "hooks/http_exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace longwire::hooks {

namespace {

using CurlUrl = std::unique_ptr<CURLU, CurlDeleter>;

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

/// Null where it is none that can be called.
CurlUrl parse(const std::string& text) {
    CurlUrl url(curl_url());
    if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return nullptr;
    const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
    if (scheme != "http" && scheme != "https") return nullptr;
    return url;
}

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) noexcept {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= 'a' && letter <= 'z') || others.find(letter) != std::string_view::npos;
    });
}

/// No character that could end the field.
bool is_field_value(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return letter == '\t' || (byte >= 0x20 && byte != 0x7F);
    });
}

ErrorCode code_of(CURLcode code, bool refused) noexcept {
    switch (code) {
        case CURLE_URL_MALFORMAT:
            return ErrorCode::invalid_url;
        case CURLE_COULDNT_RESOLVE_HOST:
            return ErrorCode::name_not_resolved;
        case CURLE_COULDNT_CONNECT:
            return refused ? ErrorCode::connection_refused : ErrorCode::connection_failed;
        case CURLE_OPERATION_TIMEDOUT:
            return ErrorCode::timed_out;
        case CURLE_SSL_CONNECT_ERROR:
            return ErrorCode::tls_failed;
        case CURLE_PEER_FAILED_VERIFICATION:
            return ErrorCode::certificate_rejected;
        case CURLE_SSL_CACERT_BADFILE:
            return ErrorCode::certificate_unusable;
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_PROXY:
            return ErrorCode::proxy_failed;
        default:
            return ErrorCode::connection_failed;
    }
}

}  // namespace

std::string shown_url(const std::string& url) {
    const CurlUrl parsed = parse(url);
    if (parsed == nullptr) return "a URL that is not valid";
    const std::string port = part_of(parsed.get(), CURLUPART_PORT);
    return part_of(parsed.get(), CURLUPART_SCHEME) + "://" + part_of(parsed.get(), CURLUPART_HOST) +
           (port.empty() ? "" : ":" + port) + part_of(parsed.get(), CURLUPART_PATH);
}

Result<void> check_callable(const std::string& url) {
    if (parse(url) == nullptr)
        return failure(ErrorCode::invalid_url,
                       "a URL to call begins with http:// or https:// and names a host");
    return {};
}

Result<void> check_call(const HttpCall& call) {
    if (auto checked = check_callable(call.url); !checked) return checked;
    if (!is_token(call.method))
        return failure(ErrorCode::invalid_argument, "a method is a token of HTTP");
    for (const auto& [name, value] : call.headers)
        if (!is_token(name) || !is_field_value(value))
            return failure(ErrorCode::invalid_argument,
                           "a header field has characters that HTTP does not allow: " +
                               (is_token(name) ? name : std::string("its name")));
    return {};
}

// ---- the call -----------------------------------------------------------------------------------

void HttpExchange::prepare(CurlHandle handle, const HttpCaller::Options& options) {
    handle_ = std::move(handle);
    largest_ = options.largest_answer;
    CURL* const curl = handle_.get();
    curl_easy_setopt(curl, CURLOPT_PRIVATE, this);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words_.data());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    // Whoever gives up waiting for a name does not wait for the thread that looks for it.
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    curl_easy_setopt(curl, CURLOPT_USERAGENT, options.user_agent.c_str());
    if (!options.proxies_of_environment) curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (!options.roots_file.empty()) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, options.roots_file.c_str());
        curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    const long milliseconds = std::max(1L, static_cast<long>(left.count()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
    set_request();
}

void HttpExchange::set_request() {
    CURL* const curl = handle_.get();
    curl_easy_setopt(curl, CURLOPT_URL, call_.url.c_str());
    const bool head = call_.method == "HEAD";
    if (head) curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (!head && (call_.method != "GET" || !call_.body.empty())) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call_.body.data());
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(call_.body.size()));
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call_.method.c_str());
    // A name alone keeps libcurl from sending a field of its own: these two it would.
    curl_slist* list = curl_slist_append(nullptr, "Expect:");
    bool typed = false;
    for (const auto& [name, value] : call_.headers) {
        typed = typed || same_field_name(name, "Content-Type");
        std::string line = name;
        line += value.empty() ? ";" : ": ";  // (with a semicolon it is sent, and is empty)
        line += value;
        list = curl_slist_append(list, line.c_str());
    }
    if (!typed) list = curl_slist_append(list, "Content-Type:");
    fields_.reset(list);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
}

CurlHandle HttpExchange::take_handle() {
    curl_easy_reset(handle_.get());
    return std::move(handle_);
}

// ---- the answer ---------------------------------------------------------------------------------

std::size_t HttpExchange::take_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<HttpExchange*>(self);
    if (exchange.body_.size() + size * count > exchange.largest_) {
        exchange.too_large_ = true;
        return CURL_WRITEFUNC_ERROR;
    }
    exchange.body_.append(bytes, size * count);
    return size * count;
}

std::size_t HttpExchange::take_head(char* /*bytes*/, std::size_t size, std::size_t count,
                                    void* self) {
    auto& exchange = *static_cast<HttpExchange*>(self);
    exchange.head_size_ += size * count;
    exchange.too_large_ = exchange.head_size_ > exchange.largest_;
    return exchange.too_large_ ? 0 : size * count;
}

Result<HttpCallAnswer> HttpExchange::outcome(CURLcode code) {
    if (code != CURLE_OK) return Failure(error_of(code));
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 599)
        return failure(ErrorCode::connection_failed,
                       sentence("its answer has the status " + std::to_string(status)));
    HttpCallAnswer answer = {.status = static_cast<int>(status), .body = std::move(body_)};
    curl_header* field = nullptr;
    while ((field = curl_easy_nextheader(handle_.get(), CURLH_HEADER, -1, field)) != nullptr)
        answer.headers.emplace_back(field->name, field->value);
    return answer;
}

Error HttpExchange::error_of(CURLcode code) const {
    if (too_large_)
        return {ErrorCode::connection_failed,
                sentence("its answer has more than " + std::to_string(largest_) + " bytes")};
    long system = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_OS_ERRNO, &system);
    if (code == CURLE_OPERATION_TIMEDOUT) return timed_out();
    return {code_of(code, system == ECONNREFUSED),
            sentence(words_[0] != '\0' ? words_.data() : curl_easy_strerror(code))};
}

Error HttpExchange::timed_out() const {
    return {ErrorCode::timed_out,
            sentence("no whole answer in " + std::to_string(call_.timeout.count()) + " ms")};
}

Error HttpExchange::cancelled() const {
    return {ErrorCode::cancelled,
            sentence("ended before it was answered, since this program ends")};
}

std::string HttpExchange::sentence(const std::string& what) const {
    return call_.method + ' ' + shown_url(call_.url) + ": " + what;
}

}  // namespace longwire::hooks
