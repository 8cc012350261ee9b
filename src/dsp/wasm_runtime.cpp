#include "dsp/wasm_runtime.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::uint64_t page_bytes = 65'536;

}  // namespace

extern "C" {

void wasm_rt_trap(wasm_rt_trap_t /*why*/) { std::abort(); }

bool wasm_rt_is_initialized() { return true; }

void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, std::uint64_t initial_pages,
                             std::uint64_t max_pages, bool is64) {
    // Most of it is never touched, and what calloc gives of that size costs nothing until it is.
    auto* data = static_cast<std::uint8_t*>(std::calloc(initial_pages, page_bytes));
    if (data == nullptr) {
        std::abort();
    }
    *memory = {.data = data,
               .pages = initial_pages,
               .max_pages = max_pages,
               .size = initial_pages * page_bytes,
               .is64 = is64};
}

void wasm_rt_free_memory(wasm_rt_memory_t* memory) { std::free(memory->data); }

// What the models need, they have from the start.
std::uint64_t wasm_rt_grow_memory(wasm_rt_memory_t* /*memory*/, std::uint64_t /*pages*/) {
    return UINT64_MAX;
}

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t* table, std::uint32_t elements,
                                    std::uint32_t max_elements) {
    auto* data = static_cast<wasm_rt_funcref_t*>(std::calloc(elements, sizeof(wasm_rt_funcref_t)));
    if (data == nullptr) {
        std::abort();
    }
    *table = {.data = data, .max_size = max_elements, .size = elements};
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t* table) { std::free(table->data); }

}  // extern "C"
