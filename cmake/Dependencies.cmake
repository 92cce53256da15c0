# What is not ours (docs/dependencies.md says why each).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
find_package(simdjson REQUIRED)
find_package(ZLIB REQUIRED)

# llhttp: Debian's node-llhttp ships its C sources, which become part of our library.
find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS /usr/share/include/llhttp REQUIRED)
find_path(LLHTTP_SOURCE_DIR llhttp.c PATHS /usr/share/llhttp REQUIRED)
add_library(longwire_llhttp OBJECT ${LLHTTP_SOURCE_DIR}/api.c ${LLHTTP_SOURCE_DIR}/http.c
                                   ${LLHTTP_SOURCE_DIR}/llhttp.c)
target_include_directories(longwire_llhttp SYSTEM PUBLIC $<BUILD_INTERFACE:${LLHTTP_INCLUDE_DIR}>)

if(LONGWIRE_BUILD_CLI)
  find_package(CLI11 REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(nlohmann_json REQUIRED)
  pkg_check_modules(LIBEDIT REQUIRED IMPORTED_TARGET libedit)
endif()
if(LONGWIRE_BUILD_CLI OR LONGWIRE_BUILD_EXAMPLES)
  find_package(fmt REQUIRED)
endif()
if(LONGWIRE_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
