#include "seed_in_danger.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <initializer_list>
#include <string_view>

#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace longwire::simulation {

namespace {

std::atomic<std::uint64_t> running = 0;

/// Only what a signal handler may do.
void say_seed() {
    std::array<char, 20> digits = {};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), running.load()).ptr;
    const std::string_view number(digits.data(), static_cast<std::size_t>(end - digits.data()));
    for (const std::string_view piece :
         {std::string_view("\nit was seed "), number,
          std::string_view("; see it again: simulation --trace --seed "), number,
          std::string_view("\n")})
        if (::write(STDERR_FILENO, piece.data(), piece.size()) < 0) return;
}

void die(int signal) {
    say_seed();
    static_cast<void>(std::signal(signal, SIG_DFL));
    static_cast<void>(std::raise(signal));
}

}  // namespace

void watch_for_crashes() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    __sanitizer_set_death_callback(say_seed);
    const std::initializer_list<int> signals = {SIGABRT, SIGTERM, SIGINT};
#else
    const std::initializer_list<int> signals = {SIGABRT, SIGTERM, SIGINT, SIGSEGV, SIGFPE};
#endif
    for (const int signal : signals) static_cast<void>(std::signal(signal, die));
}

void in_danger(std::uint64_t seed) noexcept {
    running = seed;
}

}  // namespace longwire::simulation
