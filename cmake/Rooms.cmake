# A room is one folder of src/: one static library, which sees its own headers and those of the
# rooms it is linked to, and no others. Each room's headers are reached through a folder of links
# made for that room alone (build/rooms/NAME/NAME -> src/NAME), so an include of a room that is not
# linked finds no file and the build fails. See docs/architecture.md.

# The words every room may use: the part of the public interface that says nothing of I/O.
set(longwire_vocabulary close_code compression connection_limits error header_field http_answer message message_part
                        ready_state request response result slow_reader standard tls)
set(vocabulary_folder ${PROJECT_BINARY_DIR}/rooms/vocabulary)
file(MAKE_DIRECTORY ${vocabulary_folder}/longwire)
foreach(word IN LISTS longwire_vocabulary)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/include/longwire/${word}.hpp
       ${vocabulary_folder}/longwire/${word}.hpp SYMBOLIC)
endforeach()
add_library(longwire_vocabulary INTERFACE)
target_include_directories(longwire_vocabulary INTERFACE ${vocabulary_folder})

# The whole public interface, for the engine and all that stands on it.
add_library(longwire_interface INTERFACE)
target_include_directories(longwire_interface INTERFACE ${PROJECT_SOURCE_DIR}/include)

# longwire_room(NAME SOURCES ... [SEES target ...] [USES target ...])
#   SEES: targets whose headers appear in this room's own headers
#   USES: targets that only its .cpp files include
function(longwire_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;SEES;USES" ${ARGN})
  set(folder ${PROJECT_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${folder})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${folder}/${name} SYMBOLIC)
  add_library(longwire_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(longwire_${name} PUBLIC $<BUILD_INTERFACE:${folder}>)
  target_link_libraries(longwire_${name} PUBLIC ${ROOM_SEES}
                        PRIVATE ${ROOM_USES} $<BUILD_INTERFACE:longwire_flags>)
endfunction()
