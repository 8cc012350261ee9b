# PARTYLINE_STATIC: the switchboard becomes one file that needs no library of the machine, not even its
# C library, so that what is built here runs on older systems. Other programs take the same static
# libraries where there are any.

include_guard(GLOBAL)

if(PARTYLINE_STATIC)
  list(PREPEND CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(Protobuf_USE_STATIC_LIBS ON)
  # What libcrypto.a itself needs: for certificates that are compressed.
  find_package(OpenSSL 3.5 REQUIRED)
  find_library(partyline_zstd zstd REQUIRED)
  find_library(partyline_z z REQUIRED)
  set_property(TARGET OpenSSL::Crypto APPEND PROPERTY
    INTERFACE_LINK_LIBRARIES ${partyline_zstd} ${partyline_z})
endif()

# partyline_link_statically(program): a static executable at a random address.
function(partyline_link_statically program)
  if(PARTYLINE_STATIC AND TARGET ${program})
    target_link_options(${program} PRIVATE -static-pie)
    add_test(NAME ${program}.static
      COMMAND ${CMAKE_SOURCE_DIR}/tools/check-static $<TARGET_FILE:${program}>)
    add_test(NAME ${program}.starts
      COMMAND ${CMAKE_SOURCE_DIR}/tools/check-starts $<TARGET_FILE:${program}>)
    set_tests_properties(${program}.static ${program}.starts PROPERTIES LABELS static)
  endif()
endfunction()
