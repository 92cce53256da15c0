# What `cmake --install` gives: headers, library, find_package(longwire), pkg-config, the program.
include(CMakePackageConfigHelpers)

# All that has to be built for it (./run builds nothing else).
add_custom_target(longwire_installed)
add_dependencies(longwire_installed longwire)

install(DIRECTORY include/longwire DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
install(TARGETS longwire EXPORT longwire_targets)
install(EXPORT longwire_targets NAMESPACE longwire:: FILE longwire-targets.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/longwire)
configure_package_config_file(cmake/longwire-config.cmake.in longwire-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/longwire)
write_basic_package_version_file(longwire-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/longwire-config.cmake
              ${PROJECT_BINARY_DIR}/longwire-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/longwire)

# Relative to the file itself, so that the installed tree can be moved.
file(RELATIVE_PATH pkgconfig_to_prefix
     ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
set(LONGWIRE_PKGCONFIG_CFLAGS "")
if(NOT LONGWIRE_BUILD_CHANNELS)
  set(LONGWIRE_PKGCONFIG_CFLAGS " -DLONGWIRE_WITHOUT_CHANNELS")
endif()
configure_file(cmake/longwire.pc.in longwire.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/longwire.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Whoever has only what is installed may use it too.
install(FILES LICENSE SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(LONGWIRE_BUILD_CLI)
  add_dependencies(longwire_installed longwire_executable)
  install(TARGETS longwire_executable)
  install(DIRECTORY web/ DESTINATION ${CMAKE_INSTALL_DATADIR}/longwire/web)
  install(FILES packaging/man/longwire.1 packaging/man/longwire-bench.1 packaging/man/longwire-config.1
                packaging/man/longwire-token.1 packaging/man/longwire-connect.1
                packaging/man/longwire-serve.1
          DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  # Relative to the prefix, as everything: a package has it below /usr/lib. Which that is, is known
  # when it is installed (cmake --install --prefix).
  install(CODE "
    set(LONGWIRE_BINDIR \"${CMAKE_INSTALL_BINDIR}\")
    cmake_path(ABSOLUTE_PATH LONGWIRE_BINDIR BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\" NORMALIZE)
    configure_file(\"${PROJECT_SOURCE_DIR}/packaging/systemd/longwire.service\"
                   \"${PROJECT_BINARY_DIR}/longwire.service\" @ONLY)
  ")
  install(FILES ${PROJECT_BINARY_DIR}/longwire.service packaging/systemd/longwire.socket
                packaging/systemd/longwire-handover.service
          DESTINATION lib/systemd/system)
  install(FILES packaging/completions/longwire.bash RENAME longwire
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES packaging/completions/_longwire
          DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES packaging/completions/longwire.fish
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
