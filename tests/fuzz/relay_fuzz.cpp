// Datagrams of any bytes, with and without a good MAC, in any order with what control does: what the
// relay sends is well formed and no longer than it may be, and nothing is kept for ever.
#include <algorithm>
#include <vector>

#include "fuzz/property.hpp"
#include "server/relay/hand_talkie.hpp"

namespace {

using namespace partyline;
using fuzz::must;

constexpr std::uint32_t talkies = 4;

class Input {
public:
    explicit Input(ByteView bytes) : rest_(bytes) {}
    [[nodiscard]] bool is_over() const { return rest_.empty(); }
    std::uint8_t byte() {
        return rest_.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(take(1).front());
    }
    ByteView take(std::size_t count) {
        const auto taken = rest_.first(std::min(count, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }

private:
    ByteView rest_;
};

class World {
public:
    World() {
        for (std::uint32_t i = 0; i < talkies; ++i) {
            people_.push_back(scene_.seat(i + 1, relay::lobby));
        }
    }

    void step(Input& input) {
        const auto who = input.byte() % talkies;
        auto& talkie = people_[who];
        switch (input.byte() % 8) {
            case 0: return arrive(input.take(input.byte()), talkie);
            case 1:
            case 2: return arrive(authentic(talkie, input), talkie);
            case 3:
                talkie.address = talkie.address.with_port(input.byte());
                return arrive(authentic(talkie, input), talkie);
            case 4: scene_.relay.tunnel_up(talkie.seat, authentic(talkie, input)); return check(0);
            case 5:
                talkie.route = scene_.relay.move(talkie.seat, ChannelId{input.byte() % 3U});
                return;
            case 6: return scene_.relay.set_flags(talkie.seat, {.muted = input.byte() % 2 == 0});
            default:
                scene_.clock.advance(std::chrono::milliseconds(input.byte()));
                scene_.relay.flush();
                return check(0);
        }
    }

    void end() {
        scene_.clock.advance(relay::gather_window_max + relay::old_route_lifetime);
        scene_.relay.flush();
        check(0);
        must(scene_.relay.free_slots() == relay::slots_per_thread, "no slot is kept");
        must(scene_.relay.core().routes() == talkies, "no old route is kept");
    }

private:
    // The fuzzer's header and body, under a good MAC.
    static Bytes authentic(relay::HandTalkie& talkie, Input& input) {
        const auto lead = input.byte();
        const auto jump = input.byte();
        talkie.counter += jump;
        auto datagram = talkie.datagram(wire::DatagramKind::voice, input.take(input.byte()));
        datagram[0] = std::byte{lead};
        crypto::hop_seal(relay::make_keys(talkie.session, 0).up, datagram);
        return datagram;
    }

    void arrive(ByteView datagram, const relay::HandTalkie& from) {
        scene_.relay.deliver(datagram, from.address);
        if (datagram.size() % 2 == 0) {  // or together with the next
            scene_.relay.flush();
        }
        check(datagram.size());
    }

    void check(std::size_t arrived) {
        for (const auto& [to, datagram] : std::exchange(scene_.sent, {})) {
            must(datagram.size() <= wire::datagram_bytes_max, "no datagram is too long");
            auto records = wire::DownlinkRecords::parse(datagram);
            if (!records) {
                must(datagram.size() == relay::probe_bytes, "a reply, if not voice");
                must(datagram.size() <= arrived, "no reply is longer than its cause");
            }
            while (const auto record = records ? records->next() : std::nullopt) {
                must(record->speaker.value >= 1 && record->speaker.value <= talkies,
                     "speakers are who they are");
            }
        }
    }

    relay::Scene scene_;
    std::vector<relay::HandTalkie> people_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(fuzz::input(data, size));
    World world;
    while (!input.is_over()) {
        world.step(input);
    }
    world.end();
    return 0;
}
