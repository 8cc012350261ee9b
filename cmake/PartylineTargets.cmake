# What is not a folder's library: programs, integration tests, benchmarks, fuzz targets.

include_guard(GLOBAL)

# partyline_program(partyline-cli SOURCES main.cpp … DEPENDS client … LIBRARIES CLI11::CLI11 …)
# Its own headers are included as its folder says: "cli/options.hpp".
function(partyline_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LIBRARIES")
  if(PARTYLINE_FUZZ)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  partyline_link(${name} DEPENDS ${arg_DEPENDS} LIBRARIES ${arg_LIBRARIES})
endfunction()

# partyline_integration_test(calls SOURCES calls_test.cpp DEPENDS client server_control sim
#   [LIBRARIES …] [TIMEOUT seconds] [SERIAL] [APART] [LABELS …] [ENVIRONMENT NAME=value…])
# APART: its files share names, so each is compiled by itself (PartylineBatches).
# The program integration_calls_test; its ctest entries are integration.calls.Suite.
# `./run test --full` sets PARTYLINE_FULL=1 for tests that have a small and a large count.
function(partyline_integration_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL;APART" "TIMEOUT" "SOURCES;DEPENDS;LIBRARIES;LABELS;ENVIRONMENT")
  if(PARTYLINE_FUZZ)
    return()
  endif()
  set(program integration_${name}_test)
  set(sources ${arg_SOURCES})
  if(NOT arg_APART)
    partyline_batches(sources ${program} ${sources})
  endif()
  add_executable(${program} ${sources})
  partyline_link(${program} DEPENDS ${arg_DEPENDS} LIBRARIES ${arg_LIBRARIES})
  set(options "")
  if(arg_SERIAL)
    list(APPEND options SERIAL)
  endif()
  if(arg_TIMEOUT)
    list(APPEND options TIMEOUT ${arg_TIMEOUT})
  endif()
  partyline_gtest(${program} PREFIX integration.${name} ${options}
    LABELS ${arg_LABELS} ENVIRONMENT ${arg_ENVIRONMENT})
endfunction()

# partyline_bench(relay SOURCES relay_bench.cpp DEPENDS server_relay …)
# The program bench-relay, built when asked for. `./run bench relay --json FILE` passes it --json FILE; it
# then writes one flat object, name -> number.
function(partyline_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LIBRARIES")
  if(PARTYLINE_FUZZ)
    return()
  endif()
  add_executable(bench-${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  partyline_link(bench-${name} DEPENDS ${arg_DEPENDS} LIBRARIES ${arg_LIBRARIES})
  # What all of them share: "bench/write_figures.hpp".
  target_include_directories(bench-${name} PRIVATE ${shared_by_benches})
  add_dependencies(benches bench-${name})
endfunction()
add_custom_target(benches)

# partyline_fuzz_target(datagram SOURCES datagram_fuzz.cpp DEPENDS wire)
# The program fuzz-datagram, in the fuzz preset only. Its first inputs are in tests/fuzz/corpus/datagram/.
# The ctest entry fuzz.datagram runs it for PARTYLINE_FUZZ_SECONDS (5).
function(partyline_fuzz_target name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LIBRARIES")
  if(NOT PARTYLINE_FUZZ)
    return()
  endif()
  add_executable(fuzz-${name} ${arg_SOURCES})
  partyline_link(fuzz-${name} DEPENDS ${arg_DEPENDS} LIBRARIES ${arg_LIBRARIES})
  target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers fuzz-${name})
  add_test(NAME fuzz.${name}
    COMMAND ${CMAKE_SOURCE_DIR}/tools/fuzz-run ${CMAKE_BINARY_DIR} ${name})
  set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 300)
endfunction()

# All fuzz targets and the folders they need, which is far less than everything.
add_custom_target(fuzzers)

function(partyline_link target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;LIBRARIES")
  partyline_include_directory(directory ${target})
  partyline_folder_targets(depends ${target} ${arg_DEPENDS})
  target_include_directories(${target} PRIVATE ${directory})
  target_link_libraries(${target} PRIVATE ${depends} ${arg_LIBRARIES} partyline_warnings)
endfunction()
