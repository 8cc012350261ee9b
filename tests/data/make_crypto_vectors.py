#!/usr/bin/env python3
"""Writes crypto.json: what Partyline's own constructions give for fixed inputs.

Independent of the C++ code: written from docs/protocol.md with Python's hmac and the `cryptography`
package (pip install cryptography), so that both must read the protocol alike. Run it after a change
of the protocol: make_crypto_vectors.py > crypto.json
"""

import base64
import hashlib
import hmac
import json
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305


def rotl(value, by, bits):
    mask = (1 << bits) - 1
    return ((value << by) | (value >> (bits - by))) & mask


def siphash(key, message):
    """SipHash-2-4 (Aumasson and Bernstein), its 8 bytes of output."""
    mask = (1 << 64) - 1
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & mask
            v[1] = rotl(v[1], 13, 64) ^ v[0]
            v[0] = rotl(v[0], 32, 64)
            v[2] = (v[2] + v[3]) & mask
            v[3] = rotl(v[3], 16, 64) ^ v[2]
            v[0] = (v[0] + v[3]) & mask
            v[3] = rotl(v[3], 21, 64) ^ v[0]
            v[2] = (v[2] + v[1]) & mask
            v[1] = rotl(v[1], 17, 64) ^ v[2]
            v[2] = rotl(v[2], 32, 64)

    whole = len(message) // 8 * 8
    last = message[whole:].ljust(7, b"\0") + bytes([len(message) & 0xFF])
    for word in struct.unpack(f"<{whole // 8 + 1}Q", message[:whole] + last):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return struct.pack("<Q", v[0] ^ v[1] ^ v[2] ^ v[3])


def hkdf(secret, info, size=32):
    extracted = hmac.digest(b"", secret, "sha256")
    return hmac.digest(extracted, info + b"\1", "sha256")[:size]


def hchacha20(key, nonce):
    """The key of XChaCha20's inner ChaCha20 (draft-irtf-cfrg-xchacha)."""
    x = list(struct.unpack("<4I8I4I", b"expand 32-byte k" + key + nonce))
    mask = (1 << 32) - 1

    def quarter(a, b, c, d):
        for p, q, r, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = (x[p] + x[q]) & mask
            x[r] = rotl(x[r] ^ x[p], by, 32)

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<8I", *x[:4], *x[12:])


def xchacha20poly1305(key, nonce, bound, plaintext):
    inner = ChaCha20Poly1305(hchacha20(key, nonce[:16]))
    return inner.encrypt(b"\0" * 4 + nonce[16:], plaintext, bound)


def pattern(start, size):
    return bytes((start + 7 * i) & 0xFF for i in range(size))


def hop_vectors():
    key = pattern(1, 16)
    for size in (24, 25, 40, 151, 1200):
        datagram = pattern(size, size)
        mac = siphash(key, datagram[:16] + datagram[24:])
        yield {"key": key.hex(), "datagram": datagram.hex(), "mac": mac.hex()}


def ratchet_vectors():
    key = first = pattern(2, 32)
    for step in range(1, 1025):
        key = hkdf(key, b"partyline/1 ratchet")
        if step in (1, 2, 16, 1024):
            yield {"key": first.hex(), "steps": step, "result": key.hex()}


def sframe_number(value):
    """The half byte and what follows it (RFC 9605 section 4.3)."""
    if value < 8:
        return value, b""
    rest = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return 8 | (len(rest) - 1), rest


def frame_vectors():
    cases = ((1, 0, 0, 0x00), (1, 1, 300, 0x01), (70000, 65535, 2**40, 0x71))
    for generation, step, counter, stream_and_flags in cases:
        base, server, speaker = pattern(3, 32), pattern(4, 32), 0x01020304
        plaintext = struct.pack(">I", 480) + pattern(5, 60)
        kid = generation << 16 | step
        secret = hmac.digest(b"", base, "sha256")

        def derive(text, size):
            label = text + struct.pack(">QH", kid, 4)
            return hmac.digest(secret, label + b"\1", "sha256")[:size]

        nonce = int.from_bytes(derive(b"SFrame 1.0 Secret salt ", 12), "big") ^ counter
        (high, kid_rest), (low, counter_rest) = sframe_number(kid), sframe_number(counter)
        header = bytes([high << 4 | low]) + kid_rest + counter_rest
        bound = header + server + struct.pack(">IB", speaker, stream_and_flags)
        cipher = AESGCM(derive(b"SFrame 1.0 Secret key ", 16))
        yield {
            "sender_key": base.hex(), "generation": generation, "step": step, "counter": counter,
            "server_id": server.hex(), "speaker": speaker, "stream_and_flags": stream_and_flags,
            "plaintext": plaintext.hex(),
            "sealed": (header + cipher.encrypt(nonce.to_bytes(12, "big"), plaintext, bound)).hex(),
        }


def x25519(start):
    secret = X25519PrivateKey.from_private_bytes(pattern(start, 32))
    return secret, secret.public_key().public_bytes_raw()


def ed25519(start):
    secret = Ed25519PrivateKey.from_private_bytes(pattern(start, 32))
    return secret, secret.public_key().public_bytes_raw()


def share_vector():
    (sender, sender_x), (receiver, receiver_x) = x25519(6), x25519(7)
    sender_id, receiver_id, server = pattern(8, 32), pattern(9, 32), pattern(4, 32)
    agreed = sender.exchange(receiver.public_key())
    info = b"partyline/1 share" + server + sender_id + receiver_id + sender_x + receiver_x
    context = {"channel": 5, "from": 0x01020304, "to": 0x05060708, "stream": 3, "generation": 70000, "step": 513}
    bound = struct.pack(">IIIBIH", *context.values())
    nonce, sender_key = pattern(10, 24), pattern(3, 32)
    sealed = nonce + xchacha20poly1305(hkdf(agreed, info), nonce, bound, sender_key)
    return context | {
        "sender_x25519_secret": pattern(6, 32).hex(), "receiver_x25519_secret": pattern(7, 32).hex(),
        "sender_identity": sender_id.hex(), "receiver_identity": receiver_id.hex(),
        "server_id": server.hex(), "sender_key": sender_key.hex(), "sealed": sealed.hex(),
    }


def login_vector():
    identity, public = ed25519(11)
    exporter, x25519_key, server = pattern(12, 32), pattern(13, 32), pattern(4, 32)
    versions, expiry = [1, 7], 1_700_000_000_000
    login = b"partyline/1 login" + exporter + x25519_key + struct.pack(">I2I", 2, *versions)
    device = b"partyline/1 device" + server + x25519_key + struct.pack(">Q", expiry)

    def digits(data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    return {
        "seed": pattern(11, 32).hex(), "identity": public.hex(),
        "fingerprint": digits(hashlib.sha256(public).digest()),
        "identity_text": f"partyline identity 1 {digits(pattern(11, 32))} {digits(public)}\n",
        "exporter": exporter.hex(), "x25519": x25519_key.hex(), "server_id": server.hex(),
        "versions": versions, "expiry_unix_ms": expiry, "hop_key": exporter[:16].hex(),
        "server_signature": identity.sign(b"partyline/1 server" + exporter).hex(),
        "login_signature": identity.sign(login).hex(),
        "device_signature": identity.sign(device).hex(),
    }


def main():
    # What the authors' papers give, before anything of ours is believed.
    assert siphash(bytes(range(16)), bytes(range(15))).hex() == "e545be4961ca29a1"
    assert hchacha20(bytes(range(32)), bytes.fromhex("000000090000004a0000000031415927")).hex().startswith("82413b4227b27bfe")
    vectors = {
        "hop": list(hop_vectors()),
        "ratchet": list(ratchet_vectors()),
        "frame": list(frame_vectors()),
        "share": share_vector(),
        "login": login_vector(),
    }
    print(json.dumps(vectors, indent=1))


if __name__ == "__main__":
    main()
