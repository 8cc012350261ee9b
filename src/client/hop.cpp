#include "client/hop.hpp"

namespace partyline::client {

// The system chooses the source address when a socket is connected, and the socket keeps it though
// the machine may have moved to another network since.
Result<std::shared_ptr<UdpWay>> way_to(const net::Endpoint& server,
                                       std::shared_ptr<UdpWay> before) {
    auto socket = net::UdpSocket::connect(server);
    if (!socket) {
        return std::unexpected(std::move(socket.error()));
    }
    if (before && before->server == server &&
        before->socket.local().address() == socket->local().address()) {
        return before;
    }
    return std::make_shared<UdpWay>(UdpWay{.server = server, .socket = std::move(*socket)});
}

}  // namespace partyline::client
