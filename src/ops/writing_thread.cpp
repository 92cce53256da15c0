#include "ops/writing_thread.hpp"

#include <csignal>
#include <utility>

namespace longwire::ops {

namespace {

constexpr std::size_t most_waiting = 8192;  // lines

std::shared_ptr<spdlog::details::thread_pool> start_thread() {
    // Signals are for the thread that serves.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    auto pool = std::make_shared<spdlog::details::thread_pool>(most_waiting, 1);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return pool;
}

}  // namespace

WritingThread::WritingThread(spdlog::sink_ptr sink, const std::string& pattern,
                             spdlog::level::level_enum lowest)
    : pool_(start_thread()),
      logger_(std::make_shared<spdlog::async_logger>(
          "longwire", std::move(sink), pool_, spdlog::async_overflow_policy::overrun_oldest)) {
    logger_->set_pattern(pattern);
    logger_->set_level(lowest);
    logger_->flush_on(spdlog::level::trace);
}

}  // namespace longwire::ops
