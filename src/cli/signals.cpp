#include "cli/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

namespace longwire::cli {

Signals::Signals(std::initializer_list<int> signals, Held held) : held_(held) {
    sigset_t set = {};
    sigemptyset(&set);
    for (const int signal : signals) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
    descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

Signals::~Signals() {
    ::close(descriptor_);
    if (held_ == Held::while_this_lives) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> Signals::take() noexcept {
    signalfd_siginfo signal = {};
    if (::read(descriptor_, &signal, sizeof signal) != sizeof signal) return std::nullopt;
    return static_cast<int>(signal.ssi_signo);
}

}  // namespace longwire::cli
