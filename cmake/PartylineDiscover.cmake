# Run after a test program was linked: writes its ctest entries. See PartylineTests.cmake.

execute_process(
  COMMAND ${program} --gtest_list_tests
  WORKING_DIRECTORY ${directory}
  OUTPUT_VARIABLE listing
  COMMAND_ERROR_IS_FATAL ANY)

# A suite is a line without indentation that ends in a dot, perhaps with a comment behind it.
string(REGEX MATCHALL "(^|\n)[^ \n][^ \n]*\\.[^\n]*" lines "${listing}")
set(out "")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "^\n?([^ \n]*)\\..*$" "\\1" suite "${line}")
  string(APPEND out
    "add_test([==[${prefix}.${suite}]==] [==[${program}]==] "
    "[==[--gtest_filter=${suite}.*]==] --gtest_brief=1)\n"
    "set_tests_properties([==[${prefix}.${suite}]==] PROPERTIES "
    "WORKING_DIRECTORY [==[${directory}]==] ${properties})\n")
endforeach()
file(WRITE ${entries} "${out}")
