# How GoogleTest programs become ctest entries: one entry for each test suite, named PREFIX.Suite, found by
# asking the program when it has been linked. Tests run in the checkout's top folder, so that they open
# their files as "tests/data/…".

include_guard(GLOBAL)
if(NOT PARTYLINE_FUZZ)
  find_package(GTest REQUIRED)
endif()

# partyline_gtest(program PREFIX name [TIMEOUT seconds] [SERIAL] [LABELS label…] [ENVIRONMENT NAME=value…])
# SERIAL: while it runs, no other test does.
function(partyline_gtest program)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "PREFIX;TIMEOUT" "LABELS;ENVIRONMENT")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(PARTYLINE_SANITIZER)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 5")
  endif()
  target_link_libraries(${program} PRIVATE GTest::gmock_main)

  set(properties "TIMEOUT [==[${arg_TIMEOUT}]==]")
  if(arg_SERIAL)
    string(APPEND properties " RUN_SERIAL TRUE")
  endif()
  if(arg_LABELS)
    string(APPEND properties " LABELS [==[${arg_LABELS}]==]")
  endif()
  set(environment ${partyline_test_environment} ${arg_ENVIRONMENT})
  if(environment)
    string(APPEND properties " ENVIRONMENT [==[${environment}]==]")
  endif()

  set(entries ${CMAKE_CURRENT_BINARY_DIR}/${program}_entries.cmake)
  if(NOT EXISTS ${entries})
    file(WRITE ${entries} "add_test(${arg_PREFIX}.not-built ${program})\n")
  endif()
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${entries})
  add_custom_command(TARGET ${program} POST_BUILD
    COMMAND ${CMAKE_COMMAND}
      -D program=$<TARGET_FILE:${program}> -D prefix=${arg_PREFIX} -D entries=${entries}
      -D "properties=${properties}" -D directory=${CMAKE_SOURCE_DIR}
      -P ${CMAKE_SOURCE_DIR}/cmake/PartylineDiscover.cmake
    VERBATIM)
endfunction()
