// How the models that wasm2c translated run inside our programs. Also read as C, ahead of their code.
//
// wasm2c's own runtime catches accesses outside a module's memory with guard pages and a handler for
// SIGSEGV. A library that takes a whole program's signals, and hides real crashes among them, is not
// for us: each access is compared with the memory's size instead, and our runtime, a few lines in
// wasm_runtime.cpp, installs nothing. What a module does outside its bounds ends the program, as any
// broken assertion. Depth of calls is not counted: neither model calls itself.
#pragma once

#define WASM_RT_USE_MMAP 0
#define WASM_RT_MEMCHECK_BOUNDS_CHECK 1
#define WASM_RT_NONCONFORMING_UNCHECKED_STACK_EXHAUSTION 1

// Names of our own, so that another user of wasm2c in the same program has its own runtime.
#define wasm_rt_trap partyline_wasm_trap
#define wasm_rt_is_initialized partyline_wasm_is_initialized
#define wasm_rt_allocate_memory partyline_wasm_allocate_memory
#define wasm_rt_grow_memory partyline_wasm_grow_memory
#define wasm_rt_free_memory partyline_wasm_free_memory
#define wasm_rt_allocate_funcref_table partyline_wasm_allocate_funcref_table
#define wasm_rt_free_funcref_table partyline_wasm_free_funcref_table
#define w2c_env_0x5F_assert_fail partyline_rnnoise_assert_fail
#define w2c_env_emscripten_resize_heap partyline_rnnoise_resize_heap
#define w2c_wasi__snapshot__preview1_fd_write partyline_rnnoise_fd_write
#define w2c_a_a partyline_gtcrn_assert_fail
#define w2c_a_b partyline_gtcrn_resize_heap

#include <wasm-rt.h>

#ifdef __cplusplus
extern "C" {
#endif
struct w2c_env;
/// RNNoise's product of matrix and vector, at these places of its memory. False where the translated
/// code shall do it.
bool partyline_rnnoise_linear(const struct w2c_env* environment, const wasm_rt_memory_t* memory,
                              uint32_t layer, uint32_t out, uint32_t in);
#ifdef __cplusplus
}
#endif
