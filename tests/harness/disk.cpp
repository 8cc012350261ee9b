#include "harness/disk.hpp"

#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <format>
#include <fstream>
#include <string_view>
#include <vector>

#include "harness/failure.hpp"
#include "harness/process.hpp"

namespace partyline::harness {
namespace {

NoDisk no_disk(std::string_view what) {
    return NoDisk(std::format("{}: {}", what, std::strerror(errno)));
}

/// Whatever is mounted from now on is seen by us and our children alone.
void leave_the_others_mounts(const std::filesystem::path& folder) {
    static_cast<void>(sibling_program({}));  // while it can be told where we are
    static const bool left = unshare(CLONE_NEWNS) == 0;
    if (!left) {
        throw no_disk("cannot have mounts of our own");
    }
    // A mount shows wherever the one that it is made on is shared with. Which one that is, is found out
    // by trying: only the place of a mount can be made private.
    for (auto path = folder;; path = path.parent_path()) {
        if (mount(nullptr, path.c_str(), nullptr, MS_PRIVATE, nullptr) == 0) {
            return;
        }
        if (path == path.root_path()) {
            throw no_disk("cannot keep mounts to ourselves");
        }
    }
}

// --- a file system, byte by byte -----------------------------------------------------------------

// The oldest kind of ext2: one group, one folder, no file. The ext4 of every Linux takes it.
constexpr std::uint32_t block_bytes = 4096;
constexpr std::uint32_t blocks = 4096;
constexpr std::uint32_t inodes = 256;
constexpr std::uint32_t inode_bytes = 128;
constexpr std::uint32_t inodes_reserved = 10;
constexpr std::uint32_t root_inode = 2;
constexpr std::uint32_t block_bitmap_at = 2;
constexpr std::uint32_t inode_bitmap_at = 3;
constexpr std::uint32_t inode_table_at = 4;
constexpr std::uint32_t root_folder_at = inode_table_at + inodes * inode_bytes / block_bytes;
constexpr std::uint32_t blocks_used = root_folder_at + 1;
constexpr std::uint32_t group_blocks = block_bytes * 8;

static_assert(std::endian::native == std::endian::little, "as ext2 has its numbers");

class Image {
public:
    template <class Number>
    void put(std::size_t at, Number number) {
        std::memcpy(bytes_.data() + at, &number, sizeof number);
    }
    /// The first `used` are taken, and so is all from `count` on, which does not exist.
    void put_bitmap(std::uint32_t block, std::uint32_t used, std::uint32_t count) {
        for (std::uint32_t bit = 0; bit < group_blocks; ++bit) {
            if (bit < used || bit >= count) {
                bytes_[block * block_bytes + bit / 8] |= static_cast<char>(1U << (bit % 8));
            }
        }
    }
    void put_super_block();
    void put_root_folder();
    void write(const std::string& path) const {
        std::ofstream(path, std::ios::binary)
            .write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
        std::filesystem::resize_file(path, std::uintmax_t{blocks} * block_bytes);
    }

private:
    std::vector<char> bytes_ = std::vector<char>(std::size_t{blocks_used} * block_bytes);
};

void Image::put_super_block() {
    constexpr std::size_t at = 1024;
    constexpr std::array<std::uint32_t, 11> counts{inodes,
                                                   blocks,
                                                   0,
                                                   blocks - blocks_used,
                                                   inodes - inodes_reserved,
                                                   0,  // the first block
                                                   2,  // a block is 1024 << 2 bytes
                                                   2,
                                                   group_blocks,
                                                   group_blocks,
                                                   inodes};
    put(at, counts);
    put<std::uint16_t>(at + 54, 0xFFFF);  // mounted as often as one likes
    put<std::uint16_t>(at + 56, 0xEF53);
    put<std::uint16_t>(at + 58, 1);  // in order
    put<std::uint16_t>(at + 60, 2);  // after an error, read-only
    const std::array<std::uint32_t, 3> group{block_bitmap_at, inode_bitmap_at, inode_table_at};
    put(block_bytes, group);
    put<std::uint16_t>(block_bytes + 12, blocks - blocks_used);
    put<std::uint16_t>(block_bytes + 14, inodes - inodes_reserved);
    put<std::uint16_t>(block_bytes + 16, 1);  // folders
    put_bitmap(block_bitmap_at, blocks_used, blocks);
    put_bitmap(inode_bitmap_at, inodes_reserved, inodes);
}

void Image::put_root_folder() {
    constexpr std::size_t inode = inode_table_at * block_bytes + (root_inode - 1) * inode_bytes;
    put<std::uint16_t>(inode, 040755);
    put<std::uint32_t>(inode + 4, block_bytes);
    put<std::uint16_t>(inode + 26, 2);                  // names that it has
    put<std::uint32_t>(inode + 28, block_bytes / 512);  // what it takes up
    put<std::uint32_t>(inode + 40, root_folder_at);
    constexpr std::size_t folder = root_folder_at * block_bytes;
    constexpr std::uint16_t first_bytes = 12;
    put<std::uint32_t>(folder, root_inode);
    put<std::uint16_t>(folder + 4, first_bytes);
    put<std::uint16_t>(folder + 6, 1);
    put(folder + 8, '.');
    put<std::uint32_t>(folder + first_bytes, root_inode);
    put<std::uint16_t>(folder + first_bytes + 4, block_bytes - first_bytes);
    put<std::uint16_t>(folder + first_bytes + 6, 2);
    put(folder + first_bytes + 8, '.');
    put(folder + first_bytes + 9, '.');
}

/// A device that is the file, and free again when nobody uses it any more.
std::pair<Descriptor, std::string> device_of(const std::string& image) {
    const Descriptor control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    const Descriptor file(open(image.c_str(), O_RDWR | O_CLOEXEC));
    constexpr int tries = 10;  // somebody else may take the same one
    for (int i = 0; i < tries && control.get() >= 0 && file.get() >= 0; ++i) {
        const auto name = std::format("loop{}", ioctl(control.get(), LOOP_CTL_GET_FREE));
        Descriptor device(open(("/dev/" + name).c_str(), O_RDWR | O_CLOEXEC));
        loop_config config{};
        config.fd = static_cast<std::uint32_t>(file.get());
        config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
        if (device.get() >= 0 && ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) {
            return {std::move(device), name};
        }
    }
    throw no_disk("cannot make a device of a file");
}

std::pair<Descriptor, std::string> failing_device(const std::string& image) {
    Image empty;
    empty.put_super_block();
    empty.put_root_folder();
    empty.write(image);
    return device_of(image);
}

}  // namespace

Mount::Mount(std::string folder, const What& what) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    leave_the_others_mounts(folder_);
    if (mount(what.source.c_str(), folder_.c_str(), what.type, 0, what.options.c_str()) != 0) {
        throw no_disk(std::format("cannot mount a {}", what.type));
    }
}

Mount::~Mount() { umount2(folder_.c_str(), MNT_DETACH); }

SmallDisk::SmallDisk(const std::string& folder, std::size_t mebibytes)
    : filling_(folder + "/filling"),
      mount_(folder,
             {.source = "none", .type = "tmpfs", .options = std::format("size={}m", mebibytes)}) {}

void SmallDisk::fill() const {
    const Descriptor file(open(filling_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    const std::vector<char> page(4096, 'x');
    while (::write(file.get(), page.data(), page.size()) > 0) {
    }
    if (errno != ENOSPC) {
        throw Failure(std::format("cannot fill the disk: {}", std::strerror(errno)));
    }
}

void SmallDisk::make_room() const { std::filesystem::remove(filling_); }

FullForOne::FullForOne(pid_t program) : program_(program) {
    if (prlimit(program_, RLIMIT_FSIZE, nullptr, &before_) == 0) {
        const rlimit nothing{.rlim_cur = 0, .rlim_max = before_.rlim_max};
        if (prlimit(program_, RLIMIT_FSIZE, &nothing, nullptr) == 0) {
            return;
        }
    }
    throw Failure(std::format("cannot keep a program from writing: {}", std::strerror(errno)));
}

FullForOne::~FullForOne() { prlimit(program_, RLIMIT_FSIZE, &before_, nullptr); }

FailingDisk::FailingDisk(const std::string& folder, const std::string& image)
    : FailingDisk(folder, failing_device(image)) {}

FailingDisk::FailingDisk(const std::string& folder, std::pair<Descriptor, std::string> device)
    : device_(std::move(device.first)),
      name_(std::move(device.second)),
      mount_(folder, {.source = "/dev/" + name_, .type = "ext4", .options = "errors=remount-ro"}) {}

void FailingDisk::fail() const {
    std::ofstream trigger(std::format("/sys/fs/ext4/{}/trigger_fs_error", name_));
    trigger << "1" << std::flush;
    if (!trigger) {
        throw Failure("cannot make the disk fail");
    }
}

}  // namespace partyline::harness
