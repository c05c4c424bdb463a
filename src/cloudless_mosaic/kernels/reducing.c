/* Fills a stack of observations, and reduces it by the median. */

#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "processors.h"
#include "observations.h"

/* Fills the free pixels of a slot where they are wanted and every band has a value; 1 if it filled any. */
int fill_free(uint16_t *slot, ptrdiff_t slot_band, const uint16_t *own, const uint8_t *wanted,
              ptrdiff_t bands, ptrdiff_t pixels)
{
    int any = 0;
    for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) {
        if (!wanted[pixel] || slot[pixel])
            continue;
        int complete = 1;
        for (ptrdiff_t band = 0; band < bands; band++)
            complete &= own[band * pixels + pixel] != 0;
        if (complete) {
            any = 1;
            for (ptrdiff_t band = 0; band < bands; band++)
                slot[band * slot_band + pixel] = own[band * pixels + pixel];
        }
    }
    return any;
}

/* Median of those pixels that have `count` values, which are the last of their sorted series. */
INLINE void pick(const uint16_t *series, ptrdiff_t times, uint16_t count,
                        const uint16_t *restrict counts, uint16_t *restrict out)
{
    const uint16_t *low = series + (times - 1 - count / 2) * CHUNK;
    const uint16_t *high = series + (times - count + count / 2) * CHUNK;
    for (ptrdiff_t i = 0; i < CHUNK; i++) {
        uint16_t differing = low[i] ^ high[i];
        /* the mean without a carry, rounded down, then up to even where it was a half */
        uint16_t mean = (uint16_t)((low[i] & high[i]) + (differing >> 1));
        mean = (uint16_t)(mean + (differing & mean & 1));
        out[i] = counts[i] == count ? mean : out[i];
    }
}

/* Median over time of every band, where an observation counts in all bands of a pixel or in none. Zeros sort
   to the front, so the median lies at a place that depends on the count alone; the place is chosen by a loop
   over the counts that occur. Returns 0, or 1 where memory is short. */
PER_PROCESSOR
int joint_median(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                 const int64_t *network, ptrdiff_t comparators, uint16_t *out, uint16_t *count,
                 uint8_t *contributed)
{
    uint16_t *keep = malloc((size_t)(2 * times * CHUNK) * sizeof *keep);
    if (!keep)
        return 1;
    uint16_t *series = keep + times * CHUNK;
    uint16_t counts[CHUNK], picked[CHUNK];
    ptrdiff_t band_stride = times * pixels;
    for (ptrdiff_t start = 0; start < pixels; start += CHUNK) {
        ptrdiff_t size = pixels - start < CHUNK ? pixels - start : CHUNK;
        memset(counts, 0, sizeof counts);
        for (ptrdiff_t time = 0; time < times; time++)
            contributed[time] |= keep_complete(stack + time * pixels + start, band_stride, bands, size,
                                               keep + time * CHUNK, counts);
        uint16_t least, most;
        count_range(counts, size, &least, &most);
        memcpy(count + start, counts, (size_t)size * sizeof *counts);
        for (ptrdiff_t band = 0; band < bands; band++) {
            memset(picked, 0, sizeof picked);
            if (most) {
                sort_kept(stack + band * band_stride + start, pixels, times, size, keep, network, comparators,
                          series);
                for (uint16_t n = least ? least : 1; n <= most; n++)
                    pick(series, times, n, counts, picked);
            }
            memcpy(out + band * pixels + start, picked, (size_t)size * sizeof *picked);
        }
    }
    free(keep);
    return 0;
}
