#include "hub/hub.hpp"

namespace longwire::hub {

void Hub::publish(const Publication& publication) const {
    for (Dialect* const dialect : dialects_) dialect->deliver(publication);
}

}  // namespace longwire::hub
