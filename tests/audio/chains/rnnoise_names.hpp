// RNNoise 0.1 runs in the same small runtime as the models of src/dsp. Also read as C, ahead of its code.
#pragma once

#include "dsp/wasm_runtime.hpp"

// What the module imports, by the names that its linker shortened them to.
#undef w2c_a_a
#undef w2c_a_b
#define w2c_a_a partyline_rnnoise_01_resize_heap
#define w2c_a_b partyline_rnnoise_01_copy
