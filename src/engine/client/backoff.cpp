#include "http/date.hpp"

#include <longwire/http_answer.hpp>
#include <longwire/reconnect.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <random>
#include <string_view>
#include <system_error>

namespace longwire {

namespace {

using std::chrono::milliseconds;

constexpr std::array<int, 7> passing_statuses = {408, 425, 429, 500, 502, 503, 504};

/// What a server asks for with Retry-After (RFC 9110, section 10.2.3): seconds, or a date.
milliseconds retry_after(const HttpAnswer& answer, milliseconds most) {
    const std::string_view field = answer.field("Retry-After");
    std::uint32_t seconds = 0;
    const auto [read, error] = std::from_chars(field.data(), field.data() + field.size(), seconds);
    if (error == std::errc::result_out_of_range) return most;
    if (error == std::errc() && read == field.data() + field.size())
        return std::min<milliseconds>(std::chrono::seconds(seconds), most);
    const auto date = http::parse_imf_fixdate(field);
    if (!date) return milliseconds(0);
    return std::clamp<milliseconds>(std::chrono::seconds(*date - std::time(nullptr)),
                                    milliseconds(0), most);
}

}  // namespace

bool is_final(CloseCode code) noexcept {
    constexpr std::array<std::uint16_t, 9> codes = {1000, 1002, 1003, 1007, 1008,
                                                    1009, 1010, 3000, 3003};
    return std::ranges::find(codes, to_number(code)) != codes.end();
}

bool is_final(const Error& error) noexcept {
    switch (error.code()) {
        case ErrorCode::invalid_argument:
        case ErrorCode::invalid_url:
        case ErrorCode::unsupported:
        case ErrorCode::certificate_unusable:
        case ErrorCode::cancelled:
            return true;
        default:
            break;
    }
    const HttpAnswer* const answer = error.answer();
    return answer != nullptr &&
           std::ranges::find(passing_statuses, answer->status) == passing_statuses.end();
}

Backoff::Backoff(const Reconnect& reconnect, std::uint64_t seed)
    : reconnect_(reconnect),
      state_(seed != 0 ? seed : std::uint64_t{std::random_device()()} << 32 | 1) {}

void Backoff::connected(Clock::time_point now) noexcept {
    connected_at_ = now;
}

std::optional<milliseconds> Backoff::after(const Error& error, Clock::time_point now) {
    if (is_final(error)) return std::nullopt;
    const HttpAnswer* const answer = error.answer();
    return next(
        answer == nullptr ? milliseconds(0) : retry_after(*answer, reconnect_.max_retry_after),
        now);
}

std::optional<milliseconds> Backoff::after(const CloseStatus& status, Clock::time_point now) {
    if (status.clean && is_final(status.code)) return std::nullopt;
    const bool busy =
        status.code == CloseCode::service_restart || status.code == CloseCode::try_again_later;
    return next(busy ? reconnect_.first_delay : milliseconds(0), now);
}

std::optional<milliseconds> Backoff::next(milliseconds least, Clock::time_point now) {
    if (connected_at_ && now - *connected_at_ >= reconnect_.steady_after) {
        tries_ = 0;
        failing_since_.reset();
    }
    connected_at_.reset();
    if (!failing_since_) failing_since_ = now;
    if (reconnect_.max_tries != 0 && tries_ >= reconnect_.max_tries) return std::nullopt;
    constexpr std::uint32_t most_doublings = 30;
    const std::uint32_t doublings = std::min(tries_, most_doublings);
    const auto first = reconnect_.first_delay.count();
    const auto last = reconnect_.max_delay.count();
    const milliseconds most(first > last >> doublings ? last : first << doublings);
    ++tries_;
    const milliseconds delay = least + random_up_to(most);
    const auto failing = now - *failing_since_;
    if (reconnect_.max_time.count() > 0 && failing + delay >= reconnect_.max_time)
        return std::nullopt;
    return delay;
}

milliseconds Backoff::random_up_to(milliseconds most) noexcept {
    // Chosen for being small and the same everywhere: nobody is to be kept from guessing it.
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    if (most.count() <= 0) return milliseconds(0);
    const auto range = static_cast<std::uint64_t>(most.count()) + 1;
    return milliseconds(static_cast<milliseconds::rep>((state_ >> 11) % range));
}

}  // namespace longwire
