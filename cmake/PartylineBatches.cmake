# Several files in one translation unit.
#
# Nearly all of a file's compile time here goes into the headers it includes and the templates it makes of
# them, so four files compiled as one take little longer than one of them alone. With PARTYLINE_BATCHES the
# lists that a folder marks become files that include up to four of their sources; without it (release, lint)
# each is compiled by itself, which shows an include that somebody forgot. Files of a batch share their unnamed
# namespace: one whose names meet another's is listed outside.
#
# CMake's own UNITY_BUILD is not used: it includes by absolute paths, so what one checkout compiled would be
# no cache hit in another.

include_guard(GLOBAL)

# partyline_batches(out TARGET a.cpp b.cpp …): the files to compile in their stead. What already has compile
# options of its own, and what is not C++, stays as it is.
function(partyline_batches out target)
  if(NOT PARTYLINE_BATCHES)
    set(${out} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  set(files_of_a_batch 4)
  partyline_include_name(include_name)
  set(alone "")
  set(together "")
  foreach(source IN LISTS ARGN)
    get_source_file_property(options ${source} COMPILE_OPTIONS)
    if(options OR NOT source MATCHES "^[a-z0-9_/]+\\.cpp$")
      list(APPEND alone ${source})
    else()
      list(APPEND together ${source})
    endif()
  endforeach()

  set(batches "")
  set(number 0)
  while(together)
    list(SUBLIST together 0 ${files_of_a_batch} batch)
    list(REMOVE_ITEM together ${batch})
    list(TRANSFORM batch REPLACE "(.+)" "#include \"${include_name}/\\1\"\n")
    list(JOIN batch "" content)
    set(file ${CMAKE_CURRENT_BINARY_DIR}/batches/${target}_${number}.cpp)
    file(CONFIGURE OUTPUT ${file} CONTENT "${content}" @ONLY)
    list(APPEND batches ${file})
    # It warns of a file's own types when that file is included.
    set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS -Wno-subobject-linkage)
    math(EXPR number "${number} + 1")
  endwhile()
  set(${out} ${alone} ${batches} PARENT_SCOPE)
endfunction()
