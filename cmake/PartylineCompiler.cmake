# Warnings, the same for every target of ours. Optimisation and sanitizers are in CMakePresets.json.

add_library(partyline_warnings INTERFACE)
target_compile_options(partyline_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:
    -Wall -Wextra -Wpedantic
    -Wconversion -Wsign-conversion -Wdouble-promotion -Wfloat-equal
    -Wshadow -Wold-style-cast -Wcast-qual -Wcast-align
    -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi
    -Wnull-dereference -Wimplicit-fallthrough -Wformat=2 -Wundef -Wunused
    # Designated initialisers leave out what has a default: that is what they are for.
    -Wno-missing-field-initializers
  >
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:
    -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wredundant-move -Wsuggest-override
    # False positives inside libstdc++ and Asio once they are inlined with optimisation on.
    -Wno-null-dereference -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds
    -Wno-dangling-reference
    # GCC 14 takes a coroutine's frame allocation and its release for a mismatched pair.
    -Wno-mismatched-new-delete
  >
  $<$<BOOL:${PARTYLINE_WERROR}>:-Werror>)

if(PARTYLINE_SANITIZER STREQUAL "asan")
  set(partyline_test_environment
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
    "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tools/leaks-of-others.txt:print_suppressions=0"
    "UBSAN_OPTIONS=print_stacktrace=1")
elseif(PARTYLINE_SANITIZER STREQUAL "tsan")
  set(partyline_test_environment
    "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=${CMAKE_SOURCE_DIR}/tools/races-of-others.txt")
endif()
