# longwire_test_in_shards(TARGET SHARDS [ARGS ...] [PROPERTIES ...])
#
# Runs all tests of a GoogleTest program in SHARDS processes, each of which is one test of CTest. A
# process for each test costs more than most of the tests do, and most of that is the sanitizers'
# start. What a test leaves behind in its process shows, too. A failing shard names its test; to run
# that one alone: `PROGRAM --gtest_filter=SUITE.NAME`.
function(longwire_test_in_shards target shards)
  cmake_parse_arguments(SHARDED "" "" "ARGS;PROPERTIES" ${ARGN})
  math(EXPR last "${shards} - 1")
  foreach(shard RANGE ${last})
    set(name ${target})
    if(shards GREATER 1)
      math(EXPR number "${shard} + 1")
      set(name ${target}.${number})
    endif()
    add_test(NAME ${name} COMMAND ${target} --gtest_brief=1 ${SHARDED_ARGS})
    set_tests_properties(${name} PROPERTIES
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${shard}"
      TIMEOUT 600
      ${SHARDED_PROPERTIES})
  endforeach()
endfunction()
