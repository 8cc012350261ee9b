#define MINIAUDIO_IMPLEMENTATION
#include "audio/miniaudio.hpp"
