#include "dialects/every.hpp"

#include "engine/log.hpp"

#include <longwire/run.hpp>

#include <string>

namespace longwire::dialects {

Task<> every(std::chrono::milliseconds interval, std::function<bool()> step) {
    for (bool more = true; more;) {
        co_await sleep_for(interval);
        try {
            more = step();
        } catch (...) {
            engine::log(LogLevel::error, "a repeated task threw an exception: " +
                                             std::string(engine::current_exception_words()));
        }
    }
}

}  // namespace longwire::dialects
