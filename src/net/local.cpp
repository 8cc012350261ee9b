#include "net/local.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <optional>
#include <system_error>
#include <utility>

#include "net/limits.hpp"
#include "net/loop_native.hpp"

namespace partyline::net {
namespace {

using boost::asio::local::stream_protocol;
using boost::system::error_code;

constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

/// A file's name for bind() and connect(), which take no long paths: then it is told by way of its
/// folder's descriptor.
class SocketPath {
public:
    explicit SocketPath(const std::filesystem::path& path) : short_(path) {
        if (path.string().size() <= path_bytes_max) {
            return;
        }
        folder_ = ::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        short_ = std::format("/proc/self/fd/{}/{}", folder_, path.filename().string());
    }
    ~SocketPath() {
        if (folder_ >= 0) {
            ::close(folder_);
        }
    }
    SocketPath(const SocketPath&) = delete;
    SocketPath& operator=(const SocketPath&) = delete;

    /// Nothing where even the file's name is too long.
    [[nodiscard]] std::optional<stream_protocol::endpoint> endpoint() const {
        const auto text = short_.string();
        return text.size() <= path_bytes_max ? std::optional<stream_protocol::endpoint>(text)
                                             : std::nullopt;
    }

private:
    static constexpr auto path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;
    std::filesystem::path short_;
    int folder_ = -1;
};

std::unexpected<Error> name_too_long(const std::filesystem::path& path) {
    return fail(ErrorCode::io, std::format("{}: the name is too long for a socket", path.string()));
}

/// Nobody else may open it, from its first moment on. The mask is the process's, so this is for the
/// start, before there are other threads that make files; they would only get narrower rights.
class PrivateFiles {
public:
    PrivateFiles() : before_(::umask(S_IRWXG | S_IRWXO | S_IXUSR)) {}
    ~PrivateFiles() { ::umask(before_); }
    PrivateFiles(const PrivateFiles&) = delete;
    PrivateFiles& operator=(const PrivateFiles&) = delete;

private:
    mode_t before_;
};

}  // namespace

struct LocalStream::Native {
    explicit Native(stream_protocol::socket socket_in) : socket(std::move(socket_in)) {}
    void close() {
        error_code ignored;
        [[maybe_unused]] const auto result = socket.close(ignored);
    }
    stream_protocol::socket socket;
};

LocalStream::LocalStream(std::shared_ptr<Native> native) : native_(std::move(native)) {}
LocalStream::LocalStream(LocalStream&&) noexcept = default;

LocalStream& LocalStream::operator=(LocalStream&& other) noexcept {
    if (this != &other) {
        if (native_) {
            native_->close();
        }
        native_ = std::move(other.native_);
    }
    return *this;
}

LocalStream::~LocalStream() {
    if (native_) {
        native_->close();
    }
}

Result<LocalStream> LocalStream::connect(Loop& loop, const std::filesystem::path& path) {
    const SocketPath socket_path(path);
    const auto endpoint = socket_path.endpoint();
    if (!endpoint) {
        return name_too_long(path);
    }
    stream_protocol::socket socket(context_of(loop));
    error_code error;
    socket.connect(*endpoint, error);
    if (error) {
        return fail(ErrorCode::io, std::format("{}: {}", path.string(), error.message()));
    }
    return LocalStream(std::make_shared<Native>(std::move(socket)));
}

task<Result<std::size_t>> LocalStream::read_some(MutableByteView out) {
    const auto native = native_;  // ours may be gone after the suspension
    const auto [error, bytes] = co_await native->socket.async_read_some(
        boost::asio::buffer(out.data(), out.size()), as_result);
    if (error) {
        co_return fail(error == boost::asio::error::eof ? ErrorCode::closed : ErrorCode::io,
                       "the connection has ended");
    }
    co_return bytes;
}

task<Result<void>> LocalStream::write(ByteView bytes) {
    const auto native = native_;
    const auto [error, written] = co_await boost::asio::async_write(
        native->socket, boost::asio::buffer(bytes.data(), bytes.size()), as_result);
    if (error) {
        co_return fail(ErrorCode::io, "the connection has ended");
    }
    co_return Result<void>();
}

void LocalStream::close() { native_->close(); }

struct LocalListener::Native {
    Native(Loop& loop, std::filesystem::path path_in)
        : path(std::move(path_in)), acceptor(context_of(loop)), rest(context_of(loop)) {}

    void close() {
        if (std::exchange(closed, true)) {
            return;
        }
        error_code ignored;
        [[maybe_unused]] const auto result = acceptor.close(ignored);
        rest.cancel();
        std::error_code no_matter;
        std::filesystem::remove(path, no_matter);
    }

    const std::filesystem::path path;
    stream_protocol::acceptor acceptor;
    boost::asio::steady_timer rest;
    bool closed = false;
};

LocalListener::LocalListener(std::shared_ptr<Native> native) : native_(std::move(native)) {}
LocalListener::LocalListener(LocalListener&&) noexcept = default;

LocalListener& LocalListener::operator=(LocalListener&& other) noexcept {
    if (this != &other) {
        if (native_) {
            native_->close();
        }
        native_ = std::move(other.native_);
    }
    return *this;
}

LocalListener::~LocalListener() {
    if (native_) {
        native_->close();
    }
}

Result<LocalListener> LocalListener::create(Loop& loop, const std::filesystem::path& path) {
    const SocketPath socket_path(path);
    const auto endpoint = socket_path.endpoint();
    if (!endpoint) {
        return name_too_long(path);
    }
    std::error_code looked;
    if (const auto there = std::filesystem::symlink_status(path, looked);
        std::filesystem::exists(there)) {
        if (!std::filesystem::is_socket(there)) {
            return fail(ErrorCode::io,
                        std::format("{} is in the way: a socket is to be there", path.string()));
        }
        std::filesystem::remove(path, looked);
    }
    auto native = std::make_shared<Native>(loop, path);
    error_code error;
    const PrivateFiles files;
    native->acceptor.open(endpoint->protocol(), error);
    if (!error) {
        native->acceptor.bind(*endpoint, error);
    }
    if (!error) {
        native->acceptor.listen(accept_backlog, error);
    }
    if (error) {
        return fail(ErrorCode::io,
                    std::format("cannot listen on {}: {}", path.string(), error.message()));
    }
    return LocalListener(std::move(native));
}

task<Result<LocalStream>> LocalListener::accept() {
    const auto native = native_;
    while (!native->closed) {
        auto [error, socket] = co_await native->acceptor.async_accept(as_result);
        if (native->closed) {
            break;
        }
        if (!error) {
            co_return LocalStream(std::make_shared<LocalStream::Native>(std::move(socket)));
        }
        // The connection stays in the backlog, so trying again at once would spin.
        native->rest.expires_after(accept_rest);
        co_await native->rest.async_wait(as_result);
    }
    co_return fail(ErrorCode::closed, "the listener is closed");
}

void LocalListener::close() { native_->close(); }

}  // namespace partyline::net
