/* Percentiles and means over time. */

#include <stdlib.h>

#include "kernels.h"
#include "processors.h"
#include "observations.h"

/* The two values that a percentile lies between, for those pixels that have `count` values; `low` and `high`
   are their places among the values, from the smallest. */
INLINE void pick_pair(const uint16_t *series, ptrdiff_t first, ptrdiff_t low, ptrdiff_t high, uint16_t count,
                      const uint16_t *restrict counts, uint16_t *restrict lows, uint16_t *restrict highs)
{
    const uint16_t *restrict below = series + (first + low) * CHUNK;
    const uint16_t *restrict above = series + (first + high) * CHUNK;
    for (ptrdiff_t i = 0; i < CHUNK; i++) {
        /* all bits or none: of a condition gcc makes a branch for each pixel, four times as slow */
        uint16_t same = (uint16_t)-(uint16_t)(counts[i] == count);
        lows[i] = (uint16_t)((below[i] & same) | (lows[i] & ~same));
        highs[i] = (uint16_t)((above[i] & same) | (highs[i] & ~same));
    }
}

/* Linear interpolation as in numpy, from the nearer end, so that ties and halves are the same. */
INLINE void interpolate(const uint16_t *restrict lows, const uint16_t *restrict highs,
                        const double *restrict fractions, uint16_t *restrict out, ptrdiff_t size)
{
    for (ptrdiff_t i = 0; i < size; i++) {
        double low = (double)(int32_t)lows[i], high = (double)(int32_t)highs[i], fraction = fractions[i];
        double from_low = low + (high - low) * fraction;
        double from_high = high - (high - low) * (1.0 - fraction);
        out[i] = (uint16_t)(int32_t)whole(fraction < 0.5 ? from_low : from_high);
    }
}

/* A percentile over time of every band. `lows`, `highs` and `fractions` say for every count, from 0 to `times`,
   which two of the sorted values it lies between and how far from the first. Returns 0, or 1 where memory is
   short. */
PER_PROCESSOR
int joint_percentile(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                     const int64_t *network, ptrdiff_t comparators, const int64_t *lows, const int64_t *highs,
                     const double *fractions, uint16_t *out, uint16_t *count, int64_t *counted)
{
    uint16_t *keep = malloc((size_t)(2 * times * CHUNK) * sizeof *keep);
    if (!keep)
        return 1;
    uint16_t *series = keep + times * CHUNK;
    uint16_t counts[CHUNK], low[CHUNK], high[CHUNK];
    double fraction[CHUNK];
    ptrdiff_t band_stride = times * pixels;
    for (ptrdiff_t start = 0; start < pixels; start += CHUNK) {
        ptrdiff_t size = pixels - start < CHUNK ? pixels - start : CHUNK;
        memset(counts, 0, sizeof counts);
        for (ptrdiff_t time = 0; time < times; time++)
            counted[time] += keep_complete(stack + time * pixels + start, band_stride, bands, size,
                                           keep + time * CHUNK, counts);
        uint16_t least, most;
        count_range(counts, size, &least, &most);
        memcpy(count + start, counts, (size_t)size * sizeof *counts);
        for (ptrdiff_t i = 0; i < size; i++)
            fraction[i] = fractions[counts[i]];
        for (ptrdiff_t band = 0; band < bands; band++) {
            memset(low, 0, sizeof low);
            memset(high, 0, sizeof high);
            if (most) {
                sort_kept(stack + band * band_stride + start, pixels, times, size, keep, network, comparators,
                          series);
                for (uint16_t n = least ? least : 1; n <= most; n++)
                    pick_pair(series, times - n, lows[n], highs[n], n, counts, low, high);
            }
            interpolate(low, high, fraction, out + band * pixels + start, size);
        }
    }
    free(keep);
    return 0;
}

/* Mean over time of every band, rounded half to even. A quotient of whole numbers below 2 to the power of 32
   that is no half differs from every half by more than the division rounds, so the result is exact. Returns 0,
   or 1 where memory is short. */
PER_PROCESSOR
int joint_mean(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels, uint16_t *out,
               uint16_t *count, int64_t *counted)
{
    uint16_t *keep = malloc((size_t)(times * CHUNK) * sizeof *keep);
    if (!keep)
        return 1;
    uint16_t counts[CHUNK];
    uint32_t sums[CHUNK];
    ptrdiff_t band_stride = times * pixels;
    for (ptrdiff_t start = 0; start < pixels; start += CHUNK) {
        ptrdiff_t size = pixels - start < CHUNK ? pixels - start : CHUNK;
        memset(counts, 0, sizeof counts);
        for (ptrdiff_t time = 0; time < times; time++)
            counted[time] += keep_complete(stack + time * pixels + start, band_stride, bands, size,
                                           keep + time * CHUNK, counts);
        memcpy(count + start, counts, (size_t)size * sizeof *counts);
        for (ptrdiff_t band = 0; band < bands; band++) {
            memset(sums, 0, sizeof sums);
            for (ptrdiff_t time = 0; time < times; time++) {
                const uint16_t *restrict row = stack + band * band_stride + time * pixels + start;
                const uint16_t *restrict kept = keep + time * CHUNK;
                for (ptrdiff_t i = 0; i < size; i++)
                    sums[i] += (uint32_t)(row[i] & kept[i]);
            }
            uint16_t *restrict target = out + band * pixels + start;
            for (ptrdiff_t i = 0; i < size; i++) {
                /* halves of the sum fit the signed numbers that processors convert to floats */
                double sum = 2.0 * (double)(int32_t)(sums[i] >> 1) + (double)(int32_t)(sums[i] & 1);
                double divisor = (double)(int32_t)(counts[i] ? counts[i] : 1);
                target[i] = (uint16_t)(int32_t)whole(sum / divisor);
            }
        }
    }
    free(keep);
    return 0;
}
