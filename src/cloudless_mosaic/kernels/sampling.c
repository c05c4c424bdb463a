/* Means by area. */

#include <math.h>

#include "kernels.h"

/* Means are rounded to this part of a digital number before they are rounded to whole numbers, so that a tie
   is a tie whatever the rounding noise of the weights, which depends on where a block begins. */
static const double TIE = 1024.0;

/* Weight below which a pixel has no sample. */
static const double SPECK = 1e-6;

/* Mean of the samples above 0 in the rectangle around (x, y), weighted by area; 0 where there is none. */
static inline uint16_t mean_at(const uint16_t *samples, ptrdiff_t rows, ptrdiff_t columns, double x, double y,
                               double half_x, double half_y)
{
    double left = x - half_x, right = x + half_x, top = y - half_y, bottom = y + half_y;
    /* compared before they are cast: a double far outside has no integer */
    if (!(right > 0.0 && left < (double)columns && bottom > 0.0 && top < (double)rows))
        return 0;
    ptrdiff_t first_row = top > 0.0 ? (ptrdiff_t)floor(top) : 0;
    ptrdiff_t end_row = bottom < (double)rows ? (ptrdiff_t)ceil(bottom) : rows;
    ptrdiff_t first_column = left > 0.0 ? (ptrdiff_t)floor(left) : 0;
    ptrdiff_t end_column = right < (double)columns ? (ptrdiff_t)ceil(right) : columns;
    double total = 0.0, weight = 0.0;
    for (ptrdiff_t row = first_row; row < end_row; row++) {
        double height = fmin((double)row + 1.0, bottom) - fmax((double)row, top);
        for (ptrdiff_t column = first_column; column < end_column; column++) {
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

/* Points that aren't finite get 0: every comparison with them is false. */
void mean_at_points(const uint16_t *samples, ptrdiff_t rows, ptrdiff_t columns, const double *x,
                    const double *y, ptrdiff_t points, double half_x, double half_y, uint16_t *out)
{
    for (ptrdiff_t i = 0; i < points; i++)
        out[i] = mean_at(samples, rows, columns, x[i], y[i], half_x, half_y);
}
