#include "ops/successor.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

namespace longwire::ops {

namespace {

// Its first line is the descriptor to tell that all is ready, each other the descriptors of one
// address, with commas between, and the address.
constexpr const char* variable = "LONGWIRE_HANDED_OVER";
constexpr char ready_word = '+';

Failure system_failure(std::string_view what, int error) {
    return failure(ErrorCode::system,
                   std::string(what) + ": " + std::generic_category().message(error));
}

/// Where this program lies, or what has taken its place there.
std::optional<std::string> program() {
    std::array<char, PATH_MAX> path = {};
    const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
    if (size <= 0) return std::nullopt;
    std::string_view found(path.data(), static_cast<std::size_t>(size));
    constexpr std::string_view replaced = " (deleted)";
    if (found.ends_with(replaced)) found.remove_suffix(replaced.size());
    return std::string(found);
}

/// What this process was started with.
std::vector<std::string> arguments() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
    return words;
}

/// Its environment without what was meant for this process alone.
std::vector<std::string> environment_with(const std::string& handed_over) {
    constexpr std::array<std::string_view, 5> own = {
        "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "WATCHDOG_PID=", "LONGWIRE_HANDED_OVER="};
    std::vector<std::string> all;
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string_view text = *one;
        bool is_own = false;
        for (const std::string_view name : own) is_own = is_own || text.starts_with(name);
        if (!is_own) all.emplace_back(text);
    }
    all.push_back(std::string(variable) + '=' + handed_over);
    return all;
}

/// Libraries make sockets that another process would get too (curl one pair, to wake itself). What
/// else is open was there before us, and may be meant to stay.
void keep_sockets_to_ourselves() {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
        const int descriptor = std::atoi(entry.path().filename().c_str());
        struct stat status = {};
        if (descriptor > STDERR_FILENO && ::fstat(descriptor, &status) == 0 &&
            S_ISSOCK(status.st_mode))
            ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// What a process that is started gets of this one.
class Spawning {
public:
    Spawning() {
        posix_spawn_file_actions_init(&files_);
        posix_spawnattr_init(&attributes_);
        sigset_t signals;
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&attributes_, &signals);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    }
    ~Spawning() {
        posix_spawnattr_destroy(&attributes_);
        posix_spawn_file_actions_destroy(&files_);
    }
    Spawning(const Spawning&) = delete;
    Spawning& operator=(const Spawning&) = delete;

    /// Stays open there, under its number.
    void keep(int descriptor) { posix_spawn_file_actions_adddup2(&files_, descriptor, descriptor); }
    /// Gives 0, or an errno.
    [[nodiscard]] int start(pid_t& process, const std::string& path, std::vector<std::string> words,
                            std::vector<std::string> environment) {
        return ::posix_spawn(&process, path.c_str(), &files_, &attributes_,
                             pointers_to(words).data(), pointers_to(environment).data());
    }

private:
    posix_spawn_file_actions_t files_ = {};
    posix_spawnattr_t attributes_ = {};
};

/// Takes a number and what stands behind it from the front of `text`.
std::optional<int> take_number(std::string_view& text) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

}  // namespace

// ---- the one that goes --------------------------------------------------------------------------

Result<Successor> Successor::start(const ListeningSockets& sockets) {
    if (::getpid() == 1)
        return failure(ErrorCode::system,
                       "this is process 1, and the container would end with it; restart the "
                       "container instead");
    const auto path = program();
    if (!path) return system_failure("/proc/self/exe cannot be read", errno);
    std::array<int, 2> ends = {-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure("no pipe", errno);
    keep_sockets_to_ourselves();
    Spawning spawning;
    spawning.keep(ends[1]);
    std::string handed_over = std::to_string(ends[1]);
    for (const auto& [address, descriptors] : sockets) {
        char before = '\n';
        for (const int descriptor : descriptors) {
            spawning.keep(descriptor);
            handed_over += std::exchange(before, ',') + std::to_string(descriptor);
        }
        if (!descriptors.empty()) handed_over += ' ' + address;
    }
    pid_t process = -1;
    const int error = spawning.start(process, *path, arguments(), environment_with(handed_over));
    ::close(ends[1]);
    if (error == 0) return Successor(process, ends[0]);
    ::close(ends[0]);
    return system_failure("cannot start " + *path, error);
}

Successor::Successor(Successor&& other) noexcept
    : process_(other.process_), ready_(std::exchange(other.ready_, -1)) {}

Successor::~Successor() {
    if (ready_ >= 0) ::close(ready_);
}

Result<void> Successor::outcome() const {
    char word = 0;
    if (::read(ready_, &word, 1) == 1 && word == ready_word) return {};
    // (It has ended, or is about to: its end of the pipe is closed.)
    int status = 0;
    if (::waitpid(process_, &status, 0) != process_)
        return failure(ErrorCode::system, "it ended before it was ready");
    if (WIFSIGNALED(status))
        return failure(ErrorCode::system,
                       "it was ended by the signal " + std::to_string(WTERMSIG(status)));
    return failure(ErrorCode::system, "it has ended with " + std::to_string(WEXITSTATUS(status)));
}

// ---- the one that comes -------------------------------------------------------------------------

Predecessor::Predecessor() {
    const char* const value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
    if (value == nullptr) return;
    const std::string kept = value;
    ::unsetenv(variable);  // NOLINT(concurrency-mt-unsafe): there are no other threads yet
    std::string_view rest = kept;
    const auto ready = take_number(rest);
    if (!ready) return;
    ready_ = *ready;
    ::fcntl(ready_, F_SETFD, FD_CLOEXEC);
    while (rest.starts_with('\n')) {
        rest.remove_prefix(1);
        auto& [address, descriptors] = sockets_.emplace_back();
        while (const auto descriptor = take_number(rest)) {
            descriptors.push_back(*descriptor);
            ::fcntl(*descriptor, F_SETFD, FD_CLOEXEC);
            if (rest.starts_with(',')) rest.remove_prefix(1);
        }
        if (rest.starts_with(' ')) rest.remove_prefix(1);
        address = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(address.size());
    }
}

Predecessor::~Predecessor() {
    for (const auto& [address, descriptors] : sockets_)
        for (const int descriptor : descriptors) ::close(descriptor);
    if (ready_ >= 0) ::close(ready_);
}

std::vector<int> Predecessor::take(const std::string& address) {
    for (auto& [asked_for, descriptors] : sockets_)
        if (asked_for == address) return std::exchange(descriptors, {});
    return {};
}

void Predecessor::tell_ready() noexcept {
    if (ready_ < 0) return;
    [[maybe_unused]] const ssize_t told = ::write(ready_, &ready_word, 1);
    ::close(std::exchange(ready_, -1));
}

}  // namespace longwire::ops
