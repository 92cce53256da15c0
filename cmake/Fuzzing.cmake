# What tools/fuzz builds, by clang: everything with coverage that the fuzzer can see, and with
# LONGWIRE_FUZZ_COVERAGE with clang's coverage for reports in place of the sanitizers.
option(LONGWIRE_FUZZ_COVERAGE "Build the fuzz targets for a report of what they reach" OFF)

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  message(FATAL_ERROR "The fuzz targets need clang and its libFuzzer: build them with tools/fuzz.")
endif()

if(LONGWIRE_FUZZ_COVERAGE)
  set(fuzzing_flags -fprofile-instr-generate -fcoverage-mapping)
else()
  set(fuzzing_flags -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
                    -fno-omit-frame-pointer)
endif()
# (libstdc++'s stable_sort calls what libstdc++ deprecates, which clang tells of.)
list(APPEND fuzzing_flags -Wno-deprecated-declarations)
foreach(target longwire_llhttp longwire_protocol longwire_http longwire_net longwire_access)
  target_compile_options(${target} PRIVATE ${fuzzing_flags})
  target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
endforeach()

# longwire_fuzz_target(NAME): the program fuzz_NAME, of fuzz_NAME.cpp.
function(longwire_fuzz_target name)
  add_executable(fuzz_${name} fuzz_${name}.cpp)
  target_compile_options(fuzz_${name} PRIVATE ${fuzzing_flags})
  target_compile_definitions(fuzz_${name} PRIVATE _GLIBCXX_ASSERTIONS)
  target_link_options(fuzz_${name} PRIVATE ${fuzzing_flags} -fsanitize=fuzzer)
  target_link_libraries(fuzz_${name} PRIVATE longwire_protocol longwire_http longwire_flags ${ARGN})
endfunction()
