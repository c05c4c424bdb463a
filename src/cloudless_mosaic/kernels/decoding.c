/* From the differences in a tile to reflectance. */

#include <string.h>

#include "kernels.h"
#include "processors.h"

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define SHUFFLES
#endif
#endif

/* Running sums of the differences for each of the columns; `total` is the sum before the first. */
static inline void running_sums_16(const uint16_t *restrict differences, uint16_t total,
                                   uint16_t *restrict out, ptrdiff_t columns)
{
    ptrdiff_t column = 0;
#ifdef SHUFFLES
    /* eight sums in three steps: add the neighbour, then the one two places off, then four */
    typedef uint16_t Eight __attribute__((vector_size(16)));
    const Eight zero = {0};
    Eight before = {total, total, total, total, total, total, total, total};
    for (; column + 8 <= columns; column += 8) {
        Eight v;
        memcpy(&v, differences + column, sizeof v);
        v += __builtin_shufflevector(zero, v, 0, 8, 9, 10, 11, 12, 13, 14);
        v += __builtin_shufflevector(zero, v, 0, 1, 8, 9, 10, 11, 12, 13);
        v += __builtin_shufflevector(zero, v, 0, 1, 2, 3, 8, 9, 10, 11);
        v += before;
        memcpy(out + column, &v, sizeof v);
        before = __builtin_shufflevector(v, v, 7, 7, 7, 7, 7, 7, 7, 7);
    }
    total = before[0];
#endif
    for (; column < columns; column++) {
        total = (uint16_t)(total + differences[column]);
        out[column] = total;
    }
}

static inline uint16_t sum_16(const uint16_t *differences, ptrdiff_t columns)
{
    uint16_t total = 0;
    for (ptrdiff_t column = 0; column < columns; column++)
        total = (uint16_t)(total + differences[column]);
    return total;
}

void undo_predictor_8(const uint8_t *tile, ptrdiff_t tile_stride, ptrdiff_t first_column, uint8_t *out,
                      ptrdiff_t out_stride, ptrdiff_t rows, ptrdiff_t columns)
{
    for (ptrdiff_t row = 0; row < rows; row++) {
        const uint8_t *line = tile + row * tile_stride;
        uint8_t *target = out + row * out_stride;
        uint8_t total = 0;
        for (ptrdiff_t column = 0; column < first_column; column++)
            total = (uint8_t)(total + line[column]);
        for (ptrdiff_t column = 0; column < columns; column++) {
            total = (uint8_t)(total + line[first_column + column]);
            target[column] = total;
        }
    }
}

void undo_predictor_16(const uint16_t *tile, ptrdiff_t tile_stride, ptrdiff_t first_column, uint16_t *out,
                       ptrdiff_t out_stride, ptrdiff_t rows, ptrdiff_t columns)
{
    for (ptrdiff_t row = 0; row < rows; row++) {
        const uint16_t *line = tile + row * tile_stride;
        running_sums_16(line + first_column, sum_16(line, first_column), out + row * out_stride, columns);
    }
}


static inline void harmonise_row(const uint16_t *restrict values, const uint8_t *restrict clear,
                                 int32_t offset, uint16_t *restrict out, ptrdiff_t columns)
{
    for (ptrdiff_t column = 0; column < columns; column++) {
        int32_t shifted = values[column] + offset;
        shifted = shifted < 1 ? 1 : shifted;
        shifted = shifted > 65535 ? 65535 : shifted;
        out[column] = (uint16_t)((values[column] != 0) & (clear[column] != 0) ? shifted : 0);
    }
}

PER_PROCESSOR
void harmonise(const uint16_t *values, ptrdiff_t values_stride, const uint8_t *clear, ptrdiff_t clear_stride,
               int32_t offset, uint16_t *out, ptrdiff_t out_stride, ptrdiff_t rows, ptrdiff_t columns)
{
    for (ptrdiff_t row = 0; row < rows; row++)
        harmonise_row(values + row * values_stride, clear + row * clear_stride, offset, out + row * out_stride,
                      columns);
}

/* A row is summed up in place and masked while it is still in the first cache. Every `step`-th row from `first`
   on is kept as it is as well. */
PER_PROCESSOR
void undo_predictor_and_harmonise(const uint16_t *tile, ptrdiff_t tile_stride, ptrdiff_t first_column,
                                  const uint8_t *clear, ptrdiff_t clear_stride, int32_t offset, uint16_t *out,
                                  ptrdiff_t out_stride, ptrdiff_t rows, ptrdiff_t columns, uint16_t *kept,
                                  ptrdiff_t kept_stride, ptrdiff_t first, ptrdiff_t step)
{
    enum { PART = 1024 };
    uint16_t values[PART];
    for (ptrdiff_t row = 0; row < rows; row++) {
        const uint16_t *line = tile + row * tile_stride;
        const uint8_t *keep = clear + row * clear_stride;
        uint16_t *target = out + row * out_stride;
        uint16_t *as_it_is = row >= first && (row - first) % step == 0 ? kept : NULL;
        uint16_t total = sum_16(line, first_column);
        for (ptrdiff_t start = 0; start < columns; start += PART) {
            ptrdiff_t size = columns - start < PART ? columns - start : PART;
            running_sums_16(line + first_column + start, total, values, size);
            total = values[size - 1];
            if (as_it_is)
                memcpy(as_it_is + start, values, (size_t)size * sizeof *values);
            harmonise_row(values, keep + start, offset, target + start, size);
        }
        if (as_it_is)
            kept += kept_stride;
    }
}
