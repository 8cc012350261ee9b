// Small disks of their own, that are full or fail when a test wants it.
//
// They are mounted where only this process sees them, and what it starts from then on. That takes rights
// that not every machine gives. Where it does not, one program can be kept from writing.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "harness/tap.hpp"

namespace partyline::harness {

/// The machine lets us mount nothing: a test that needs it is to be skipped, with this for its reason.
struct NoDisk : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A file system on a folder, as long as the object is there. The first one is made by the main thread
/// before there are others.
class Mount {
public:
    struct What {
        std::string source;
        const char* type = nullptr;
        std::string options;
    };
    Mount(std::string folder, const What& what);
    ~Mount();
    Mount(const Mount&) = delete;
    Mount& operator=(const Mount&) = delete;

private:
    const std::string folder_;
};

/// In memory, and soon full.
class SmallDisk {
public:
    /// Makes the folder, too. Throws NoDisk.
    SmallDisk(const std::string& folder, std::size_t mebibytes);

    /// Nothing more fits.
    void fill() const;
    /// What fill() has put there is gone.
    void make_room() const;

private:
    const std::string filling_;
    const Mount mount_;
};

/// To one running program, as long as this is there, every disk is as good as full: whatever it writes to a file is
/// refused. Takes no rights, and no disk.
class FullForOne {
public:
    explicit FullForOne(pid_t program);
    ~FullForOne();
    FullForOne(const FullForOne&) = delete;
    FullForOne& operator=(const FullForOne&) = delete;

private:
    const pid_t program_;
    rlimit before_{};
};

/// In a file. When it fails it becomes read-only under whoever has it open, as real disks do.
class FailingDisk {
public:
    /// Makes the folder, too. Throws NoDisk.
    FailingDisk(const std::string& folder, const std::string& image);

    void fail() const;

private:
    FailingDisk(const std::string& folder, std::pair<Descriptor, std::string> device);

    const Descriptor device_;
    const std::string name_;  // of the device
    const Mount mount_;
};

}  // namespace partyline::harness
