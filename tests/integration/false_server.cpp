#include "integration/false_server.hpp"

#include "harness/limits.hpp"
#include "wire/frame.hpp"
#include "wire/limits.hpp"

namespace partyline::integration {
namespace {

net::TlsListener listen(net::Loop& loop, const harness::Scratch& scratch) {
    const net::CertificatePaths paths{.certificate = scratch.path("false.pem"),
                                      .key = scratch.path("false-key.pem")};
    net::create_self_signed_certificate(paths).value();
    return net::TlsListener::create(loop, net::TlsContext::server(paths, wire::alpn).value(),
                                    {.endpoint = net::Endpoint::loopback_v4(0)})
        .value();
}

}  // namespace

FalseServer::FalseServer(const harness::Scratch& scratch, FirstWords first_words)
    : first_words_(std::move(first_words)),
      listener_(listen(loop_, scratch)),
      thread_([this] { loop_.run_until_done(serve()); }) {}

FalseServer::~FalseServer() {
    loop_.post([this] { listener_.close(); });  // should nobody have come
}

net::task<> FalseServer::serve() {
    auto guest = co_await listener_.accept();
    if (!guest || !first_words_ || !co_await guest->handshake(harness::patience)) {
        co_return;
    }
    const auto words = first_words_(guest->export_value(crypto::exporter_label_login).value());
    if (co_await guest->write(words)) {
        co_await guest->finish(harness::patience);
    }
}

wire::Hello proper_hello(const crypto::Identity& identity, const crypto::ExporterValue& exporter) {
    return {.server_identity = to_bytes(identity.public_key()),
            .signature = to_bytes(crypto::sign_server_hello(identity, exporter)),
            .versions = {wire::protocol_version},
            .server_name = "False",
            .limits = {.name_code_points = wire::name_code_points_max,
                       .text_bytes = wire::text_bytes_max,
                       .frame_bytes = wire::frame_bytes_max,
                       .shares_per_message = wire::shares_per_message_max}};
}

Bytes framed(const wire::Hello& hello) {
    Bytes out;
    wire::append_frame(out, wire::encode(wire::ServerMessage{.body = hello})).value();
    return out;
}

}  // namespace partyline::integration
