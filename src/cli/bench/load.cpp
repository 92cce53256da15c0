#include "cli/bench/load.hpp"

#include "cli/bench/payload.hpp"
#include "cli/header_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::cli {

namespace {

// More handshakes at once than this only wait in the server's queue.
constexpr std::size_t most_unsettled = 128;
// For answers that are still on their way when the time is over.
constexpr std::chrono::milliseconds patience = std::chrono::seconds(2);
// After a connection that could not be made, before the next.
constexpr std::chrono::milliseconds breath = std::chrono::milliseconds(20);

using Stamp = std::array<char, stamp_size>;

/// `number` in hexadecimal digits: what a message begins with, as far as it has room for it.
Stamp stamp_of(std::uint64_t number) {
    Stamp stamp = {};
    for (std::size_t place = stamp_size; place-- > 0; number >>= 4)
        stamp[place] = "0123456789abcdef"[number & 15];
    return stamp;
}

/// The digits that change the most.
std::string_view as_far_as(const Stamp& stamp, std::size_t size) {
    const std::size_t used = std::min(size, stamp.size());
    return std::string_view(stamp.data(), stamp.size()).substr(stamp.size() - used);
}

void put_stamp(std::string& payload, std::uint64_t number) {
    const Stamp stamp = stamp_of(number);
    const std::string_view digits = as_far_as(stamp, payload.size());
    std::ranges::copy(digits, payload.begin());
}

bool has_stamp(std::string_view payload, std::uint64_t number) {
    const Stamp stamp = stamp_of(number);
    return payload.starts_with(as_far_as(stamp, payload.size()));
}

/// What tells a message from all others of the run, also by some of its digits alone. (The mixing
/// is that of SplitMix64.)
std::uint64_t mark_of(std::uint64_t talk, std::uint64_t number) {
    std::uint64_t mixed = (talk << 40U) + number + 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
}

/// When a published message was due: what it begins with.
std::uint64_t number_of(BenchClock::time_point due) {
    return static_cast<std::uint64_t>(due.time_since_epoch().count());
}

std::optional<BenchClock::time_point> read_stamp(std::string_view payload) {
    std::uint64_t number = 0;
    const std::string_view stamp = payload.substr(0, stamp_size);
    const auto [end, error] =
        std::from_chars(stamp.data(), stamp.data() + stamp.size(), number, 16);
    if (stamp.size() < stamp_size || error != std::errc() || end != stamp.data() + stamp.size())
        return std::nullopt;
    return BenchClock::time_point(BenchClock::duration(static_cast<BenchClock::rep>(number)));
}

std::string words_of(const Error& error) {
    if (const HttpAnswer* const answer = error.answer())
        return "the server answered " + std::to_string(answer->status);
    return error.message();
}

}  // namespace

/// One connection that is open, and what it waits for.
struct Load::Talk {
    WebSocket* socket = nullptr;
    std::deque<BenchClock::time_point> due = {};  // of each message that has not been answered
    std::uint64_t number = 0;                     // among all of the run
    std::uint64_t sent = 0;
    bool publishes = false;

    [[nodiscard]] std::uint64_t answered() const noexcept { return sent - due.size(); }
};

Load::Load(const BenchOptions& options, Run& run, std::string payload, std::size_t connections,
           std::size_t publishers)
    : options_(options),
      run_(run),
      connections_(connections),
      publishers_(publishers),
      headers_(fields_of(options.headers)),
      payload_(std::move(payload)) {}

void Load::work() {
    longwire::run(drive());
    measurement_.time = std::chrono::nanoseconds(run_.end.load() - run_.begin.load());
}

Task<> Load::drive() {
    spawn(open_all());
    if (options_.rate > 0) spawn(pace());
    const auto pause = std::chrono::milliseconds(10);
    while (!run_.over(BenchClock::now())) co_await sleep_for(pause);
    const auto end = BenchClock::now() + patience;
    while (open_ > 0 && BenchClock::now() < end) co_await sleep_for(pause);
}

Task<> Load::open_all() {
    Pacer pacer;
    const auto start = BenchClock::now();
    const std::size_t count = connections_ + publishers_;
    const double a_second =
        static_cast<double>(options_.ramp) / static_cast<double>(options_.threads);
    for (std::size_t index = 0; index < count && !run_.over(BenchClock::now()); ++index) {
        if (options_.ramp > 0)
            co_await pacer.until(
                start + std::chrono::duration_cast<BenchClock::duration>(
                            std::chrono::duration<double>(static_cast<double>(index) / a_second)));
        while (unsettled_ >= most_unsettled) co_await sleep_for(std::chrono::milliseconds(1));
        // Publishers come last: whoever subscribes should not miss anything.
        spawn(options_.handshakes ? handshakes() : connection(index >= connections_));
    }
}

Task<Result<WebSocket>> Load::make_connection(bool publishes) {
    ConnectOptions connecting;
    if (!options_.sources.empty())
        connecting.local_address = options_.sources[next_source_++ % options_.sources.size()];
    connecting.headers = headers_;
    connecting.limits.compression = options_.compression;
    connecting.limits.compression_threshold = 0;
    connecting.tls = {.roots_file = options_.roots_file, .verify = !options_.insecure};
    connecting.handshake_timeout = options_.timeout;
    connecting.limits.max_message_size = most_payload;
    connecting.limits.max_backlog = std::max(
        payload_.size() * std::max<std::size_t>(options_.depth, 16), std::size_t{16} * 1024 * 1024);
    const std::string url =
        publishes
            ? options_.url + (options_.url.find('?') == std::string::npos ? "?" : "&") + "echo=1"
            : options_.url;
    co_return co_await connect(url, connecting);
}

/// A connection that is closed as soon as it is open, and then made again.
Task<> Load::handshakes() {
    bool settled = false;
    bool connected = false;
    ++unsettled_;
    while (!run_.over(BenchClock::now())) {
        const auto start = BenchClock::now();
        auto socket = co_await make_connection(false);
        const auto now = BenchClock::now();
        if (!std::exchange(settled, true)) {
            --unsettled_;
            run_.settled.fetch_add(1, std::memory_order_relaxed);
        }
        if (!socket) {
            ++measurement_.failed;
            count_error(words_of(socket.error()));
            co_await sleep_for(breath);
            continue;
        }
        if (!std::exchange(connected, true)) {
            measurement_.connecting.record(now - start);
            ++measurement_.connected;
        }
        run_.received.fetch_add(1, std::memory_order_relaxed);
        if (measures(now)) {
            ++measurement_.handshakes;
            measurement_.latencies.record(now - start);
        }
        ++open_;
        socket->close();
        while (co_await socket->receive()) {
        }
        --open_;
    }
}

Task<> Load::connection(bool publishes) {
    ++unsettled_;
    const auto start = BenchClock::now();
    auto socket = co_await make_connection(publishes);
    const auto now = BenchClock::now();
    --unsettled_;
    run_.settled.fetch_add(1, std::memory_order_relaxed);
    if (!socket) {
        ++measurement_.failed;
        count_error(words_of(socket.error()));
        co_return;
    }
    measurement_.connecting.record(now - start);
    ++measurement_.connected;
    ++open_;
    co_await converse(*socket, publishes);
    --open_;
}

Task<> Load::converse(WebSocket& socket, bool publishes) {
    Talk talk{.socket = &socket, .number = run_.talks.fetch_add(1), .publishes = publishes};
    const bool sends = !options_.idle && (!fans_out() || publishes);
    if (sends && options_.rate > 0) paced_.push_back(&talk);
    if (sends && options_.rate == 0)
        for (std::size_t count = 0; count < options_.depth; ++count)
            send_one(talk, BenchClock::now());
    while (const auto message = co_await socket.receive()) {
        const auto now = BenchClock::now();
        const bool answered = took(talk, *message, now);
        if (run_.over(now)) {
            if (talk.due.empty()) break;
        } else if (answered && sends && options_.rate == 0) {
            send_one(talk, now);
        }
    }
    std::erase(paced_, &talk);
    if (socket.ready_state() != ReadyState::open && !run_.over(BenchClock::now())) {
        ++measurement_.failed;
        count_error("closed with " + std::to_string(to_number(socket.close_status().code)));
    }
}

Task<> Load::pace() {
    Pacer pacer;
    const auto interval =
        std::chrono::duration_cast<BenchClock::duration>(std::chrono::duration<double>(
            static_cast<double>(options_.threads) / static_cast<double>(options_.rate)));
    auto due = BenchClock::now();
    while (!run_.over(BenchClock::now())) {
        co_await pacer.until(due);
        const auto now = BenchClock::now();
        // Nobody to send on yet: what would have been due is not.
        if (paced_.empty()) {
            due = now + std::chrono::milliseconds(1);
            continue;
        }
        // All that is due, each dated with when it should have left: what a server that stalls does
        // to those who wait is counted (no coordinated omission).
        for (; due <= now && !paced_.empty(); due += interval) {
            next_paced_ = (next_paced_ + 1) % paced_.size();
            send_one(*paced_[next_paced_], due);
        }
    }
}

bool Load::send_one(Talk& talk, BenchClock::time_point due) {
    if (talk.publishes)
        put_stamp(payload_, number_of(due));
    else if (options_.payload_file.empty())
        put_stamp(payload_, mark_of(talk.number, talk.sent));
    const auto bytes = std::as_bytes(std::span(payload_));
    const Message message = options_.binary ? Message::binary(bytes) : Message::text(payload_);
    if (talk.socket->send(message) == SendStatus::dropped) {
        if (talk.socket->ready_state() == ReadyState::open)
            count_error("not sent: the server reads too slowly");
        return false;
    }
    talk.due.push_back(due);
    ++talk.sent;
    if (measures(due)) ++measurement_.sent;
    return true;
}

/// Whether it answers what was sent there.
bool Load::took(Talk& talk, const Message& message, BenchClock::time_point now) {
    if (fans_out() && !talk.publishes) {
        overheard(message, now);
        return false;
    }
    if (talk.publishes) {
        // What came back says that the next may go. (It is on the channel too, and hears others.)
        if (talk.due.empty() || !has_stamp(message.text(), number_of(talk.due.front())))
            return false;
        talk.due.pop_front();
        return true;
    }
    if (talk.due.empty() || (options_.payload_file.empty() && message.size() == payload_.size() &&
                             !has_stamp(message.text(), mark_of(talk.number, talk.answered())))) {
        count_foreign();
        return false;
    }
    const auto due = talk.due.front();
    talk.due.pop_front();
    if (message.size() == payload_.size())
        record(due, message.size(), now);
    else
        count_error("an answer of another size than what was sent");
    return true;
}

/// What one of many who receive has got of what was published.
void Load::overheard(const Message& message, BenchClock::time_point now) {
    const auto due = read_stamp(message.text());
    if (message.size() != payload_.size() || !due || *due > now)
        count_foreign();
    else
        record(*due, message.size(), now);
}

void Load::count_foreign() {
    ++measurement_.foreign;
    count_error("a message that answers nothing that was sent");
}

void Load::record(BenchClock::time_point due, std::size_t size, BenchClock::time_point now) {
    constexpr std::uint64_t worth_reporting = 64;
    if (++unreported_ == worth_reporting) run_.received.fetch_add(std::exchange(unreported_, 0));
    if (measures(now)) {
        ++measurement_.received;
        measurement_.bytes_received += size;
    }
    // Also of an answer that comes when the time is over: those are the slow ones.
    if (measures(due)) measurement_.latencies.record(now - due);
}

bool Load::measures(BenchClock::time_point now) const noexcept {
    const auto moment = now.time_since_epoch().count();
    return moment >= run_.begin.load(std::memory_order_relaxed) &&
           moment < run_.end.load(std::memory_order_relaxed);
}

void Load::count_error(std::string what) {
    constexpr std::size_t most_kinds = 32;
    auto& errors = measurement_.errors;
    if (errors.size() >= most_kinds && !errors.contains(what)) what = "other errors";
    ++errors[std::move(what)];
}

}  // namespace longwire::cli
