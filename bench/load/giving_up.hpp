#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

/// There is no figure worth having from a load that went wrong.
[[noreturn]] inline void give_up(const std::string& why) {
    std::fprintf(stderr, "load: %s\n", why.c_str());
    std::exit(1);
}
