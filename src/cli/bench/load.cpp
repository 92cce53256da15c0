#include "cli/bench/load.hpp"

#include "cli/bench/payload.hpp"
#include "cli/header_lines.hpp"

#include <algorithm>
#include <charconv>
#include <span>
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

/// The moment that a published message was due, as its first characters say it.
void stamp(std::string& payload, BenchClock::time_point due) {
    auto left = static_cast<std::uint64_t>(due.time_since_epoch().count());
    for (std::size_t place = stamp_size; place-- > 0; left >>= 4)
        payload[place] = "0123456789abcdef"[left & 15];
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
    bool publishes = false;
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
    connecting.compression = options_.compression;
    connecting.compression_threshold = 0;
    connecting.tls = {.roots_file = options_.roots_file, .verify = !options_.insecure};
    connecting.handshake_timeout = options_.timeout;
    connecting.max_message_size = most_payload;
    connecting.max_backlog = std::max(payload_.size() * std::max<std::size_t>(options_.depth, 16),
                                      std::size_t{16} * 1024 * 1024);
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
    Talk talk{.socket = &socket, .publishes = publishes};
    const bool sends = !options_.idle && (publishers_ + options_.publishers == 0 || publishes);
    if (sends && options_.rate > 0) paced_.push_back(&talk);
    if (sends && options_.rate == 0)
        for (std::size_t count = 0; count < options_.depth; ++count)
            send_one(talk, BenchClock::now());
    while (const auto message = co_await socket.receive()) {
        const auto now = BenchClock::now();
        took(talk, *message, now);
        if (run_.over(now)) {
            if (talk.due.empty()) break;
        } else if (sends && options_.rate == 0) {
            send_one(talk, now);
        }
    }
    std::erase(paced_, &talk);
    if (socket.ready_state() != ReadyState::open && !run_.over(BenchClock::now()))
        count_error("closed with " + std::to_string(to_number(socket.close_status().code)));
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
    if (talk.publishes) stamp(payload_, due);
    const auto bytes = std::as_bytes(std::span(payload_));
    const Message message = options_.binary ? Message::binary(bytes) : Message::text(payload_);
    if (talk.socket->send(message) == SendStatus::dropped) {
        if (talk.socket->ready_state() == ReadyState::open)
            count_error("not sent: the server reads too slowly");
        return false;
    }
    talk.due.push_back(due);
    if (measures(due)) ++measurement_.sent;
    return true;
}

void Load::took(Talk& talk, const Message& message, BenchClock::time_point now) {
    if (message.size() != payload_.size()) {
        count_error("an answer of another size than what was sent");
        return;
    }
    if (!talk.due.empty()) {
        record(talk.due.front(), message.size(), now);
        talk.due.pop_front();
    } else if (const auto due = read_stamp(message.text())) {
        record(*due, message.size(), now);
    }
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
