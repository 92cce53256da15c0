# The flags every target of ours is built with.
add_library(longwire_flags INTERFACE)
target_compile_options(longwire_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wconversion>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${LONGWIRE_WARNINGS_AS_ERRORS}>>:-Werror>)
# g++ 12 warns of overlapping copies inside its own std::string (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(longwire_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
# A file that is compiled with others is not its "main" file, where a coroutine's frame may hold what
# is local to it.
if(LONGWIRE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(longwire_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
endif()
if(LONGWIRE_SANITIZE)
  add_compile_options(-fsanitize=${LONGWIRE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LONGWIRE_SANITIZE})
  # g++ 12 reports false positives of these two under its sanitizers.
  target_compile_options(longwire_flags INTERFACE
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized>
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-tsan>)
endif()
