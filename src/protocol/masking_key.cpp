#include "protocol/masking_key.hpp"

#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace longwire::protocol {

namespace {

// One call of the generator for many keys.
struct Pool {
    std::array<unsigned char, 1024> bytes = {};
    std::size_t used = 1024;
};

}  // namespace

MaskingKey random_masking_key() noexcept {
    thread_local Pool pool;
    if (pool.used == pool.bytes.size()) {
        // Without a generator there is no safe way to go on; a predictable key would be a hole.
        if (RAND_bytes(pool.bytes.data(), static_cast<int>(pool.bytes.size())) != 1) std::abort();
        pool.used = 0;
    }
    MaskingKey key;
    std::memcpy(key.data(), pool.bytes.data() + pool.used, key.size());
    pool.used += key.size();
    return key;
}

}  // namespace longwire::protocol
