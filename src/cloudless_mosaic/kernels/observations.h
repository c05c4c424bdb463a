/* Which observations count, for a chunk of neighbouring pixels, and their values in order. A stack has shape
   (band, time, pixel); 0 is no observation. An observation counts in all bands of a pixel or in none. */

#include <string.h>

/* Pixels that are processed together: a series of some dozens of dates stays in the first caches. */
enum { CHUNK = 512 };

/* All bits of a pixel of `keep` are set where the observation has a value in every band; the others are 0.
   Adds to `counts`, and returns 1 where any pixel has a value. */
INLINE uint8_t keep_complete(const uint16_t *stack, ptrdiff_t band_stride, ptrdiff_t bands, ptrdiff_t size,
                             uint16_t *restrict keep, uint16_t *restrict counts)
{
    memset(keep, 0xff, CHUNK * sizeof *keep);
    for (ptrdiff_t band = 0; band < bands; band++) {
        const uint16_t *restrict row = stack + band * band_stride;
        for (ptrdiff_t i = 0; i < size; i++)
            keep[i] = row[i] ? keep[i] : 0;
    }
    uint16_t any = 0;
    for (ptrdiff_t i = 0; i < size; i++) {
        counts[i] = (uint16_t)(counts[i] + (keep[i] & 1));
        any |= keep[i];
    }
    return any != 0;
}

/* Least and most observations of the pixels of a chunk. */
INLINE void count_range(const uint16_t *restrict counts, ptrdiff_t size, uint16_t *least, uint16_t *most)
{
    uint16_t low = 65535, high = 0;
    for (ptrdiff_t i = 0; i < size; i++) {
        low = counts[i] < low ? counts[i] : low;
        high = counts[i] > high ? counts[i] : high;
    }
    *least = low;
    *most = high;
}

INLINE void order(uint16_t *restrict low, uint16_t *restrict high)
{
    for (ptrdiff_t i = 0; i < CHUNK; i++) {
        uint16_t a = low[i], b = high[i];
        low[i] = a < b ? a : b;
        high[i] = a < b ? b : a;
    }
}

/* Sorts the values of one band that count, shape (time, CHUNK); zeros come first. */
INLINE void sort_kept(const uint16_t *band, ptrdiff_t pixels, ptrdiff_t times, ptrdiff_t size,
                      const uint16_t *keep, const int64_t *network, ptrdiff_t comparators, uint16_t *series)
{
    for (ptrdiff_t time = 0; time < times; time++) {
        const uint16_t *restrict row = band + time * pixels;
        const uint16_t *restrict kept = keep + time * CHUNK;
        uint16_t *restrict target = series + time * CHUNK;
        for (ptrdiff_t i = 0; i < size; i++)
            target[i] = row[i] & kept[i];
        memset(target + size, 0, (size_t)(CHUNK - size) * sizeof *target);
    }
    for (ptrdiff_t pair = 0; pair < comparators; pair++)
        order(series + network[2 * pair] * CHUNK, series + network[2 * pair + 1] * CHUNK);
}

/* To the nearest whole number, halves to even; from 0 to 2 to the power of 51. Unlike rint() it is vector code
   on every processor. */
INLINE double whole(double value)
{
    return (value + 4503599627370496.0) - 4503599627370496.0;
}
