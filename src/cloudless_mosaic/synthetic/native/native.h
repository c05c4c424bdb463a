/* The loops of the synthetic archive. No state and no memory of their own: safe in any thread. The archive is
   equal byte for byte on every machine, so they round as IEEE 754 requires: see the build. */

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "declarations.h"
#include "processors.h"

static inline double least(double a, double b) { return a < b ? a : b; }
static inline double most(double a, double b) { return a > b ? a : b; }
static inline int64_t whole(double value) { return (int64_t)floor(value); }

/* Goes smoothly from 0 at `low` to 1 at `high`. */
static inline double ramp(double low, double high, double value)
{
    double x = least(1.0, most(0.0, (value - low) / (high - low)));
    return x * x * (3.0 - 2.0 * x);
}

/* Hashes a lattice cell to 64 evenly spread bits: two rounds of xor-shift and multiply with the constants of
   SplitMix64 (Steele, Lea and Flood 2014). */
static inline uint64_t mix(uint64_t seed, int64_t column, int64_t row)
{
    uint64_t h = seed ^ ((uint64_t)column * 0x9E3779B97F4A7C15u) ^ ((uint64_t)row * 0xD1B54A32D192ED03u);
    h = (h ^ (h >> 31)) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 31)) * 0x94D049BB133111EBu;
    return h ^ (h >> 31);
}

/* Hashes the cell of 2**bits world units that holds a position. */
static inline uint64_t cell_hash(uint64_t seed, double u, double v, int bits)
{
    return mix(seed, (whole(u) >> bits) & (((int64_t)1 << (WORLD_BITS - bits)) - 1), whole(v) >> bits);
}

/* One of four independent numbers in [0, 1) held by a hash; `part` is 0 to 3. */
static inline double share(uint64_t hash, int part)
{
    return (double)(hash >> (16 * part) & 0xFFFF) / 65536.0;
}
