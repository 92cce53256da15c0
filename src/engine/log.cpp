#include "engine/log.hpp"

#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace longwire {

namespace {

void to_standard_error(LogLevel level, std::string_view line) {
    if (level < LogLevel::warning) return;
    const std::string text = "longwire: " + std::string(line) + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
}

struct SinkHolder {
    std::mutex mutex;
    // Shared, so that a sink that is being called outlives its replacement.
    std::shared_ptr<const LogSink> sink = std::make_shared<const LogSink>(to_standard_error);
};

SinkHolder& holder() {
    static SinkHolder instance;
    return instance;
}

}  // namespace

void set_log_sink(LogSink sink) {
    auto shared = std::make_shared<const LogSink>(std::move(sink));
    const std::lock_guard lock(holder().mutex);
    holder().sink = std::move(shared);
}

namespace engine {

void log(LogLevel level, std::string_view line) noexcept {
    try {
        std::shared_ptr<const LogSink> sink;
        {
            const std::lock_guard lock(holder().mutex);
            sink = holder().sink;
        }
        if (*sink) (*sink)(level, line);
    } catch (...) {
        // A sink that throws has nobody left to tell.
        std::fputs("longwire: the log sink threw an exception\n", stderr);
    }
}

void lock_log() {
    holder().mutex.lock();
}

void unlock_log() noexcept {
    holder().mutex.unlock();
}

std::string_view current_exception_words() noexcept {
    try {
        throw;
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (...) {
        return "something that is not a std::exception";
    }
}

}  // namespace engine

}  // namespace longwire
