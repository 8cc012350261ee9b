// libsndfile's handle with an owner, and its failures as sentences. For .cpp files of this folder.
#pragma once

#include <sndfile.h>

#include <memory>
#include <string>

#include "base/error.hpp"

namespace partyline::audio {

struct SoundFileCloser {
    void operator()(SNDFILE* file) const { sf_close(file); }
};
using SoundFile = std::unique_ptr<SNDFILE, SoundFileCloser>;

/// Opens `path`; `info` as sf_open takes and fills it. The message says "cannot `doing` PATH: why".
Result<SoundFile> open_sound_file(const std::string& path, int mode, SF_INFO& info,
                                  const char* doing);

/// The same from what is open already, from where it stands: of a socket as of a pipe. `name` is for the message; the
/// descriptor stays the caller's.
Result<SoundFile> open_sound_stream(int descriptor, const std::string& name, SF_INFO& info,
                                    const char* doing);

}  // namespace partyline::audio
