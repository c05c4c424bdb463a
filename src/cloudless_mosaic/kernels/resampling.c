/* Means by area of the samples under output pixels, and the samples that a pixel needs. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "processors.h"

/* Means are rounded to this part of a digital number before they are rounded to whole numbers, so that a tie
   is a tie whatever the rounding noise of the weights, which depends on where a block begins. */
static const double TIE = 1024.0;

/* Weight below which a pixel counts as having no sample. */
static const double SPECK = 1e-6;

typedef struct {
    ptrdiff_t first_row, end_row, first_column, end_column;
} Span;

/* The samples under a rectangle around (x, y); none where that isn't finite, since every comparison with it is
   false. Compared before anything is cast: a double far outside has no integer. */
static inline Span span_of(ptrdiff_t rows, ptrdiff_t columns, double x, double y, double half_x, double half_y)
{
    double left = x - half_x, right = x + half_x, top = y - half_y, bottom = y + half_y;
    Span span = {0, 0, 0, 0};
    if (right > 0.0 && left < (double)columns && bottom > 0.0 && top < (double)rows) {
        span.first_row = top > 0.0 ? (ptrdiff_t)floor(top) : 0;
        span.end_row = bottom < (double)rows ? (ptrdiff_t)ceil(bottom) : rows;
        span.first_column = left > 0.0 ? (ptrdiff_t)floor(left) : 0;
        span.end_column = right < (double)columns ? (ptrdiff_t)ceil(right) : columns;
    }
    return span;
}

/* Mean of the samples above 0 in the rectangle around (x, y), weighted by area; 0 where there is none. */
static inline uint16_t mean_at(const uint16_t *samples, ptrdiff_t rows, ptrdiff_t columns, double x, double y,
                               double half_x, double half_y)
{
    double left = x - half_x, right = x + half_x, top = y - half_y, bottom = y + half_y;
    Span span = span_of(rows, columns, x, y, half_x, half_y);
    double total = 0.0, weight = 0.0;
    for (ptrdiff_t row = span.first_row; row < span.end_row; row++) {
        double height = fmin((double)row + 1.0, bottom) - fmax((double)row, top);
        for (ptrdiff_t column = span.first_column; column < span.end_column; column++) {
            uint16_t value = samples[row * columns + column];
            if (value) {
                double area = height * (fmin((double)column + 1.0, right) - fmax((double)column, left));
                total += area * value;
                weight += area;
            }
        }
    }
    if (weight <= SPECK)
        return 0;
    return (uint16_t)rint(rint(total / weight * TIE) / TIE);
}

/* Edges of nested grids lie on whole parts of a sample. Weights are then whole numbers, and sums are exact in any
   order: first along columns, many at once, then along rows. */
enum { GRAINS = 256, MOST_SAMPLES = 256 };

typedef struct {
    int64_t low, high;
} Edges;

/* Edges of output pixels along an axis, in grains and within the samples; 0 where they aren't whole, or a sum
   could be too large. */
static int whole_edges(const double *centres, ptrdiff_t size, double half, ptrdiff_t samples, Edges *edges)
{
    const double end = (double)samples * GRAINS;
    for (ptrdiff_t i = 0; i < size; i++) {
        double low = (centres[i] - half) * GRAINS, high = (centres[i] + half) * GRAINS;
        if (!(low == floor(low) && high == floor(high) && high - low <= MOST_SAMPLES * GRAINS))
            return 0;
        edges[i].low = low > 0.0 ? (int64_t)(low < end ? low : end) : 0;
        edges[i].high = high > 0.0 ? (int64_t)(high < end ? high : end) : 0;
    }
    return 1;
}

/* Grains of a sample between two edges. */
static inline uint32_t grains(Edges edges, ptrdiff_t sample)
{
    int64_t start = sample * GRAINS, end = start + GRAINS;
    return (uint32_t)((end < edges.high ? end : edges.high) - (start > edges.low ? start : edges.low));
}

/* As `mean_at` for all pixels between edges. `sums` has space for two numbers per column. */
PER_PROCESSOR
static void mean_of_grains(const uint16_t *samples, ptrdiff_t columns, const Edges *across, ptrdiff_t out_columns,
                           const Edges *along, ptrdiff_t out_rows, uint32_t *sums, uint16_t *out)
{
    uint32_t *restrict totals = sums, *restrict weights = sums + columns;
    for (ptrdiff_t i = 0; i < out_rows; i++) {
        memset(sums, 0, (size_t)(2 * columns) * sizeof *sums);
        for (ptrdiff_t row = along[i].low / GRAINS; row * GRAINS < along[i].high; row++) {
            const uint16_t *restrict line = samples + row * columns;
            uint32_t height = grains(along[i], row);
            for (ptrdiff_t column = 0; column < columns; column++) {
                totals[column] += height * line[column];
                weights[column] += line[column] ? height : 0;
            }
        }
        for (ptrdiff_t j = 0; j < out_columns; j++) {
            uint64_t total = 0, weight = 0;
            for (ptrdiff_t column = across[j].low / GRAINS; column * GRAINS < across[j].high; column++) {
                uint64_t width = grains(across[j], column);
                total += width * totals[column];
                weight += width * weights[column];
            }
            double mean = weight ? (double)total / (double)weight : 0.0;
            out[i * out_columns + j] = (uint16_t)rint(rint(mean * TIE) / TIE);
        }
    }
}

void mean_separable(const uint16_t *samples, ptrdiff_t rows, ptrdiff_t columns, const double *x,
                    ptrdiff_t out_columns, const double *y, ptrdiff_t out_rows, double half_x, double half_y,
                    uint16_t *out)
{
    Edges *across = malloc((size_t)(out_columns + out_rows) * sizeof *across);
    uint32_t *sums = malloc((size_t)(2 * columns) * sizeof *sums);
    if (across && sums && whole_edges(x, out_columns, half_x, columns, across) &&
        whole_edges(y, out_rows, half_y, rows, across + out_columns)) {
        mean_of_grains(samples, columns, across, out_columns, across + out_columns, out_rows, sums, out);
        free(across);
        free(sums);
        return;
    }
    free(across);
    free(sums);
    for (ptrdiff_t i = 0; i < out_rows; i++)
        for (ptrdiff_t j = 0; j < out_columns; j++)
            out[i * out_columns + j] = mean_at(samples, rows, columns, x[j], y[i], half_x, half_y);
}

void mean_at_points(const uint16_t *samples, ptrdiff_t rows, ptrdiff_t columns, const double *x,
                    const double *y, ptrdiff_t points, double half_x, double half_y, uint16_t *out)
{
    for (ptrdiff_t i = 0; i < points; i++)
        out[i] = mean_at(samples, rows, columns, x[i], y[i], half_x, half_y);
}

static inline void mark_at(uint8_t *marked, ptrdiff_t rows, ptrdiff_t columns, double x, double y,
                           double half_x, double half_y)
{
    Span span = span_of(rows, columns, x, y, half_x, half_y);
    for (ptrdiff_t row = span.first_row; row < span.end_row; row++)
        memset(marked + row * columns + span.first_column, 1, (size_t)(span.end_column - span.first_column));
}

/* Marks the samples that the wanted pixels of an output are means of. */
void mark_separable(const uint8_t *wanted, const double *x, ptrdiff_t out_columns, const double *y,
                    ptrdiff_t out_rows, double half_x, double half_y, uint8_t *marked, ptrdiff_t rows,
                    ptrdiff_t columns)
{
    for (ptrdiff_t i = 0; i < out_rows; i++)
        for (ptrdiff_t j = 0; j < out_columns; j++)
            if (wanted[i * out_columns + j])
                mark_at(marked, rows, columns, x[j], y[i], half_x, half_y);
}

void mark_around_points(const uint8_t *wanted, const double *x, const double *y, ptrdiff_t points,
                        double half_x, double half_y, uint8_t *marked, ptrdiff_t rows, ptrdiff_t columns)
{
    for (ptrdiff_t i = 0; i < points; i++)
        if (wanted[i])
            mark_at(marked, rows, columns, x[i], y[i], half_x, half_y);
}
