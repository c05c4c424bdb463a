/* Between samples and output pixels: means by area, and which samples a pixel needs. */

#include <math.h>
#include <string.h>

#include "kernels.h"

/* Means are rounded to this part of a digital number before they are rounded to whole numbers, so that a tie
   is a tie whatever the rounding noise of the weights, which depends on where a block begins. */
static const double TIE = 1024.0;

/* Weight below which a pixel has no sample. */
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

void mean_separable(const uint16_t *samples, ptrdiff_t rows, ptrdiff_t columns, const double *x,
                    ptrdiff_t out_columns, const double *y, ptrdiff_t out_rows, double half_x, double half_y,
                    uint16_t *out)
{
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
