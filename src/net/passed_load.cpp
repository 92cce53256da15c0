#include "net/passed_load.hpp"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace longwire::net {

void PassedLoad::on_timer() {
    if (!has_passed()) return;
    connections_.highest = connections_.now;
    held_bytes_.highest = held_bytes_.now;
    ++returned_;
#if defined(__GLIBC__)
    (void)malloc_trim(0);
#endif
}

}  // namespace longwire::net
