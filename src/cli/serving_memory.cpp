#include "cli/serving_memory.hpp"

#include <algorithm>

namespace longwire::cli {

Result<ServingMemory> divide_memory(const ServeOptions& options, std::size_t available) {
    const std::size_t whole = options.max_memory.value_or(std::max<std::size_t>(2, available / 2));
    const std::size_t histories = options.history_memory.value_or(whole / 4);
    if (histories >= whole)
        return failure(ErrorCode::invalid_argument,
                       "--history-memory is a part of --max-memory, and has to leave some of it "
                       "for connections; raise the one or lower the other");
    return ServingMemory{.histories = histories, .connections = whole - histories};
}

ServerOptions limits_with(const ServeOptions& options, const ServingMemory& memory) {
    ServerOptions limits = options.limits;
    limits.max_memory = memory.connections;
    return limits;
}

}  // namespace longwire::cli
