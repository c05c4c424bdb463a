/* Predictors, overviews and statistics of the files of a mosaic. */

#include <math.h>

#include "kernels.h"
#include "processors.h"

/* Interleaved samples, each minus that of the pixel on its left (TIFF predictor 2). */
#define INTERLEAVE_DIFFERENCES(NAME, SAMPLE)                                                                   \
    PER_PROCESSOR                                                                                              \
    void NAME(const SAMPLE *tile, ptrdiff_t bands, ptrdiff_t rows, ptrdiff_t columns, SAMPLE *out)             \
    {                                                                                                          \
        for (ptrdiff_t row = 0; row < rows; row++) {                                                           \
            SAMPLE *restrict target = out + row * columns * bands;                                             \
            for (ptrdiff_t band = 0; band < bands; band++) {                                                   \
                const SAMPLE *restrict line = tile + (band * rows + row) * columns;                            \
                target[band] = line[0];                                                                        \
                for (ptrdiff_t column = 1; column < columns; column++)                                         \
                    target[column * bands + band] = (SAMPLE)(line[column] - line[column - 1]);                 \
            }                                                                                                  \
        }                                                                                                      \
    }

INTERLEAVE_DIFFERENCES(interleave_differences_8, uint8_t)
INTERLEAVE_DIFFERENCES(interleave_differences_16, uint16_t)

/* A plane of bytes of a row, each minus that of the pixel on its left. */
static inline void byte_differences(const uint32_t *restrict line, ptrdiff_t columns, int shift, uint32_t before,
                                    ptrdiff_t step, uint8_t *restrict target)
{
    target[0] = (uint8_t)((line[0] >> shift) - before);
    for (ptrdiff_t column = 1; column < columns; column++)
        target[column * step] = (uint8_t)((line[column] >> shift) - (line[column - 1] >> shift));
}

/* The bytes of the floats of a row in four planes, the highest first, as differences; the first pixel of a plane
   follows the last one of the plane before (TIFF predictor 3). */
PER_PROCESSOR
void interleave_differences_of_bytes(const float *tile, ptrdiff_t bands, ptrdiff_t rows, ptrdiff_t columns,
                                     uint8_t *out)
{
    for (ptrdiff_t row = 0; row < rows; row++) {
        for (ptrdiff_t band = 0; band < bands; band++) {
            const uint32_t *restrict line = (const uint32_t *)tile + (band * rows + row) * columns;
            uint32_t before = 0;
            for (int plane = 0; plane < 4; plane++) {
                int shift = 24 - 8 * plane;
                uint8_t *target = out + (row * 4 + plane) * columns * bands + band;
                if (bands == 1) /* constant steps allow vector code */
                    byte_differences(line, columns, shift, before, 1, target);
                else
                    byte_differences(line, columns, shift, before, bands, target);
                before = line[columns - 1] >> shift;
            }
        }
    }
}

/* Mean of those of four values that are above 0, rounded half to even; 0 where none is. Single precision
   holds every such sum, and its halves and quarters, exactly; thirds are never ties. */
static inline int32_t mean_of_valid(int32_t a, int32_t b, int32_t c, int32_t d)
{
    int32_t valid = (a > 0) + (b > 0) + (c > 0) + (d > 0);
    return (int32_t)rintf((float)(a + b + c + d) / (float)(valid > 1 ? valid : 1));
}

#define AVERAGE_HALF(NAME, SAMPLE)                                                                             \
    PER_PROCESSOR                                                                                              \
    void NAME(const SAMPLE *tile, ptrdiff_t bands, ptrdiff_t out_rows, ptrdiff_t out_columns, SAMPLE *out)     \
    {                                                                                                          \
        for (ptrdiff_t row = 0; row < bands * out_rows; row++) {                                               \
            const SAMPLE *restrict upper = tile + row * 4 * out_columns;                                       \
            const SAMPLE *restrict lower = upper + 2 * out_columns;                                            \
            SAMPLE *restrict target = out + row * out_columns;                                                 \
            for (ptrdiff_t column = 0; column < out_columns; column++)                                         \
                target[column] = (SAMPLE)mean_of_valid(upper[2 * column], upper[2 * column + 1],               \
                                                       lower[2 * column], lower[2 * column + 1]);              \
        }                                                                                                      \
    }

AVERAGE_HALF(average_half_8, uint8_t)
AVERAGE_HALF(average_half_16, uint16_t)

/* As above for floats, of those that are numbers; NaN where none is. */
PER_PROCESSOR
void average_half_of_floats(const float *tile, ptrdiff_t bands, ptrdiff_t out_rows, ptrdiff_t out_columns,
                            float *out)
{
    for (ptrdiff_t row = 0; row < bands * out_rows; row++) {
        const float *restrict upper = tile + row * 4 * out_columns;
        const float *restrict lower = upper + 2 * out_columns;
        float *restrict target = out + row * out_columns;
        for (ptrdiff_t column = 0; column < out_columns; column++) {
            float a = upper[2 * column], b = upper[2 * column + 1];
            float c = lower[2 * column], d = lower[2 * column + 1];
            int32_t valid = (a == a) + (b == b) + (c == c) + (d == d);
            float total = (a == a ? a : 0) + (b == b ? b : 0) + (c == c ? c : 0) + (d == d ? d : 0);
            target[column] = valid ? total / (float)valid : NAN;
        }
    }
}

/* Count, minimum, maximum, sum and sum of squares of the values above 0. */
PER_PROCESSOR
void sums(const uint16_t *values, ptrdiff_t pixels, int64_t *out)
{
    enum { PART = 4096 };
    uint16_t least = 65535, most = 0;
    int64_t count = 0, total = 0;
    uint64_t squares = 0;
    for (ptrdiff_t start = 0; start < pixels; start += PART) {
        const uint16_t *restrict part = values + start;
        ptrdiff_t size = pixels - start < PART ? pixels - start : PART;
        uint32_t part_count = 0, part_total = 0;
        for (ptrdiff_t i = 0; i < size; i++) {
            uint16_t value = part[i];
            /* 0 minus 1 wraps to the greatest value, so nodata is never the minimum */
            uint16_t wrapped = (uint16_t)(value - 1);
            least = wrapped < least ? wrapped : least;
            most = value > most ? value : most;
            part_count += value != 0;
            part_total += value;
            squares += (uint32_t)value * value;
        }
        count += part_count;
        total += part_total;
    }
    out[0] = count;
    out[1] = (int64_t)least + 1;
    out[2] = most;
    out[3] = total;
    out[4] = (int64_t)squares;
}

void apply_lut_8(const uint8_t *values, ptrdiff_t pixels, const uint8_t *table, uint8_t *out)
{
    for (ptrdiff_t i = 0; i < pixels; i++)
        out[i] = table[values[i]];
}

void apply_lut_16(const uint16_t *values, ptrdiff_t pixels, const uint8_t *table, uint8_t *out)
{
    for (ptrdiff_t i = 0; i < pixels; i++)
        out[i] = table[values[i]];
}
