#include "engine/http_replying.hpp"

#include "engine/log.hpp"
#include "http/date.hpp"
#include "http/response_writer.hpp"
#include "net/loop.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <ctime>
#include <span>
#include <string>
#include <utility>

namespace longwire {

namespace {

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text));
}

constexpr std::string_view last_chunk = "0\r\n\r\n";
constexpr std::string_view line_end = "\r\n";

void call(const std::function<void()>& handler) noexcept {
    try {
        handler();
    } catch (...) {
        engine::log(LogLevel::warning, "a handler of an HTTP reply threw an exception: " +
                                           std::string(engine::current_exception_words()));
    }
}

}  // namespace

// ---- what is kept -------------------------------------------------------------------------------

/// Where an answer is given, for as long as it is.
struct HttpReply::Place {
    std::shared_ptr<net::Inbox> inbox;
    // Changed on the loop only.
    std::atomic<engine::HttpReplying*> replying;
};

/// What the copies of a reply have in common.
struct HttpReply::Shared {
    explicit Shared(std::shared_ptr<Place> its) : place(std::move(its)) {}
    ~Shared() {
        act([](engine::HttpReplying& replying) { replying.abandon(); });
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    template <class Act>
    void act(Act act) const {
        if (net::Loop::runs_here(place->inbox)) {
            if (engine::HttpReplying* const replying = place->replying) act(*replying);
            return;
        }
        if (place->replying == nullptr) return;
        net::Loop::post_to(place->inbox, [place = place, act = std::move(act)]() mutable {
            if (engine::HttpReplying* const replying = place->replying) act(*replying);
        });
    }

    std::shared_ptr<Place> place;
};

HttpReply engine::ReplyAccess::make(std::shared_ptr<HttpReply::Place> place) {
    HttpReply reply;
    reply.shared_ = std::make_shared<HttpReply::Shared>(std::move(place));
    return reply;
}

PreparedChunk::PreparedChunk(std::string_view bytes) : size_(bytes.size()) {
    if (bytes.empty()) return;
    std::array<char, 16> digits = {};
    const auto size = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16);
    auto framed = std::make_shared<std::string>(digits.data(), size.ptr);
    framed->append(line_end);
    begin_ = framed->size();
    framed->append(bytes).append(line_end);
    framed_ = std::move(framed);
}

// ---- any thread ---------------------------------------------------------------------------------

bool HttpReply::alive() const noexcept {
    return shared_ && shared_->place->replying != nullptr;
}

void HttpReply::send(Response response) const {
    if (shared_)
        shared_->act([response = std::move(response)](engine::HttpReplying& replying) {
            replying.send(response);
        });
}

void HttpReply::begin(Response response, std::size_t max_backlog) const {
    if (shared_)
        shared_->act([response = std::move(response), max_backlog](engine::HttpReplying& replying) {
            replying.begin(response, max_backlog);
        });
}

void HttpReply::write(const PreparedChunk& chunk) const {
    if (shared_) shared_->act([chunk](engine::HttpReplying& replying) { replying.write(chunk); });
}

void HttpReply::end() const {
    if (shared_) shared_->act([](engine::HttpReplying& replying) { replying.end(); });
}

void HttpReply::name_user(std::string_view user) const {
    if (shared_)
        shared_->act([user = std::string(user)](const engine::HttpReplying& replying) {
            replying.name_user(user);
        });
}

engine::HttpReplying* HttpReply::here() const noexcept {
    return shared_ && net::Loop::runs_here(shared_->place->inbox) ? shared_->place->replying.load()
                                                                  : nullptr;
}

std::size_t HttpReply::buffered_amount() const noexcept {
    const engine::HttpReplying* const replying = here();
    return replying == nullptr ? 0 : replying->buffered_amount();
}

void HttpReply::on_close(std::function<void()> handler) const {
    if (engine::HttpReplying* const replying = here()) replying->on_close(std::move(handler));
}

void HttpReply::on_leave(std::function<void()> handler) const {
    if (engine::HttpReplying* const replying = here()) replying->on_leave(std::move(handler));
}

void HttpReply::on_drain(std::function<void()> handler) const {
    if (engine::HttpReplying* const replying = here()) replying->on_drain(std::move(handler));
}

// ---- on the loop --------------------------------------------------------------------------------

namespace engine {

HttpReplying::HttpReplying(net::Stream& stream, Terms terms, Told told)
    : stream_(stream), terms_(terms), told_(std::move(told)) {}

HttpReplying::~HttpReplying() {
    if (place_) place_->replying = nullptr;
}

HttpReply HttpReplying::reply() {
    place_ = std::make_shared<HttpReply::Place>();
    place_->inbox = stream_.loop().inbox();
    place_->replying = this;
    return ReplyAccess::make(place_);
}

void HttpReplying::write_head(const Response& response, bool whole) {
    begun_ = true;
    status_ = response.status;
    const std::string date = http::format_imf_fixdate(std::time(nullptr));
    // Without chunks only the connection's end says that the body is whole.
    if (!whole && terms_.minor_version == 0) terms_.keep_alive = false;
    const std::string head =
        http::write_response_head(response, {.keep_alive = terms_.keep_alive,
                                             .chunked = !whole && terms_.minor_version > 0,
                                             .length = whole,
                                             .minor_version = terms_.minor_version,
                                             .date = date});
    const bool bodiless = terms_.head_only || http::is_bodiless(response.status);
    const auto body = whole && !bodiless ? bytes_of(response.body) : std::span<const std::byte>{};
    bytes_sent_ += head.size() + body.size();
    stream_.write(bytes_of(head), body);
    if (bodiless) terms_.head_only = true;
}

void HttpReplying::send(const Response& response) {
    if (begun_ || finished_) return;
    if (terms_.upgrading && response.status == 101) {
        switching_ = response;
        return finish(Outcome::switched);
    }
    write_head(response, true);
    finish(Outcome::complete);
}

void HttpReplying::begin(const Response& response, std::size_t max_backlog) {
    if (begun_ || finished_) return;
    if (terms_.upgrading && response.status == 101) return send(response);
    max_backlog_ = max_backlog;
    write_head(response, false);
    write(PreparedChunk(response.body));
}

void HttpReplying::write(const PreparedChunk& chunk) {
    if (!begun_ || finished_ || terms_.head_only || chunk.size_ == 0) return;
    if (stream_.backlog() + chunk.size_ > max_backlog_) return finish(Outcome::overrun);
    const auto framed = bytes_of(*chunk.framed_);
    const auto bytes =
        terms_.minor_version > 0 ? framed : framed.subspan(chunk.begin_, chunk.size_);
    bytes_sent_ += bytes.size();
    stream_.write_shared(chunk.framed_, bytes);
    if (on_drain_) stream_.tell_when_drained();
}

void HttpReplying::end() {
    if (!begun_ || finished_) return;
    if (terms_.minor_version > 0 && !terms_.head_only) {
        bytes_sent_ += last_chunk.size();
        stream_.write(bytes_of(last_chunk));
    }
    finish(Outcome::complete);
}

void HttpReplying::abandon() {
    if (!finished_) finish(begun_ ? Outcome::broken : Outcome::unanswered);
}

void HttpReplying::finish(Outcome outcome) {
    finished_ = true;
    if (place_) place_->replying = nullptr;
    if (outcome == Outcome::broken || outcome == Outcome::overrun) lose();
    // It may destroy this object.
    const auto done = std::move(told_.done);
    done(outcome);
}

void HttpReplying::lose() {
    finished_ = true;
    if (place_) place_->replying = nullptr;
    if (const auto handler = std::exchange(on_close_, {})) call(handler);
}

void HttpReplying::leave() {
    terms_.keep_alive = false;
    const std::shared_ptr<HttpReply::Place> place = place_;
    if (const auto handler = std::exchange(on_leave_, {})) call(handler);
    // It may have completed the answer, and this object be gone.
    if (place->replying != this) return;
    if (begun_) return abandon();
    send(Response::text(503, "The server is being shut down. Try again.").with("Retry-After", "1"));
}

void HttpReplying::drained() {
    if (finished_ || !on_drain_) return;
    const auto handler = on_drain_;
    call(handler);
}

}  // namespace engine

}  // namespace longwire
