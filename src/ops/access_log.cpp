#include "ops/access_log.hpp"

#include "engine/log.hpp"
#include "ops/access_line.hpp"
#include "ops/writing_thread.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace longwire::ops {

namespace {

constexpr int nothing = -1;
// How often the log is told of lines that were left out.
constexpr std::int64_t telling_every = 1'000'000'000;  // nanoseconds

std::string words_of(int error) {
    return std::generic_category().message(error);
}

/// Where lines go; its descriptor belongs to the thread that writes.
class LineFile final : public spdlog::sinks::sink {
public:
    explicit LineFile(int descriptor) : descriptor_(descriptor) {}
    ~LineFile() override {
        ::close(descriptor_);
        if (const int next = next_.load(); next != nothing) ::close(next);
    }
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;

    void log(const spdlog::details::log_msg& message) override {
        if (const int next = next_.exchange(nothing); next != nothing)
            ::close(std::exchange(descriptor_, next));
        line_.assign(message.payload.data(), message.payload.size());
        line_ += '\n';
        for (std::string_view rest = line_; !rest.empty();) {
            const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) {
                failure_ = errno;
                ++failed_;
                return;
            }
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    void flush() override {}
    void set_pattern(const std::string& /*pattern*/) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

    // From here on, any thread.

    /// The next line goes there.
    void use(int descriptor) noexcept {
        if (const int unused = next_.exchange(descriptor); unused != nothing) ::close(unused);
    }
    /// Lines that could not be written, since this was asked last, and why.
    [[nodiscard]] std::size_t take_failed() noexcept { return failed_.exchange(0); }
    [[nodiscard]] int failure() const noexcept { return failure_; }

private:
    int descriptor_;
    std::string line_;
    std::atomic<int> next_ = nothing;
    std::atomic<std::size_t> failed_ = 0;
    std::atomic<int> failure_ = 0;
};

Result<int> open_file(const std::string& file) {
    if (file == "-") {
        const int copy = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        if (copy >= 0) return copy;
        return failure(ErrorCode::invalid_argument,
                       "the access log cannot go to standard output: " + words_of(errno));
    }
    // (A pipe that nobody reads is an error, and not waited for.)
    constexpr int mode = 0640;
    const int opened =
        ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, mode);
    if (opened < 0)
        return failure(ErrorCode::invalid_argument,
                       "cannot open the access log " + file + ": " + words_of(errno));
    ::fcntl(opened, F_SETFL, O_APPEND);
    return opened;
}

}  // namespace

struct AccessLog::Writing {
    Writing(std::string its_file, int descriptor, LogFormat format)
        : file(std::move(its_file)),
          json(format == LogFormat::json ||
               (format == LogFormat::automatic && ::isatty(descriptor) == 0)),
          to(std::make_shared<LineFile>(descriptor)),
          thread(std::make_unique<WritingThread>(to, "%v", spdlog::level::info)) {}

    void tell_lost() {
        if (const std::size_t count = thread->take_lost(); count > 0) {
            lost += count;
            engine::log(LogLevel::warning, "the access log could not keep up: " +
                                               std::to_string(count) + " lines are left out");
        }
        tell_failed();
    }
    void tell_failed() {
        if (const std::size_t count = to->take_failed(); count > 0) {
            lost += count;
            engine::log(LogLevel::warning, "the access log " + file + " cannot be written (" +
                                               words_of(to->failure()) + "): " +
                                               std::to_string(count) + " lines are left out");
        }
    }
    /// Not for each line: there may be many.
    [[nodiscard]] bool time_to_tell() {
        const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
        std::int64_t due = tell_at.load();
        return now >= due && tell_at.compare_exchange_strong(due, now + telling_every);
    }

    const std::string file;
    const bool json;
    std::shared_ptr<LineFile> to;
    std::unique_ptr<WritingThread> thread;  // null once it has ended
    std::atomic<std::int64_t> tell_at = 0;
    std::atomic<std::uint64_t> lines = 0;
    std::atomic<std::uint64_t> lost = 0;
};

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& file, LogFormat format) {
    const auto opened = open_file(file);
    if (!opened) return Failure(opened.error());
    return std::unique_ptr<AccessLog>(
        new AccessLog(std::make_unique<Writing>(file, *opened, format)));
}

AccessLog::AccessLog(std::unique_ptr<Writing> writing) : writing_(std::move(writing)) {}

AccessLog::~AccessLog() {
    end();
}

void AccessLog::end() {
    if (!writing_->thread) return;
    const std::size_t lost = writing_->thread->take_lost();
    writing_->thread.reset();
    if (lost > 0)
        engine::log(LogLevel::warning, "the access log could not keep up: " + std::to_string(lost) +
                                           " lines are left out");
    writing_->tell_failed();
}

void AccessLog::write(const AccessRecord& record) {
    if (!writing_->thread) return;
    const auto now = std::chrono::system_clock::now();
    writing_->thread->logger().log(
        spdlog::level::info, writing_->json ? access_json(record, now) : access_text(record, now));
    ++writing_->lines;
    if (writing_->time_to_tell()) writing_->tell_lost();
}

Result<void> AccessLog::reopen() {
    if (writing_->file == "-") return {};
    const auto opened = open_file(writing_->file);
    if (!opened) return Failure(opened.error());
    writing_->to->use(*opened);
    return {};
}

void AccessLog::describe(Exposition& exposition) const {
    if (writing_->thread) writing_->tell_lost();
    exposition.counter("access_log_lines_total", "Lines for the access log.");
    exposition.sample(writing_->lines.load());
    exposition.counter("access_log_lines_lost_total",
                       "Lines for the access log that could not be written.");
    exposition.sample(writing_->lost.load());
}

}  // namespace longwire::ops
