# The noise suppression models: fetched by npm, translated to C by wasm2c, compiled once for partyline_dsp.

include_guard(GLOBAL)

# partyline_models(partyline_dsp): adds them to a folder's library. Its own files, and no other's, can
# include them, as <models/rnnoise.h> and <models/gtcrn.h>.
function(partyline_models target)
  set(out ${CMAKE_BINARY_DIR}/generated/models)
  set(source ${CMAKE_SOURCE_DIR}/src/dsp/models)
  add_custom_command(
    OUTPUT ${out}/rnnoise.c ${out}/rnnoise.h ${out}/gtcrn.c ${out}/gtcrn.h
    COMMAND ${source}/make_models.py ${out}
    DEPENDS ${source}/make_models.py ${source}/package.json ${source}/package-lock.json
    COMMENT "Fetching and translating the noise suppression models"
    VERBATIM)
  add_library(${target}_models OBJECT ${out}/rnnoise.c ${out}/gtcrn.c)
  set_source_files_properties(${out}/rnnoise.c ${out}/gtcrn.c PROPERTIES
    INCLUDE_DIRECTORIES $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
  # Always optimised and never instrumented: 10 ms of sound shall take less than that in a test, too.
  # Without contraction, so that every processor gives the same bits.
  target_compile_options(${target}_models PRIVATE
    -std=gnu17 -O3 -g0 -ffp-contract=off -fno-sanitize=all -fvisibility=hidden -w
    -include dsp/wasm_runtime.hpp)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_models>)
  target_include_directories(${target} SYSTEM PRIVATE ${CMAKE_BINARY_DIR}/generated)
  add_dependencies(${target} ${target}_models)
endfunction()
