"""What the loops of the synthetic archive compute, in plain Python, one place or pixel at a time."""

from __future__ import annotations

import math

import numpy as np

WATER, SHALLOWS, CONIFERS, BROADLEAVES, CLEARING, GRASS, CROP, SOIL, GARDENS, ROOFS, STREET, ROCK, SNOW = (
    range(13)
)
WORLD_BITS = 25
AROUND = float(1 << WORLD_BITS)
STEP = 640.0
WORD = (1 << 64) - 1


def clamp(low, value, high):
    return min(high, max(low, value))


def ramp(low, high, value):
    x = clamp(0.0, (value - low) / (high - low), 1.0)
    return x * x * (3.0 - 2.0 * x)


def mix(seed, column, row):
    h = (seed ^ (column * 0x9E3779B97F4A7C15) ^ (row * 0xD1B54A32D192ED03)) & WORD
    for multiplier in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB):
        h = ((h ^ (h >> 31)) * multiplier) & WORD
    return h ^ (h >> 31)


def cell_hash(seed, u, v, bits):
    return mix(seed, (math.floor(u) >> bits) & ((1 << (WORLD_BITS - bits)) - 1), math.floor(v) >> bits)


def share(h, part):
    return ((h >> (16 * part)) & 0xFFFF) / 65536.0


def gradient(seed, column, row):
    h = mix(seed, column, row)
    return (h & 0xFFFFFFFF) / 2147483648.0 - 1.0, (h >> 32) / 2147483648.0 - 1.0


def smooth(seed, u, v, u_bits, v_bits):
    """Gradient noise of a place; on an edge, that of the cell which begins there."""
    column, row = math.floor(u / (1 << u_bits)), math.floor(v / (1 << v_bits))
    x, y = u / (1 << u_bits) - column, v / (1 << v_bits) - row
    a, b = (t * t * t * (t * (t * 6.0 - 15.0) + 10.0) for t in (x, y))
    around = (1 << (WORLD_BITS - u_bits)) - 1
    sides = []
    for north in (0, 1):
        west, east = (gradient(seed, (column + step) & around, row + north) for step in (0, 1))
        left = west[0] * x + west[1] * (y - north)
        right = east[0] * (x - 1.0) + east[1] * (y - north)
        sides.append(left + a * (right - left))
    return sides[0] + b * (sides[1] - sides[0])


def fractal(seed, u, v, bits, octaves):
    total = 0.0
    for octave in range(octaves):
        total += 0.5**octave * smooth(seed + octave, u, v, bits - octave, bits - octave)
    return total


def locate(lattice, x, y):
    i, j = math.floor(x / STEP), math.floor(y / STEP)
    a, b = x / STEP - i, y / STEP - j
    i, j = i - lattice.first[0], j - lattice.first[1]
    return tuple(between(nodes, i, j, a, b) for nodes in (lattice.u, lattice.v))


def between(nodes, i, j, a, b):
    south = nodes[j, i] + a * (nodes[j, i + 1] - nodes[j, i])
    north = nodes[j + 1, i] + a * (nodes[j + 1, i + 1] - nodes[j + 1, i])
    return float(south + b * (north - south))


def terrain(seed, u, v):
    """Height, and distance from the valley floor, in single precision."""
    mountains = ramp(-0.05, 0.35, fractal(seed + 100, u, v, 16, 2))
    valley = abs(fractal(seed + 200, u, v, 13, 4))
    base = 45.0 + 260.0 * fractal(seed + 300, u, v, 14, 2) + 160.0 * mountains
    crags = fractal(seed + 400, u, v, 11, 3) * (60.0 + 1000.0 * mountains)
    height = base + min(1.3, 2.2 * valley) * (130.0 + 2000.0 * mountains + crags)
    return np.float32(height), np.float32(valley)


def ground(seed, place, east, south, pixel):
    """Cover, light and height of a pixel, of its position and those of its neighbours."""
    (here, valley), (eastern, _), (southern, _) = (
        terrain(seed, *position) for position in (place, east, south)
    )
    eastward, southward = float(eastern - here) / pixel, float(southern - here) / pixel
    here, slope = float(here), abs(eastward) + abs(southward)
    cover, tone = land_cover(seed, *place, here, float(valley), slope)
    if cover > SHALLOWS:
        relief = clamp(0.3, 1.0 - 0.25 * eastward - 0.85 * southward, 1.45)
        tone *= math.floor(relief * 8.0 + 0.5) / 8.0
    return cover, math.floor(tone * 32 + 0.5), math.floor(clamp(0.0, here / 12.0, 255.0))


def land_cover(seed, u, v, height, valley, slope):
    if height < 0.0:
        return (SHALLOWS if height > -4.0 else WATER), 1.0
    river = 0.003 + 0.02 * ramp(-0.1, 0.5, fractal(seed + 500, u, v, 14, 1))
    if height < 420.0 and valley < river:
        return (SHALLOWS if height > 60.0 else WATER), 1.0
    if height < 320.0 and slope < 0.25:
        built = fractal(seed + 600, u, v, 13, 3) - height / 900.0 - 0.16
        if built > 0.0:
            return town(seed, u, v, built)
        if fractal(seed + 700, u, v, 13, 3) - height / 700.0 + 0.1 > 0.0 and slope < 0.12:
            return field(seed, u, v)
    return forest(seed, u, v, height, slope)


def town(seed, u, v, density):
    if (math.floor(u) & 1023) < 34 or (math.floor(v) & 1023) < 34 or (math.floor(v) & 127) < 14:
        return STREET, 1.0
    block = cell_hash(seed + 610, u, v, 7)
    if share(block, 0) < 0.12:
        return GRASS, 1.0
    return (ROOFS if share(block, 2) < 3.0 * density else GARDENS), 0.9 + 0.25 * share(block, 1)


def field(seed, u, v):
    estate = cell_hash(seed + 710, u, v, 11)
    x, y = math.floor(u) & 2047, math.floor(v) & 2047
    if x < 14 or y < 14:
        return STREET, 1.0
    turn = 0.5 * share(estate, 0) - 0.25
    across = (x + turn * y) / (240.0 + 260.0 * share(estate, 1))
    along = (y - turn * x) / (330.0 + 470.0 * share(estate, 2))
    parcel = cell_hash(estate, across + 64.0, along + 64.0, 0)
    choice, tone = share(parcel, 0), 0.88 + 0.24 * share(parcel, 1)
    for cover, limit in ((GRASS, 0.42), (CROP, 0.64), (SOIL, 0.84), (CONIFERS, 0.94)):
        if choice < limit:
            return cover, tone
    return BROADLEAVES, tone


def forest(seed, u, v, height, slope):
    bend = 1100.0 * fractal(seed + 810, u, v, 10, 1)
    stand = cell_hash(seed + 820, u + bend, v - bend, 10)
    tone = 0.9 + 0.06 * int(4.0 * share(stand, 0))
    exposure = height + 500.0 * fractal(seed + 840, u, v, 10, 1) + 500.0 * slope
    choice = share(stand, 1)
    if exposure > 1750.0:
        return ROCK, tone
    if exposure > 1450.0 or (choice < 0.1 and slope < 0.6):
        return CLEARING, tone
    if height < 350.0 and choice < 0.45 - height / 1000.0:
        return BROADLEAVES, tone
    return CONIFERS, tone


def sky(seed, u, v, clouds, cirrus, haze, edge, inwards):
    """Cloud, cirrus, haze and whether it is seen."""
    broad, fine = fractal(seed, u, v, 13, 2), fractal(seed + 2, u, v, 11, 4)
    thickness = 0
    if broad + 0.4 >= clouds:
        lowest, thinnest = (-0.7, 6 / 18) if clouds == -math.inf else (clouds, 0.0)
        thickness = math.floor(18 * clamp(thinnest, 2.2 * (broad + 0.5 * fine - lowest), 1.0))
    drawn_out = smooth(seed + 40, u, v, 15, 13) + 0.5 * smooth(seed + 41, u, v, 13, 11)
    veils = ((drawn_out, cirrus, 4.0), (fractal(seed + 80, u, v, 14, 2), haze, 3.0))
    densities = [math.floor(16 * clamp(0.0, steep * (depth - limit), 1.0)) for depth, limit, steep in veils]
    eastwards = (u - edge[0] + AROUND / 2) % AROUND - AROUND / 2
    return thickness, *densities, eastwards * inwards[0] + (v - edge[1]) * inwards[1] >= 0.0


def dressed(cover, light, height, snow_line):
    open_land = cover not in {WATER, SHALLOWS, STREET}
    return SNOW if open_land and height - 0.25 * (light - 32) > snow_line else cover


def lit(reflectance, light):
    return float(np.float32(reflectance) * np.float32(light)) / 32


def land_class(pixels, snow_line):
    """The class that most of four (cover, light, height) have."""
    classes = (6, 6, 4, 4, 5, 4, 4, 5, 4, 5, 5, 5, 11)
    votes, chosen = 0, 0
    for cover, light, height in pixels:
        row = dressed(cover, light, height, snow_line)
        code = 2 if light < 14.4 and row != SNOW else classes[row]
        chosen = chosen if votes else code
        votes += 1 if code == chosen else -1
    return chosen


def scene_class(pixels, snow_line, cloud, shadow, cirrus, seen, *, left_open):
    for code, found in (
        *((0, not seen), (9, cloud >= 6), (8, cloud >= 2), (10, cirrus >= 4), (3, shadow >= 2)),
        (7, cloud > 0 and left_open),
    ):
        if found:
            return code
    return land_class(pixels, snow_line)


def through(value, veils, shade, cirrus_light, haze_light, thin, thick):
    cloud, shadow, cirrus, haze = veils
    value *= 1.0 - (1.0 - shade) * min(1.0, shadow / 6)
    value += cirrus / 16 * (cirrus_light - 0.35 * value)
    value += haze / 16 * (haze_light - 0.35 * value)
    body = thin + (thick - thin) * cloud / 18
    return value + min(1.0, cloud / 6) * (body - value)


def grain(seed, band, x, y):
    """The sum of two random bytes, around 0."""
    own = mix(seed + band // 4, x, y) >> (16 * (band % 4))
    return float((own & 255) + ((own >> 8) & 255)) - 255.0
