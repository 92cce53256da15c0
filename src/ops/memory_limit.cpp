#include "ops/memory_limit.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <string_view>
#include <system_error>

namespace longwire::ops {

namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// "max", and what cannot be read, limits nothing.
std::size_t read_limit(const std::string& path) {
    std::ifstream file(path);
    std::string text;
    if (!std::getline(file, text)) return no_limit;
    std::size_t bytes = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, bytes);
    return read.ec == std::errc() && read.ptr == end && bytes > 0 ? bytes : no_limit;
}

/// The least of those of a group and of all that it is in.
std::size_t least_limit(const std::string& mount, std::string group, std::string_view file) {
    std::size_t least = no_limit;
    for (;;) {
        if (group == "/") group.clear();
        least = std::min(least, read_limit(mount + group + "/" + std::string(file)));
        if (group.empty()) return least;
        group.resize(group.rfind('/'));
    }
}

bool names_memory(std::string_view controllers) {
    return ("," + std::string(controllers) + ",").contains(",memory,");
}

std::size_t group_limit(const std::string& root) {
    std::ifstream groups(root + "/proc/self/cgroup");
    const std::string mount = root + "/sys/fs/cgroup";
    std::size_t least = no_limit;
    // Each line: "hierarchy:controllers:/group"; version 2 has the hierarchy 0 and no controllers.
    for (std::string line; std::getline(groups, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string::npos || !line.substr(second + 1).starts_with('/')) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const std::string group = line.substr(second + 1);
        if (controllers.empty())
            least = std::min(least, least_limit(mount, group, "memory.max"));
        else if (names_memory(controllers))
            least = std::min(least, least_limit(mount + "/memory", group, "memory.limit_in_bytes"));
    }
    return least;
}

}  // namespace

std::size_t memory_limit(const std::string& root) {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long size = sysconf(_SC_PAGESIZE);
    const std::size_t machine =
        pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size)
                              : no_limit;
    return std::min(machine, group_limit(root));
}

}  // namespace longwire::ops
