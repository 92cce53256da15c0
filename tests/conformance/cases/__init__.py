"""All cases, in their order."""

from . import (closing, compression, fragmentation, framing, handshake, limits, opcodes, parameters,
               pings, reserved_bits, utf8)

MODULES = (handshake, framing, pings, reserved_bits, opcodes, fragmentation, utf8, closing, limits,
           compression, parameters)


def all_cases():
    return sorted((case for module in MODULES for case in module.cases()),
                  key=lambda case: case.order)
