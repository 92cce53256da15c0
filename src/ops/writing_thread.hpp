#pragma once

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

namespace longwire::ops {

/// A thread that writes lines. Whoever logs waits for nothing: where it cannot keep up, 8,192 lines
/// wait, and the oldest of them are left out. Only rooms' own .cpp files see this.
class WritingThread {
public:
    /// `pattern` is spdlog's; `lowest` what is written at all.
    WritingThread(spdlog::sink_ptr sink, const std::string& pattern,
                  spdlog::level::level_enum lowest);

    /// Any thread.
    [[nodiscard]] spdlog::async_logger& logger() noexcept { return *logger_; }
    /// Lines that were left out and that nobody has been told of.
    [[nodiscard]] std::size_t take_lost() noexcept {
        const std::size_t lost = pool_->overrun_counter();
        return lost - told_lost_.exchange(lost);
    }

private:
    // (Its end waits until all is written.)
    std::shared_ptr<spdlog::details::thread_pool> pool_;
    std::shared_ptr<spdlog::async_logger> logger_;
    std::atomic<std::size_t> told_lost_ = 0;
};

}  // namespace longwire::ops
