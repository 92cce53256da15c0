#include "ops/memory_limit.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

namespace longwire::ops {
namespace {

/// Files as a system has them.
struct MemoryLimit : testing::Test {
    MemoryLimit() {
        std::string name = (std::filesystem::temp_directory_path() / "longwire-XXXXXX").string();
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        root = name;
    }
    ~MemoryLimit() override { std::filesystem::remove_all(root); }
    void write(const std::string& path, const std::string& text) const {
        const std::filesystem::path file = root + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text << "\n";
    }

    std::string root;
    std::size_t machine = memory_limit("/nowhere");
};

TEST_F(MemoryLimit, IsThatOfTheMachineWhereNoGroupSaysLess) {
    EXPECT_GT(machine, std::size_t{1} << 20);
    EXPECT_EQ(memory_limit(root), machine);
    write("/proc/self/cgroup", "0::/app.service");
    EXPECT_EQ(memory_limit(root), machine);
    write("/sys/fs/cgroup/app.service/memory.max", "max");
    EXPECT_EQ(memory_limit(root), machine);
    write("/sys/fs/cgroup/app.service/memory.max", "99999999999999999");
    EXPECT_EQ(memory_limit(root), machine);
}

TEST_F(MemoryLimit, IsThatOfTheGroupOrOfOneThatItIsIn) {
    write("/proc/self/cgroup", "0::/system.slice/app.service");
    write("/sys/fs/cgroup/system.slice/app.service/memory.max", "3000000");
    EXPECT_EQ(memory_limit(root), 3'000'000U);
    write("/sys/fs/cgroup/system.slice/memory.max", "2000000");
    EXPECT_EQ(memory_limit(root), 2'000'000U);
}

// As a container sees it, which has the root of its own.
TEST_F(MemoryLimit, IsThatOfTheRootOfAContainer) {
    write("/proc/self/cgroup", "0::/");
    write("/sys/fs/cgroup/memory.max", "5000000");
    EXPECT_EQ(memory_limit(root), 5'000'000U);
}

TEST_F(MemoryLimit, IsReadFromTheFirstVersionToo) {
    write("/proc/self/cgroup", "12:cpu,cpuacct:/x\n7:memory:/docker/ab\n1:name=systemd:/y");
    write("/sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes", "4000000");
    EXPECT_EQ(memory_limit(root), 4'000'000U);
}

TEST_F(MemoryLimit, WhatIsNoneLimitsNothing) {
    write("/proc/self/cgroup", "nonsense\n0::\n::\n0::/a");
    write("/sys/fs/cgroup/a/memory.max", "12 monkeys");
    EXPECT_EQ(memory_limit(root), machine);
}

}  // namespace
}  // namespace longwire::ops
