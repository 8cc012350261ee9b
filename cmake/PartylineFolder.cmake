# One folder = one target.
#
#   partyline_folder(crypto               # src/crypto is the library partyline_crypto
#     SOURCES identity.cpp …              # this folder's files; none: the folder has headers only
#     IN_BATCHES                          # … of which several may be compiled as one (PartylineBatches)
#     DEPENDS base wire                   # folders that our public headers include
#     USES net                            # folders that only our .cpp files include
#     LIBRARIES OpenSSL::Crypto …         # third-party libraries; they stay private
#     TESTS identity_test.cpp …           # become the program crypto_test
#     TESTS_IN_BATCHES login_test.cpp …   # those that include the most: several are compiled as one
#     TEST_DEPENDS sim                    # folders and libraries that only the tests need
#     TEST_LIBRARIES nlohmann_json::nlohmann_json)
#
# server/room is partyline_folder(server_room …) and partyline_server_room. tests/sim works the same.
#
# Includes name the folder: "crypto/sframe.hpp", "server/room/room.hpp". Each target offers an include
# directory of its own with nothing but its folder in it, so an include that no arrow allows does not
# compile.

include_guard(GLOBAL)
include(PartylineBatches)
include(PartylineTests)

# Where includes are counted from: src/ and tests/ are not part of an include's name.
function(partyline_include_name out)
  file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REGEX REPLACE "^(src|tests)/" "" name ${name})
  set(${out} ${name} PARENT_SCOPE)
endfunction()

# build/include/NAME/ with one link in it, to the current folder.
function(partyline_include_directory out name)
  partyline_include_name(include_name)
  set(directory ${CMAKE_BINARY_DIR}/include/${name})
  set(link ${directory}/${include_name})
  cmake_path(GET link PARENT_PATH parent)
  file(MAKE_DIRECTORY ${parent})
  # Relative, so that paths are the same in every checkout.
  file(RELATIVE_PATH target ${parent} ${CMAKE_CURRENT_SOURCE_DIR})
  file(CREATE_LINK ${target} ${link} SYMBOLIC)
  set(${out} ${directory} PARENT_SCOPE)
endfunction()

# The targets of folders, by their names. One that does not exist is reported by partyline_check_arrows.
function(partyline_folder_targets out user)
  set(targets "")
  foreach(name IN LISTS ARGN)
    string(REPLACE "/" "_" name ${name})
    set_property(GLOBAL APPEND PROPERTY partyline_arrows "${user}>partyline_${name}")
    list(APPEND targets $<TARGET_NAME_IF_EXISTS:partyline_${name}>)
  endforeach()
  set(${out} ${targets} PARENT_SCOPE)
endfunction()

function(partyline_check_arrows)
  get_property(arrows GLOBAL PROPERTY partyline_arrows)
  foreach(arrow IN LISTS arrows)
    string(REPLACE ">" ";" ends ${arrow})
    list(GET ends 0 from)
    list(GET ends 1 to)
    if(NOT TARGET ${to})
      message(WARNING "${from} depends on ${to}, which does not exist")
    endif()
  endforeach()
endfunction()

function(partyline_folder name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "IN_BATCHES" ""
    "SOURCES;DEPENDS;USES;LIBRARIES;TESTS;TESTS_IN_BATCHES;TEST_DEPENDS;TEST_LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "partyline_folder(${name}): what is ${arg_UNPARSED_ARGUMENTS}?")
  endif()
  string(REPLACE "/" "_" name ${name})
  set(target partyline_${name})
  partyline_include_directory(directory ${name})
  partyline_folder_targets(depends ${target} ${arg_DEPENDS})
  partyline_folder_targets(uses ${target} ${arg_USES})

  if(arg_SOURCES)
    set(sources ${arg_SOURCES})
    if(arg_IN_BATCHES)
      partyline_batches(sources ${target} ${sources})
    endif()
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${directory})
    target_link_libraries(${target}
      PUBLIC ${depends}
      PRIVATE ${uses} ${arg_LIBRARIES} partyline_warnings)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${directory})
    target_link_libraries(${target} INTERFACE ${depends} ${uses})
  endif()

  if(PARTYLINE_FUZZ)
    return()
  endif()
  partyline_folder_targets(test_depends ${name}_test ${arg_TEST_DEPENDS})
  partyline_header_check(${target} ${uses} ${test_depends} ${arg_LIBRARIES} ${arg_TEST_LIBRARIES} GTest::gmock)
  if(arg_TESTS OR arg_TESTS_IN_BATCHES)
    partyline_batches(together ${name}_test ${arg_TESTS_IN_BATCHES})
    add_executable(${name}_test ${arg_TESTS} ${together})
    target_link_libraries(${name}_test PRIVATE
      ${target} ${uses} ${test_depends} ${arg_LIBRARIES} ${arg_TEST_LIBRARIES} partyline_warnings)
    partyline_gtest(${name}_test PREFIX ${name})
  endif()
endfunction()

# Target check-headers compiles each header alone: none may need another to come before it.
function(partyline_header_check target)
  if(NOT TARGET check-headers)
    add_custom_target(check-headers)
  endif()
  file(GLOB headers *.hpp)
  partyline_include_name(include_name)
  set(sources "")
  foreach(header IN LISTS headers)
    cmake_path(GET header FILENAME file)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/header_checks/${file}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${include_name}/${file}\"\n")
    list(APPEND sources ${source})
  endforeach()
  if(sources)
    add_library(${target}_headers OBJECT EXCLUDE_FROM_ALL ${sources})
    target_link_libraries(${target}_headers PRIVATE ${target} ${ARGN} partyline_warnings)
    set_target_properties(${target}_headers PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
    add_dependencies(check-headers ${target}_headers)
  endif()
endfunction()

# partyline_protobuf(partyline_wire proto/partyline/v1/control.proto ...)
#
# Adds the code generated from the schemas to a folder's library. Only that folder's own files can include
# it, as "partyline/v1/control.pb.h". Schemas may import each other.
function(partyline_protobuf target)
  find_package(Protobuf REQUIRED MODULE)
  set(out ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out})
  list(TRANSFORM ARGN REPLACE "^proto/(.*)\\.proto$" "${out}/\\1.pb.cc" OUTPUT_VARIABLE sources)
  list(TRANSFORM sources REPLACE "\\.cc$" ".h" OUTPUT_VARIABLE headers)
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE schemas)
  add_custom_command(
    OUTPUT ${sources} ${headers}
    COMMAND ${Protobuf_PROTOC_EXECUTABLE} -I proto --cpp_out=${out} ${ARGN}
    DEPENDS ${schemas}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    VERBATIM)
  # Objects of their own, so that our warnings do not judge code that nobody here wrote.
  add_library(${target}_generated OBJECT ${sources})
  target_include_directories(${target}_generated SYSTEM PUBLIC ${out})
  target_link_libraries(${target}_generated PUBLIC protobuf::libprotobuf)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_generated>)
  target_include_directories(${target} SYSTEM PRIVATE ${out})
  target_link_libraries(${target} PRIVATE protobuf::libprotobuf)
  add_dependencies(${target} ${target}_generated)
  if(TARGET ${target}_headers)
    target_include_directories(${target}_headers SYSTEM PRIVATE ${out})
    target_link_libraries(${target}_headers PRIVATE protobuf::libprotobuf)
    add_dependencies(${target}_headers ${target}_generated)
  endif()
endfunction()

# partyline_pkgconfig(libsodium opus): libraries that come without CMake files, as PkgConfig::libsodium …
function(partyline_pkgconfig)
  find_package(PkgConfig REQUIRED)
  foreach(name IN LISTS ARGN)
    if(NOT TARGET PkgConfig::${name})
      pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL QUIET ${name})
    endif()
  endforeach()
endfunction()
