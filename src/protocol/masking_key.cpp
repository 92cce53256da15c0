#include "protocol/masking_key.hpp"

#include <openssl/rand.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>

namespace longwire::protocol {

namespace {

// One call of the generator for many keys.
struct Pool {
    std::array<unsigned char, 1024> bytes = {};
    std::size_t used = 1024;
    unsigned process = 0;
};

// Counts the forks above this process: a child must not go on with its parent's pool.
std::atomic<unsigned> forks = 0;
[[maybe_unused]] const int fork_watched = pthread_atfork(nullptr, nullptr, [] { ++forks; });

}  // namespace

MaskingKey random_masking_key() noexcept {
    thread_local Pool pool;
    const unsigned process = forks.load(std::memory_order_relaxed);
    if (pool.used == pool.bytes.size() || pool.process != process) {
        // Without a generator there is no safe way to go on; a predictable key would be a hole.
        if (RAND_bytes(pool.bytes.data(), static_cast<int>(pool.bytes.size())) != 1) std::abort();
        pool.used = 0;
        pool.process = process;
    }
    MaskingKey key;
    std::memcpy(key.data(), pool.bytes.data() + pool.used, key.size());
    pool.used += key.size();
    return key;
}

}  // namespace longwire::protocol
