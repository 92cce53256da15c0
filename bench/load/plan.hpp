#pragma once

#include <cstddef>
#include <string>

struct Plan {
    std::string kind;
    int port = 0;
    std::string path;
    std::size_t connections = 0;
    std::size_t depth = 0;
    std::size_t size = 0;
    double seconds = 0;
    std::size_t turns = 0;  // not 0: so many bursts of each connection, however long they take
    int server = 0;         // its process
};
