/* The observation that a pixel is taken from: -1 where none counts. Of equally good ones it is the earliest,
   unless the caller gives an order. */

#include <math.h>
#include <stdlib.h>

#include "kernels.h"
#include "processors.h"
#include "observations.h"
#include "series.h"

/* The first observation that counts, in the order given: all times, the preferred one first. */
PER_PROCESSOR
void choose_first(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                  const int64_t *preferred, int16_t *chosen, uint16_t *count)
{
    uint16_t keep[CHUNK], counts[CHUNK];
    int16_t best[CHUNK];
    for (ptrdiff_t start = 0; start < pixels; start += CHUNK) {
        ptrdiff_t size = pixels - start < CHUNK ? pixels - start : CHUNK;
        memset(counts, 0, sizeof counts);
        memset(best, 0xff, sizeof best);
        for (ptrdiff_t rank = times - 1; rank >= 0; rank--) {
            int16_t time = (int16_t)preferred[rank];
            keep_complete(stack + time * pixels + start, times * pixels, bands, size, keep, counts);
            for (ptrdiff_t i = 0; i < size; i++)
                best[i] = keep[i] ? time : best[i];
        }
        memcpy(chosen + start, best, (size_t)size * sizeof *best);
        memcpy(count + start, counts, (size_t)size * sizeof *counts);
    }
}

/* The observation with the highest score; `scores` has shape (time, pixel). NaN is the lowest. */
PER_PROCESSOR
void choose_highest(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                    const float *scores, int16_t *chosen, uint16_t *count)
{
    uint16_t keep[CHUNK], counts[CHUNK];
    int32_t best[CHUNK];
    float highest[CHUNK];
    for (ptrdiff_t start = 0; start < pixels; start += CHUNK) {
        ptrdiff_t size = pixels - start < CHUNK ? pixels - start : CHUNK;
        memset(counts, 0, sizeof counts);
        memset(best, 0xff, sizeof best);
        for (ptrdiff_t i = 0; i < CHUNK; i++)
            highest[i] = -INFINITY;
        for (ptrdiff_t time = 0; time < times; time++) {
            const float *restrict own = scores + time * pixels + start;
            keep_complete(stack + time * pixels + start, times * pixels, bands, size, keep, counts);
            for (ptrdiff_t i = 0; i < size; i++) {
                int better = (keep[i] != 0) & ((best[i] < 0) | (own[i] > highest[i]));
                best[i] = better ? (int32_t)time : best[i];
                /* the comparison is false if the first is NaN */
                highest[i] = better && own[i] > highest[i] ? own[i] : highest[i];
            }
        }
        for (ptrdiff_t i = 0; i < size; i++)
            chosen[start + i] = (int16_t)best[i];
        memcpy(count + start, counts, (size_t)size * sizeof *counts);
    }
}

/* The observation with the highest ratio of two bands, which is that with the highest normalised difference:
   (a - b) / (a + b) grows with a / b. Exact, in whole numbers. */
PER_PROCESSOR
void choose_highest_ratio(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                          ptrdiff_t numerator, ptrdiff_t denominator, int16_t *chosen, uint16_t *count)
{
    uint16_t keep[CHUNK], counts[CHUNK];
    int32_t best[CHUNK];
    uint32_t above[CHUNK], below[CHUNK];
    for (ptrdiff_t start = 0; start < pixels; start += CHUNK) {
        ptrdiff_t size = pixels - start < CHUNK ? pixels - start : CHUNK;
        memset(counts, 0, sizeof counts);
        memset(best, 0xff, sizeof best);
        memset(above, 0, sizeof above);
        for (ptrdiff_t i = 0; i < CHUNK; i++)
            below[i] = 1;
        for (ptrdiff_t time = 0; time < times; time++) {
            const uint16_t *restrict a = stack + (numerator * times + time) * pixels + start;
            const uint16_t *restrict b = stack + (denominator * times + time) * pixels + start;
            keep_complete(stack + time * pixels + start, times * pixels, bands, size, keep, counts);
            for (ptrdiff_t i = 0; i < size; i++) {
                /* 0 if the observation doesn't count, which is never better */
                uint32_t over = (uint32_t)(a[i] & keep[i]), under = b[i];
                int better = over * below[i] > above[i] * under;
                best[i] = better ? (int32_t)time : best[i];
                above[i] = better ? over : above[i];
                below[i] = better ? under : below[i];
            }
        }
        for (ptrdiff_t i = 0; i < size; i++)
            chosen[start + i] = (int16_t)best[i];
        memcpy(count + start, counts, (size_t)size * sizeof *counts);
    }
}

/* The observation with the highest sum of scores, in whole numbers: `by_time` of each observation; if there are
   levels of shape (time, pixel), `by_level` of theirs; if there are entries of `by_haze`, that of
   2 * blue - red - least, the nearest entry where it is outside of them; and where there are owners of an
   observation, shape (pixel), `by_owner` of theirs. */
PER_PROCESSOR
void choose_best(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                 const int32_t *by_time, const uint8_t *levels, const int32_t *by_level, ptrdiff_t blue,
                 ptrdiff_t red, int32_t least, const int32_t *by_haze, ptrdiff_t entries,
                 uint16_t *const *owners, const int32_t *by_owner, int16_t *chosen, uint16_t *count)
{
    uint16_t keep[CHUNK], counts[CHUNK];
    int32_t best[CHUNK], highest[CHUNK], total[CHUNK];
    int32_t last = (int32_t)entries - 1;
    for (ptrdiff_t start = 0; start < pixels; start += CHUNK) {
        ptrdiff_t size = pixels - start < CHUNK ? pixels - start : CHUNK;
        memset(counts, 0, sizeof counts);
        memset(best, 0xff, sizeof best);
        memset(highest, 0, sizeof highest);
        for (ptrdiff_t time = 0; time < times; time++) {
            keep_complete(stack + time * pixels + start, times * pixels, bands, size, keep, counts);
            for (ptrdiff_t i = 0; i < size; i++)
                total[i] = by_time[time];
            if (owners[time])
                for (ptrdiff_t i = 0; i < size; i++)
                    total[i] += by_owner[owners[time][start + i]];
            if (levels)
                for (ptrdiff_t i = 0; i < size; i++)
                    total[i] += by_level[levels[time * pixels + start + i]];
            if (entries) {
                const uint16_t *restrict blues = stack + (blue * times + time) * pixels + start;
                const uint16_t *restrict reds = stack + (red * times + time) * pixels + start;
                for (ptrdiff_t i = 0; i < size; i++) {
                    int32_t entry = 2 * (int32_t)blues[i] - (int32_t)reds[i] - least;
                    entry = entry < 0 ? 0 : entry;
                    total[i] += by_haze[entry > last ? last : entry];
                }
            }
            for (ptrdiff_t i = 0; i < size; i++) {
                int better = (keep[i] != 0) & ((best[i] < 0) | (total[i] > highest[i]));
                best[i] = better ? (int32_t)time : best[i];
                highest[i] = better ? total[i] : highest[i];
            }
        }
        for (ptrdiff_t i = 0; i < size; i++)
            chosen[start + i] = (int16_t)best[i];
        memcpy(count + start, counts, (size_t)size * sizeof *counts);
    }
}

/* The observation whose values differ least from a composite, shape (band, pixel), as the sum over the bands
   of the absolute differences. Bands are few enough for the sum to fit: less than 32768. */
PER_PROCESSOR
void choose_closest(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                    const uint16_t *composite, int16_t *chosen)
{
    uint16_t keep[CHUNK], counts[CHUNK];
    int32_t best[CHUNK], closest[CHUNK], total[CHUNK];
    memset(counts, 0, sizeof counts);
    for (ptrdiff_t start = 0; start < pixels; start += CHUNK) {
        ptrdiff_t size = pixels - start < CHUNK ? pixels - start : CHUNK;
        memset(best, 0xff, sizeof best);
        for (ptrdiff_t i = 0; i < CHUNK; i++)
            closest[i] = INT32_MAX;
        for (ptrdiff_t time = 0; time < times; time++) {
            keep_complete(stack + time * pixels + start, times * pixels, bands, size, keep, counts);
            memset(total, 0, sizeof total);
            for (ptrdiff_t band = 0; band < bands; band++) {
                const uint16_t *restrict row = stack + (band * times + time) * pixels + start;
                const uint16_t *restrict goal = composite + band * pixels + start;
                for (ptrdiff_t i = 0; i < size; i++) {
                    int32_t difference = (int32_t)row[i] - (int32_t)goal[i];
                    total[i] += difference < 0 ? -difference : difference;
                }
            }
            for (ptrdiff_t i = 0; i < size; i++) {
                int better = (keep[i] != 0) & (total[i] < closest[i]);
                best[i] = better ? (int32_t)time : best[i];
                closest[i] = better ? total[i] : closest[i];
            }
        }
        for (ptrdiff_t i = 0; i < size; i++)
            chosen[start + i] = (int16_t)best[i];
    }
}

/* The observation with the least sum of Euclidean distances to the others (N. Flood, 2013). Returns 0, or 1
   where memory is short. */
PER_PROCESSOR
int choose_medoid(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels, int16_t *chosen,
                  uint16_t *count)
{
    struct series series;
    int short_of_memory = make_series(&series, bands, times);
    double *sums = calloc((size_t)(times * LANES), sizeof *sums);
    double places[LANES], least[LANES];
    short_of_memory |= !sums;
    for (ptrdiff_t start = 0; start < pixels && !short_of_memory; start += LANES) {
        ptrdiff_t size = pixels - start < LANES ? pixels - start : LANES;
        load_series(&series, stack + start, times, pixels, size);
        sum_distances(&series, sums);
        find_medoids(&series, sums, places, least);
        for (ptrdiff_t lane = 0; lane < size; lane++) {
            int16_t time = series.times[(ptrdiff_t)places[lane] * LANES + lane];
            chosen[start + lane] = series.counts[lane] ? time : -1;
            count[start + lane] = (uint16_t)series.counts[lane];
        }
    }
    free_series(&series);
    free(sums);
    return short_of_memory;
}

/* All bands of the observations that were chosen; 0 where none was. */
void gather_chosen(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                   const int16_t *chosen, uint16_t *out)
{
    for (ptrdiff_t band = 0; band < bands; band++) {
        const uint16_t *values = stack + band * times * pixels;
        uint16_t *target = out + band * pixels;
        for (ptrdiff_t i = 0; i < pixels; i++)
            target[i] = chosen[i] < 0 ? 0 : values[chosen[i] * pixels + i];
    }
}

/* Adds to `out` how many pixels are taken from each observation. */
void count_chosen(const int16_t *chosen, ptrdiff_t pixels, int64_t *out)
{
    for (ptrdiff_t i = 0; i < pixels; i++)
        if (chosen[i] >= 0)
            out[chosen[i]]++;
}
