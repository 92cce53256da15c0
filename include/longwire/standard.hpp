#pragma once

// Every header of Longwire includes this one first: what is missing is then said in one line,
// before the compiler complains of the rest.
#if __cplusplus < 202002L
#error "Longwire needs C++20 or later: compile with -std=c++20 (CMake: CMAKE_CXX_STANDARD 20)."
#endif
