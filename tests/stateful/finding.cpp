#include "finding.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#include <sanitizer/common_interface_defs.h>

// A finding ends the process, so that it is the first one that is told of.
extern "C" {
const char* __asan_default_options();
const char* __ubsan_default_options();
const char* __tsan_default_options();

const char* __asan_default_options() {
    return "detect_stack_use_after_return=1:handle_abort=1:halt_on_error=1:exitcode=1";
}
const char* __ubsan_default_options() {
    return "print_stacktrace=1:halt_on_error=1";
}
const char* __tsan_default_options() {
    return "handle_abort=1:halt_on_error=1:second_deadlock_stack=1:history_size=4:exitcode=1";
}
}
#endif

namespace longwire::stateful {

namespace {

using Clock = std::chrono::steady_clock;

// Written whole before it is shown: a signal handler may do no more than write it.
std::array<char, 512> now_trying = {};
std::atomic<std::size_t> its_size = 0;
std::atomic<Clock::rep> began = 0;

void say_what_was_tried() {
    if (::write(STDERR_FILENO, now_trying.data(), its_size) < 0) return;
}

void die(int signal) {
    say_what_was_tried();
    static_cast<void>(std::signal(signal, SIG_DFL));
    static_cast<void>(std::raise(signal));
}

}  // namespace

// (UndefinedBehaviorSanitizer has a library of its own, which knows nothing of callbacks.)
extern "C" void __ubsan_on_report() {
    say_what_was_tried();
}

void watch_for_crashes() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    __sanitizer_set_death_callback(say_what_was_tried);
    // (What aborts, they show the stack of.)
    const std::initializer_list<int> signals = {SIGTERM, SIGINT};
#else
    const std::initializer_list<int> signals = {SIGABRT, SIGTERM, SIGINT, SIGSEGV, SIGFPE};
#endif
    for (const int signal : signals) static_cast<void>(std::signal(signal, die));
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
}

void trying(std::uint64_t seed, std::uint64_t episode, const std::string& themes) {
    its_size = 0;
    const int size = std::snprintf(
        now_trying.data(), now_trying.size(),
        "\nit was seed %llu, in episode %llu (%s); see it again: stateful_dialects "
        "--seed %llu\n",
        static_cast<unsigned long long>(seed), static_cast<unsigned long long>(episode),
        themes.c_str(), static_cast<unsigned long long>(seed));
    began = Clock::now().time_since_epoch().count();
    its_size = size < 0 ? 0 : std::min(static_cast<std::size_t>(size), now_trying.size());
}

void found(std::string_view what) {
    const auto since = Clock::now().time_since_epoch() - Clock::duration(began.load());
    std::fflush(stdout);
    std::fprintf(stderr, "\nFOUND, %.1f s into the episode: %.*s\n",
                 std::chrono::duration<double>(since).count(), static_cast<int>(what.size()),
                 what.data());
    say_what_was_tried();
    std::fflush(stderr);
    std::_Exit(1);
}

}  // namespace longwire::stateful
