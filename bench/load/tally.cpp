#include "tally.hpp"

#include "giving_up.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

namespace {

double processor_seconds(int process) {
    double all = 0;
    // Of each thread: the process's own file tells of its first only.
    const std::string command = "cat /proc/" + std::to_string(process) + "/task/*/schedstat";
    FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) give_up("cannot read the processor time of the server");
    unsigned long long nanoseconds = 0;
    while (std::fscanf(pipe, "%llu %*u %*u", &nanoseconds) == 1)
        all += static_cast<double>(nanoseconds) / 1e9;
    pclose(pipe);
    return all;
}

}  // namespace

std::size_t resident_bytes(int process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/statm");
    std::size_t size = 0;
    std::size_t resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

bool Tally::over() {
    if (turns_++ % 32 != 0) return false;
    const auto now = Clock::now();
    if (!measuring_ && now - start_ > std::chrono::milliseconds(500)) {
        measuring_ = true;
        begun_ = now;
        processor_ = processor_seconds(server_);
        messages_ = 0;
        times_.clear();
    }
    taken_ = std::chrono::duration<double>(now - begun_).count();
    if (!measuring_ || taken_ < seconds_) return false;
    processor_ = processor_seconds(server_) - processor_;
    return true;
}

void Tally::report() {
    if (messages_ == 0) give_up("nothing came in the time");
    const auto messages = static_cast<double>(messages_);
    const auto worst = times_.begin() + static_cast<std::ptrdiff_t>(times_.size() * 99 / 100);
    std::nth_element(times_.begin(), worst, times_.end());
    const double p99 =
        times_.empty() ? 0 : std::chrono::duration<double, std::micro>(*worst).count();
    std::printf("%.1f %.5f %.1f\n", messages / taken_, processor_ * 1e6 / messages, p99);
}
