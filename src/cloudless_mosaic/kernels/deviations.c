/* Distances of the observations of a pixel from its composite. */

#include <math.h>
#include <stdlib.h>

#include "kernels.h"
#include "processors.h"
#include "observations.h"

INLINE void order_floats(float *restrict low, float *restrict high)
{
    for (ptrdiff_t i = 0; i < CHUNK; i++) {
        float a = low[i], b = high[i];
        low[i] = a < b ? a : b;
        high[i] = a < b ? b : a;
    }
}

/* Distances from the median, the exact mean of the two middle values; infinite where there is no value, so
   that they sort to the end. */
INLINE void deviate(const uint16_t *series, ptrdiff_t times, const float *restrict middle, float *deviations)
{
    for (ptrdiff_t time = 0; time < times; time++) {
        const uint16_t *restrict values = series + time * CHUNK;
        float *restrict target = deviations + time * CHUNK;
        for (ptrdiff_t i = 0; i < CHUNK; i++)
            target[i] = values[i] ? fabsf((float)values[i] - middle[i]) : INFINITY;
    }
}

/* Median of the absolute deviations from the median, of every band, in digital numbers; NaN where no
   observation counts. All of it is exact: whole numbers and halves. Returns 0, or 1 where memory is short. */
PER_PROCESSOR
int joint_median_deviation(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                           const int64_t *network, ptrdiff_t comparators, float *out)
{
    uint16_t *keep = malloc((size_t)(2 * times * CHUNK) * sizeof *keep);
    float *deviations = malloc((size_t)(times * CHUNK) * sizeof *deviations);
    if (!keep || !deviations) {
        free(keep);
        free(deviations);
        return 1;
    }
    uint16_t *series = keep + times * CHUNK;
    uint16_t counts[CHUNK];
    float middle[CHUNK], picked[CHUNK];
    ptrdiff_t band_stride = times * pixels;
    for (ptrdiff_t start = 0; start < pixels; start += CHUNK) {
        ptrdiff_t size = pixels - start < CHUNK ? pixels - start : CHUNK;
        memset(counts, 0, sizeof counts);
        for (ptrdiff_t time = 0; time < times; time++)
            keep_complete(stack + time * pixels + start, band_stride, bands, size, keep + time * CHUNK, counts);
        uint16_t least, most;
        count_range(counts, size, &least, &most);
        least = least ? least : 1;
        for (ptrdiff_t band = 0; band < bands; band++) {
            for (ptrdiff_t i = 0; i < CHUNK; i++) {
                middle[i] = 0;
                picked[i] = NAN;
            }
            sort_kept(stack + band * band_stride + start, pixels, times, size, keep, network, comparators,
                      series);
            for (uint16_t n = least; n <= most; n++) {
                const uint16_t *low = series + (times - 1 - n / 2) * CHUNK;
                const uint16_t *high = series + (times - n + n / 2) * CHUNK;
                for (ptrdiff_t i = 0; i < CHUNK; i++)
                    middle[i] = counts[i] == n ? ((float)low[i] + (float)high[i]) * 0.5f : middle[i];
            }
            deviate(series, times, middle, deviations);
            for (ptrdiff_t pair = 0; pair < comparators; pair++)
                order_floats(deviations + network[2 * pair] * CHUNK, deviations + network[2 * pair + 1] * CHUNK);
            for (uint16_t n = least; n <= most; n++) {
                const float *low = deviations + ((n - 1) / 2) * CHUNK;
                const float *high = deviations + (n / 2) * CHUNK;
                for (ptrdiff_t i = 0; i < CHUNK; i++)
                    picked[i] = counts[i] == n ? (low[i] + high[i]) * 0.5f : picked[i];
            }
            memcpy(out + band * pixels + start, picked, (size_t)size * sizeof *picked);
        }
    }
    free(keep);
    free(deviations);
    return 0;
}
