// Streams between programs of one machine (AF_UNIX): who may open the socket's file may connect.
#pragma once

#include <filesystem>
#include <memory>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "net/loop.hpp"

namespace partyline::net {

/// One connection. One coroutine may read while another writes. After close(), and once an operation
/// has failed, every operation fails with `closed` or io. Dropping it closes it. [loop]
class LocalStream {
public:
    /// Fails with io, naming the file, when nobody listens there or it may not be opened.
    static Result<LocalStream> connect(Loop& loop, const std::filesystem::path& path);
    ~LocalStream();
    LocalStream(LocalStream&&) noexcept;
    LocalStream& operator=(LocalStream&&) noexcept;

    /// Waits until there is something, and says how many bytes; `closed` at the end of the stream.
    task<Result<std::size_t>> read_some(MutableByteView out);
    /// Returns when the system has taken all of `bytes`, which must stay as they are until then.
    task<Result<void>> write(ByteView bytes);
    /// Ends every pending operation.
    void close();

    /// For net's own files.
    struct Native;
    explicit LocalStream(std::shared_ptr<Native> native);

private:
    // Shared with the pending operations, so that dropping the stream under them is safe.
    std::shared_ptr<Native> native_;
};

/// A listening socket's file, which only its owner may open (mode 0600). Gone with the listener. [loop]
class LocalListener {
public:
    /// Takes the place of a file that a dead program has left: whoever calls this makes sure that no
    /// other serves the same path. Fails with io, naming the file and why.
    static Result<LocalListener> create(Loop& loop, const std::filesystem::path& path);
    ~LocalListener();
    LocalListener(LocalListener&&) noexcept;
    LocalListener& operator=(LocalListener&&) noexcept;

    /// Fails only with `closed`.
    task<Result<LocalStream>> accept();
    /// Ends a pending accept().
    void close();

private:
    struct Native;
    explicit LocalListener(std::shared_ptr<Native> native);
    std::shared_ptr<Native> native_;
};

}  // namespace partyline::net
