// HTTP on a thread of its own, for machines that watch the server. It takes nothing from anybody's
// lane: what it tells comes from numbers and snapshots that are made for every thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/endpoint.hpp"
#include "server/admin/limits.hpp"

namespace partyline::admin {

struct Response {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

/// Answers GET and HEAD under `path`, which is compared with all of the request's path. Called on the
/// server's thread; never waits.
struct Page {
    std::string path;
    std::function<Response()> make;
};

/// Owned by main, or by a test. What its pages look at outlives it.
class HttpServer {
public:
    struct Config {
        net::Endpoint listen;  // port 0 takes a free one
        std::vector<Page> pages;
        Limits limits;
    };
    /// Listens and starts the thread. Fails with io, naming the address.
    static Result<std::unique_ptr<HttpServer>> create(Config config);
    /// Ends all connections, and the thread.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// [any]
    [[nodiscard]] net::Endpoint local() const;

private:
    struct Native;
    explicit HttpServer(std::unique_ptr<Native> native);
    std::unique_ptr<Native> native_;
};

}  // namespace partyline::admin
