"""MD4 and RIPEMD-160 in Python, for machines whose OpenSSL has dropped them.

Rules: pure; from RFC 1320 and the publication of RIPEMD-160. Slow, and unsafe as cryptography: for old protocols only.
"""

from __future__ import annotations

import struct
from typing import Final

__all__ = ["md4", "ripemd160"]

_MASK: Final = 0xFFFFFFFF


def _rotate(value: int, count: int) -> int:
    value &= _MASK
    return ((value << count) | (value >> (32 - count))) & _MASK


def _blocks(data: bytes) -> list[tuple[int, ...]]:
    """The padded message as blocks of sixteen words, little-endian."""
    padded = data + b"\x80" + b"\0" * ((55 - len(data)) % 64) + struct.pack("<Q", len(data) * 8 & (2**64 - 1))
    return [struct.unpack_from("<16I", padded, at) for at in range(0, len(padded), 64)]


# --- MD4: three rounds of (word order, shifts, constant) ---

_MD4_ROUNDS: Final = (
    (tuple(range(16)), (3, 7, 11, 19), 0),
    (tuple(row + 4 * column for row in range(4) for column in range(4)), (3, 5, 9, 13), 0x5A827999),
    ((0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15), 0x6ED9EBA1),
)


def _md4_mix(number: int, x: int, y: int, z: int) -> int:
    if number == 0:
        return (x & y) | (~x & z)
    return (x & y) | (x & z) | (y & z) if number == 1 else x ^ y ^ z


def md4(data: bytes) -> bytes:
    """The MD4 digest."""
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    for words in _blocks(data):
        a, b, c, d = state
        for number, (order, shifts, constant) in enumerate(_MD4_ROUNDS):
            for step, word in enumerate(order):
                total = a + _md4_mix(number, b, c, d) + words[word] + constant
                a, b, c, d = d, _rotate(total, shifts[step % 4]), b, c
        state = [(old + new) & _MASK for old, new in zip(state, (a, b, c, d), strict=True)]
    return struct.pack("<4I", *state)


# --- RIPEMD-160: two lines of five rounds ---

_RHO: Final = (7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8)
_SHIFTS: Final = (
    (11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8),
    (12, 13, 11, 15, 6, 9, 9, 7, 12, 15, 11, 13, 7, 8, 7, 7),
    (13, 15, 14, 11, 7, 7, 6, 8, 13, 14, 13, 12, 5, 5, 6, 9),
    (14, 11, 12, 14, 8, 6, 5, 5, 15, 12, 15, 14, 9, 9, 8, 6),
    (15, 12, 13, 13, 9, 5, 8, 6, 14, 11, 12, 11, 8, 6, 5, 5),
)
_LEFT_CONSTANTS: Final = (0, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E)
_RIGHT_CONSTANTS: Final = (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0)


def _orders(first: tuple[int, ...]) -> list[tuple[int, ...]]:
    rounds = [first]
    for _ in range(4):
        rounds.append(tuple(_RHO[word] for word in rounds[-1]))
    return rounds


_LEFT: Final = _orders(tuple(range(16)))
_RIGHT: Final = _orders(tuple((9 * word + 5) % 16 for word in range(16)))


def _ripemd_mix(number: int, x: int, y: int, z: int) -> int:
    match number:
        case 0:
            return x ^ y ^ z
        case 1:
            return (x & y) | (~x & z)
        case 2:
            return (x | ~y) ^ z
        case 3:
            return (x & z) | (y & ~z)
        case _:
            return x ^ (y | ~z)


def _line(
    state: list[int], words: tuple[int, ...], orders: list[tuple[int, ...]], constants: tuple[int, ...], *, right: bool
) -> tuple[int, ...]:
    a, b, c, d, e = state
    for number, order in enumerate(orders):
        for word in order:
            # Shifts go by the word, in the line of the left as in that of the right.
            total = a + _ripemd_mix(4 - number if right else number, b, c, d) + words[word] + constants[number]
            a, b, c, d, e = e, (_rotate(total, _SHIFTS[number][word]) + e) & _MASK, b, _rotate(c, 10), d
    return a, b, c, d, e


def ripemd160(data: bytes) -> bytes:
    """The RIPEMD-160 digest."""
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
    for words in _blocks(data):
        left = _line(state, words, _LEFT, _LEFT_CONSTANTS, right=False)
        right = _line(state, words, _RIGHT, _RIGHT_CONSTANTS, right=True)
        state = [(state[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]) & _MASK for i in range(5)]
    return struct.pack("<5I", *state)
