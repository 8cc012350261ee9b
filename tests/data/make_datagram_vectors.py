#!/usr/bin/env python3
"""Prints the datagram vectors that stand in docs/protocol.md.

Written from that document, independent of the C++ code, as make_crypto_vectors.py is; its SipHash and
SFrame are used. Run it after a change of the protocol and put its output between the document's fences.
"""

import hmac
import json
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from make_crypto_vectors import pattern, sframe_number, siphash

EXPORTER_UP, EXPORTER_DOWN = pattern(21, 32), pattern(22, 32)
KINDS = {"voice": 1, "ping": 2, "pong": 3, "challenge": 4, "echo": 5}
SERVER_ID = pattern(4, 32)
SPEAKERS = ((16909060, pattern(3, 32)), (7, pattern(23, 32)))


def seal_frame(base, generation, step, counter, metadata, plaintext):
    """RFC 9605, suite 4."""
    kid = generation << 16 | step
    secret = hmac.digest(b"", base, "sha256")

    def derive(text, size):
        return hmac.digest(secret, text + struct.pack(">QH", kid, 4) + b"\1", "sha256")[:size]

    (high, kid_rest), (low, counter_rest) = sframe_number(kid), sframe_number(counter)
    header = bytes([high << 4 | low]) + kid_rest + counter_rest
    nonce = int.from_bytes(derive(b"SFrame 1.0 Secret salt ", 12), "big") ^ counter
    cipher = AESGCM(derive(b"SFrame 1.0 Secret key ", 16))
    return header + cipher.encrypt(nonce.to_bytes(12, "big"), plaintext, header + metadata)


def with_header(kind, body, key, *, hop_epoch=0, route=0x01020304, counter=1):
    head = struct.pack(">BBHIQ", 1 << 4 | KINDS[kind], hop_epoch, 0, route, counter)
    return head + siphash(key, head + body) + body


def record(sealed, speaker, stream_and_flags):
    return struct.pack(">HIB", len(sealed) + 5, speaker, stream_and_flags) + sealed


def header_vector(name, kind, fields, body, **header):
    direction = "down" if kind in ("pong", "challenge") else "up"
    key = (EXPORTER_UP if direction == "up" else EXPORTER_DOWN)[:16]
    datagram = with_header(kind, body, key, **header)
    header = {"hop_epoch": 0, "route": 0x01020304, "counter": 1} | header
    return {"name": name, "direction": direction, "kind": kind} | header | fields | {"datagram": datagram.hex()}


def spoken(speaker, sender_key, *, generation, step, counter, flags, media_time, opus):
    metadata = SERVER_ID + struct.pack(">IB", speaker, flags)
    sealed = seal_frame(sender_key, generation, step, counter, metadata, struct.pack(">I", media_time) + opus)
    fields = {
        "speaker": speaker, "stream": flags >> 4, "end_of_spurt": bool(flags & 1), "kept": bool(flags & 2),
        "sender_key": sender_key.hex(), "generation": generation, "step": step,
        "sframe_counter": counter, "media_time": media_time, "opus": opus.hex(), "sealed": sealed.hex(),
    }
    return fields, record(sealed, speaker, flags)


def headed_vectors():
    nonce = pattern(30, 16)
    yield header_vector("first ping", "ping", {"sent": "0102030405060708", "downlink_loss_permille": 0},
                        bytes.fromhex("0102030405060708") + bytes(8))
    yield header_vector("ping after loss", "ping", {"sent": "fffffffffffffffe", "downlink_loss_permille": 1000},
                        bytes.fromhex("fffffffffffffffe") + struct.pack(">H6x", 1000),
                        hop_epoch=255, route=0xFFFFFF07, counter=2**53 - 1)
    yield header_vector("pong", "pong",
                        {"sent": "0102030405060708", "uplink_loss_permille": 12, "room_loss_permille": 300},
                        bytes.fromhex("0102030405060708") + struct.pack(">HH4x", 12, 300))
    yield header_vector("challenge", "challenge", {"nonce": nonce.hex()}, nonce, counter=2)
    yield header_vector("its echo", "echo", {"nonce": nonce.hex()}, nonce, counter=3)


def main():
    first, first_record = spoken(
        *SPEAKERS[0], generation=1, step=0, counter=0, flags=0x00, media_time=480, opus=pattern(40, 40))
    last, last_record = spoken(
        *SPEAKERS[1], generation=70000, step=65535, counter=300, flags=0x01, media_time=0xFFFFFE20,
        opus=pattern(41, 3))
    kept, kept_record = spoken(
        *SPEAKERS[1], generation=70000, step=65535, counter=301, flags=0x12, media_time=960, opus=pattern(42, 20))
    voice_up = header_vector("voice, the first frame", "voice", {"record": first}, first_record, counter=4)
    voice_end = header_vector("voice, the end of a spurt", "voice", {"record": last}, last_record, counter=5)
    voice_kept = header_vector(
        "whispered voice, kept from before the microphone opened", "voice", {"record": kept}, kept_record, counter=6)
    ping = bytes.fromhex(next(headed_vectors())["datagram"])
    up = bytes.fromhex(voice_up["datagram"])
    refused = {
        "empty": b"",
        "a byte short of a header": ping[:23],
        "version 2": b"\x22" + ping[1:],
        "an unknown kind": b"\x16" + ping[1:],
        "the zero field set": ping[:3] + b"\x01" + ping[4:],
    }
    refused_down = {
        "no record": b"\x11",
        "a record of length 5": b"\x11" + record(b"", 7, 0),
        "a record cut short": b"\x11" + first_record[:-1],
        "a byte after the last record": b"\x11" + first_record + b"\0",
        "a length one too large": b"\x11" + struct.pack(">H", len(first_record) - 1) + first_record[2:],
        "the uplink datagram itself": up,
    }
    print(json.dumps({
        "server_id": SERVER_ID.hex(),
        "exporter_up": EXPORTER_UP.hex(), "exporter_down": EXPORTER_DOWN.hex(),
        "hop_key_up": EXPORTER_UP[:16].hex(), "hop_key_down": EXPORTER_DOWN[:16].hex(),
        "with_header": [*headed_vectors(), voice_up, voice_end, voice_kept],
        "downlink_voice": [
            {"name": "one record", "records_of": [voice_up["name"]], "datagram": (b"\x11" + first_record).hex()},
            {"name": "two records", "records_of": [voice_up["name"], voice_end["name"]],
             "datagram": (b"\x11" + first_record + last_record).hex()},
            {"name": "a whisper", "records_of": [voice_kept["name"]], "datagram": (b"\x11" + kept_record).hex()},
        ],
        "refused_headers": {why: datagram.hex() for why, datagram in refused.items()},
        "refused_downlink_voice": {why: datagram.hex() for why, datagram in refused_down.items()},
    }, indent=1))


if __name__ == "__main__":
    main()
