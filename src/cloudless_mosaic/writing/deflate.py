"""A DEFLATE encoder for differenced pixels (RFC 1950, RFC 1951), made for speed.

Neighbouring pixels of a reflectance band differ by noise. Noise has no repeated strings, so a general encoder
spends its time on looking for what isn't there. This one codes bytes by Huffman's method alone and knows a
single kind of repetition, runs of zero bytes, as nodata gives them. On differenced Sentinel-2 pixels it gives
the size of libdeflate's level 1 in a fifth of the time. Every inflater reads the result.
"""

from __future__ import annotations

from typing import Any, cast

import imagecodecs
import numba
import numpy as np
import numpy.typing as npt

_CHUNK = 16384
"""Words of 8 bytes that share one Huffman code."""

_LITERALS = 256
_END = 256
_SYMBOLS = 286
_LONGEST_MATCH = 258
_LONGEST_MATCH_SYMBOL = 285
_CODE_LIMIT = 14
"""Longest code, bits: two fit a half-filled 64-bit buffer, and 15 is the format's own limit."""

_MATCH_BASE = np.array(
    [
        *(3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163),
        *(195, 227, 258),
    ]
)
"""Shortest match of the symbols from 257 on (RFC 1951, 3.2.5)."""

_MATCH_EXTRA = np.array([*(0,) * 8, *(extra for extra in range(1, 6) for _ in range(4)), 0])
"""Bits that follow the symbol of a match and say how much longer it is."""

_CODE_LENGTH_SYMBOLS = 19
_NIBBLE = 4

_State = tuple[np.int64, np.uint64, np.int64]
"""Place of the next word in the output, bits that wait to go there, and how many wait."""


def deflate(pixels: npt.NDArray[Any]) -> bytes:
    """Encodes an array as one zlib stream.

    Args:
        pixels: C-contiguous, of any shape and type; its size in bytes is a multiple of 8.

    Returns:
        The stream. The same pixels always give the same bytes.
    """
    words = pixels.reshape(-1).view(np.uint64)
    chunks = -(-len(words) // _CHUNK)
    # room for the longest code at every byte, and for the heads of the chunks
    out = np.empty(len(words) * 8 * _CODE_LIMIT // 32 + 64 * (chunks + 1), np.uint32)
    size = _encode(words, out)
    # imagecodecs takes any buffer, its type hints name only some
    checksum = imagecodecs.deflate_adler32(cast("bytes", words))
    return out.view(np.uint8)[:size].tobytes() + checksum.to_bytes(4, "big")


@numba.njit(cache=True, nogil=True)
def _encode(
    words: npt.NDArray[np.uint64], out: npt.NDArray[np.uint32]
) -> np.int64:  # pragma: no cover - compiled
    """Writes the zlib head and all blocks; returns the size in bytes."""
    counts = np.empty(_SYMBOLS, np.int64)
    lengths = np.empty(_SYMBOLS, np.int64)
    # the two bytes of the zlib head: DEFLATE with a window of 32 KiB, fastest level
    state = (np.int64(0), np.uint64(0x0178), np.int64(16))
    for start in range(0, len(words), _CHUNK):
        stop = min(start + _CHUNK, len(words))
        chunk = words[start:stop]
        _count_symbols(chunk, counts)
        _choose_lengths(counts, lengths)
        codes = _canonical_codes(lengths)
        state = _put_head(out, state, lengths, stop == len(words))
        state = _put_tokens(out, state, chunk, codes, lengths)
        state = _put(out, state, codes[_END], lengths[_END])
    position, buffer, filled = state
    out[position] = np.uint32(buffer & np.uint64(0xFFFFFFFF))
    return 4 * position + (filled + 7) // 8


@numba.njit(cache=True, nogil=True)
def _count_symbols(
    words: npt.NDArray[np.uint64], counts: npt.NDArray[np.int64]
) -> None:  # pragma: no cover - compiled
    """Counts how often each literal and match symbol will be written."""
    # four tables: an increment need not wait for the one before it to reach memory
    tables = np.zeros((4, _LITERALS), np.int64)
    counts[:] = 0
    index = 0
    while index < len(words):
        word = words[index]
        if word == 0:
            run, index = _zero_run(words, index)
            counts[0] += 1
            counts[_LONGEST_MATCH_SYMBOL] += run // _LONGEST_MATCH
            rest = run % _LONGEST_MATCH
            if rest >= 3:
                counts[_match_symbol(rest)] += 1
            else:
                counts[0] += rest
            continue
        for byte in range(8):
            tables[byte & 3, (word >> np.uint64(8 * byte)) & np.uint64(255)] += 1
        index += 1
    for literal in range(_LITERALS):
        counts[literal] += tables[:, literal].sum()
    counts[_END] = 1


@numba.njit(cache=True, nogil=True)
def _zero_run(words: npt.NDArray[np.uint64], index: int) -> tuple[int, int]:  # pragma: no cover - compiled
    """Zero bytes that repeat the first one at ``index``, and the index after the run."""
    stop = index + 1
    while stop < len(words) and words[stop] == 0:
        stop += 1
    return 8 * (stop - index) - 1, stop


@numba.njit(cache=True, nogil=True)
def _match_symbol(length: int) -> int:  # pragma: no cover - compiled
    index = len(_MATCH_BASE) - 1
    while _MATCH_BASE[index] > length:
        index -= 1
    return 257 + index


@numba.njit(cache=True, nogil=True)
def _choose_lengths(
    counts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> None:  # pragma: no cover - compiled
    """Gives every symbol with a count the length of its code; needs two such symbols or more."""
    # count and symbol in one number: sorted by count, and always the same order among equals
    keys = np.empty(_SYMBOLS, np.int64)
    used = 0
    for symbol in range(_SYMBOLS):
        if counts[symbol]:
            keys[used] = counts[symbol] << 9 | symbol
            used += 1
    _sort(keys, used)
    of_length = _limit(_tree_depths(keys, used), used)
    lengths[:] = 0
    length = _CODE_LIMIT
    for index in range(used):
        while of_length[length] == 0:
            length -= 1
        of_length[length] -= 1
        lengths[keys[index] & 511] = length


@numba.njit(cache=True, nogil=True)
def _sort(keys: npt.NDArray[np.int64], used: int) -> None:  # pragma: no cover - compiled
    """Sorts the first ``used`` numbers in place (Shell's method; numpy's sort takes a second to compile)."""
    gap = 121
    while gap:
        for index in range(gap, used):
            key, place = keys[index], index
            while place >= gap and keys[place - gap] > key:
                keys[place] = keys[place - gap]
                place -= gap
            keys[place] = key
        gap //= 3


@numba.njit(cache=True, nogil=True)
def _tree_depths(
    keys: npt.NDArray[np.int64], leaves: int
) -> npt.NDArray[np.int64]:  # pragma: no cover - compiled
    """Depth of every leaf of the Huffman tree, the leaves in ascending order of their counts."""
    weight = np.zeros(2 * leaves - 1, np.int64)
    for leaf in range(leaves):
        weight[leaf] = keys[leaf] >> 9
    parent = np.zeros(2 * leaves - 1, np.int64)
    lightest, inner = 0, leaves
    for node in range(leaves, 2 * leaves - 1):
        for _ in range(2):
            if lightest < leaves and (inner == node or weight[lightest] <= weight[inner]):
                child = lightest
                lightest += 1
            else:
                child = inner
                inner += 1
            weight[node] += weight[child]
            parent[child] = node
    depth = np.zeros(2 * leaves - 1, np.int64)
    for node in range(2 * leaves - 3, -1, -1):
        depth[node] = depth[parent[node]] + 1
    return depth


@numba.njit(cache=True, nogil=True)
def _limit(
    depths: npt.NDArray[np.int64], leaves: int
) -> npt.NDArray[np.int64]:  # pragma: no cover - compiled
    """Leaves at each depth after those below the limit were lifted to it, the code still complete."""
    of_length = np.zeros(_CODE_LIMIT + 1, np.int64)
    space = 0
    for leaf in range(leaves):
        depth = min(depths[leaf], _CODE_LIMIT)
        of_length[depth] += 1
        space += 1 << (_CODE_LIMIT - depth)
    for _ in range(space - (1 << _CODE_LIMIT)):
        # the deepest leaf above the limit sinks by one and takes a leaf of the limit as its twin: that
        # frees exactly one place at the limit
        depth = _CODE_LIMIT - 1
        while of_length[depth] == 0:
            depth -= 1
        of_length[depth] -= 1
        of_length[depth + 1] += 2
        of_length[_CODE_LIMIT] -= 1
    return of_length


@numba.njit(cache=True, nogil=True)
def _canonical_codes(
    lengths: npt.NDArray[np.int64],
) -> npt.NDArray[np.uint64]:  # pragma: no cover - compiled
    """The codes that belong to the lengths (RFC 1951, 3.2.2), first bit lowest."""
    of_length = np.zeros(_CODE_LIMIT + 2, np.int64)
    for length in lengths:
        of_length[length + 1] += length > 0
    following = np.zeros(_CODE_LIMIT + 2, np.int64)
    for length in range(1, _CODE_LIMIT + 1):
        following[length] = (following[length - 1] + of_length[length]) << 1
    codes = np.zeros(len(lengths), np.uint64)
    for symbol, length in enumerate(lengths):
        if length:
            codes[symbol] = _reversed_bits(following[length], length)
            following[length] += 1
    return codes


@numba.njit(cache=True, nogil=True)
def _reversed_bits(code: int, length: int) -> int:  # pragma: no cover - compiled
    result = 0
    for _ in range(length):
        result = (result << 1) | (code & 1)
        code >>= 1
    return result


@numba.njit(cache=True, nogil=True)
def _put(
    out: npt.NDArray[np.uint32], state: _State, value: int, length: int
) -> _State:  # pragma: no cover - compiled
    """Adds up to 32 bits, first bit lowest, and moves full words out; between calls fewer than 32 wait."""
    position, buffer, filled = state
    buffer |= np.uint64(value) << np.uint64(filled)
    filled += length
    if filled >= 32:
        out[position] = np.uint32(buffer & np.uint64(0xFFFFFFFF))
        position += 1
        buffer >>= np.uint64(32)
        filled -= 32
    return position, buffer, filled


@numba.njit(cache=True, nogil=True)
def _put_head(
    out: npt.NDArray[np.uint32],
    state: _State,
    lengths: npt.NDArray[np.int64],
    final: bool,  # noqa: FBT001 - numba takes arguments by position
) -> _State:  # pragma: no cover - compiled
    """Writes the head of a block and its code (RFC 1951, 3.2.7), each length as a plain nibble."""
    state = _put(out, state, int(final) | 2 << 1, 3)
    state = _put(out, state, (_SYMBOLS - 257) | (2 - 1) << 5 | (_CODE_LENGTH_SYMBOLS - 4) << 10, 14)
    for symbol in range(_CODE_LENGTH_SYMBOLS):
        # the first three are the repeat codes, which aren't used; the sixteen lengths get four bits each
        state = _put(out, state, 0 if symbol < 3 else _NIBBLE, 3)
    for length in lengths:
        state = _put(out, state, _reversed_bits(length, _NIBBLE), _NIBBLE)
    # two distance codes of one bit: a complete code, though only the distance 1 is ever used
    for _ in range(2):
        state = _put(out, state, _reversed_bits(1, _NIBBLE), _NIBBLE)
    return state


@numba.njit(cache=True, nogil=True)
def _put_tokens(
    out: npt.NDArray[np.uint32],
    state: _State,
    words: npt.NDArray[np.uint64],
    codes: npt.NDArray[np.uint64],
    lengths: npt.NDArray[np.int64],
) -> _State:  # pragma: no cover - compiled
    """Writes the words as literals and runs."""
    # code and length of a literal in one word: one look-up for each byte
    table = np.empty(_LITERALS, np.uint64)
    for literal in range(_LITERALS):
        table[literal] = codes[literal] | np.uint64(lengths[literal]) << np.uint64(32)
    position, buffer, filled = state
    index = 0
    while index < len(words):
        word = words[index]
        if word == 0:
            run, index = _zero_run(words, index)
            state = _put_run(out, (position, buffer, filled), run, codes, lengths)
            position, buffer, filled = state
            continue
        for _ in range(4):
            low = table[word & np.uint64(255)]
            high = table[(word >> np.uint64(8)) & np.uint64(255)]
            word >>= np.uint64(16)
            low_length = low >> np.uint64(32)
            pair = (low & np.uint64(0xFFFF)) | (high & np.uint64(0xFFFF)) << low_length
            buffer |= pair << np.uint64(filled)
            filled += np.int64(low_length + (high >> np.uint64(32)))
            if filled >= 32:
                out[position] = np.uint32(buffer & np.uint64(0xFFFFFFFF))
                position += 1
                buffer >>= np.uint64(32)
                filled -= 32
        index += 1
    return position, buffer, filled


@numba.njit(cache=True, nogil=True)
def _put_run(
    out: npt.NDArray[np.uint32],
    state: _State,
    run: int,
    codes: npt.NDArray[np.uint64],
    lengths: npt.NDArray[np.int64],
) -> _State:  # pragma: no cover - compiled
    """Writes a zero byte and ``run`` more of them, as matches of distance 1 where they are long enough."""
    state = _put(out, state, codes[0], lengths[0])
    for _ in range(run // _LONGEST_MATCH):
        # the bit after the code is the distance, 0 for a distance of 1
        state = _put(out, state, codes[_LONGEST_MATCH_SYMBOL], lengths[_LONGEST_MATCH_SYMBOL] + 1)
    rest = run % _LONGEST_MATCH
    if rest >= 3:
        symbol = _match_symbol(rest)
        state = _put(out, state, codes[symbol], lengths[symbol])
        longer = rest - _MATCH_BASE[symbol - 257]
        # the extra bits and, after them, the bit of the distance
        return _put(out, state, longer, _MATCH_EXTRA[symbol - 257] + 1)
    for _ in range(rest):
        state = _put(out, state, codes[0], lengths[0])
    return state
