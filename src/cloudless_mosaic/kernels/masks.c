/* Masks of clear pixels: dilation, and from grid to grid. */

#include <stdlib.h>
#include <string.h>

#include "kernels.h"

static int64_t square(ptrdiff_t apart, int64_t along)
{
    return (int64_t)apart * apart + along * along;
}

/* One row of `cloud_distance`: `along` is the distance of each pixel along its column. `seats` holds the columns
   whose parabola is the lowest somewhere, and the first column where it is. */
static void distances_in_row(const int32_t *along, ptrdiff_t columns, int64_t reach, const uint8_t *table,
                             ptrdiff_t *seats, uint8_t *out)
{
    ptrdiff_t *lowest = seats, *begin = seats + columns, last = 0;
    lowest[0] = begin[0] = 0;
    for (ptrdiff_t u = 1; u < columns; u++) {
        while (last >= 0 && square(begin[last] - lowest[last], along[lowest[last]]) >
                                square(begin[last] - u, along[u]))
            last--;
        if (last < 0) {
            last = 0;
            lowest[0] = u;
            continue;
        }
        ptrdiff_t i = lowest[last];
        int64_t crossing = square(u, along[u]) - square(i, along[i]);
        ptrdiff_t first = 1 + (ptrdiff_t)(crossing / (2 * (u - i)));
        if (first < columns) {
            lowest[++last] = u;
            begin[last] = first;
        }
    }
    for (ptrdiff_t u = columns - 1; u >= 0; u--) {
        int64_t apart = square(u - lowest[last], along[lowest[last]]);
        out[u] = table[apart <= reach * reach ? apart : reach * reach + 1];
        if (u == begin[last])
            last--;
    }
}

/* Removes every pixel within the disk around a cloudy one from `clear`. Runs of cloud are spread as whole
   runs, row by row, so the cost depends on the outline of the clouds and not on their area. */
void clear_around(const uint8_t *cloudy, uint8_t *clear, ptrdiff_t rows, ptrdiff_t columns,
                  const int64_t *half_widths, ptrdiff_t reach)
{
    for (ptrdiff_t row = 0; row < rows; row++) {
        const uint8_t *line = cloudy + row * columns;
        ptrdiff_t top = row - reach < 0 ? 0 : row - reach;
        ptrdiff_t bottom = row + reach >= rows ? rows - 1 : row + reach;
        const uint8_t *found = memchr(line, 1, (size_t)columns);
        while (found) {
            ptrdiff_t first = found - line;
            const uint8_t *gap = memchr(found, 0, (size_t)(columns - first));
            ptrdiff_t end = gap ? gap - line : columns;
            for (ptrdiff_t target = top; target <= bottom; target++) {
                ptrdiff_t half = (ptrdiff_t)half_widths[target < row ? row - target : target - row];
                ptrdiff_t left = first - half < 0 ? 0 : first - half;
                ptrdiff_t right = end + half > columns ? columns : end + half;
                memset(clear + target * columns + left, 0, (size_t)(right - left));
            }
            found = gap ? memchr(gap, 1, (size_t)(columns - end)) : NULL;
        }
    }
}

/* The entry of a code in one of three tables of 256: the first where both masks are 0, the second where only
   `near` is 1, the third where both are. */
void grade(const uint8_t *codes, const uint8_t *near, const uint8_t *far, ptrdiff_t pixels, const uint8_t *tables,
           uint8_t *out)
{
    for (ptrdiff_t i = 0; i < pixels; i++)
        out[i] = tables[256 * (near[i] + (near[i] & far[i])) + codes[i]];
}

/* 1 where each column is given twice in a row, as for a grid that is twice as fine: the first once or twice. */
static int doubled(const int64_t *columns, ptrdiff_t size)
{
    if (size < 2)
        return 0;
    int64_t first = 2 * columns[0] + (columns[0] != columns[1]);
    for (ptrdiff_t j = 0; j < size; j++)
        if (columns[j] != (first + j) >> 1)
            return 0;
    return 1;
}

static void take_doubled(const uint8_t *restrict source, int once, ptrdiff_t size, uint8_t *restrict target)
{
    if (once) {
        *target++ = *source++;
        size--;
    }
    for (ptrdiff_t j = 0; j < size / 2; j++) {
        target[2 * j] = source[j];
        target[2 * j + 1] = source[j];
    }
    if (size % 2)
        target[size - 1] = source[size / 2];
}

/* Levels of the distance of each pixel to the nearest cloudy one, by the table of squares up to that of `reach`,
   whose next entry is for all that is farther. First along columns, then along rows by the lower envelope of
   parabolas (A. Meijster et al., 2000), in whole numbers. Returns 0, or 1 where memory is short. */
int cloud_distance(const uint8_t *cloudy, ptrdiff_t rows, ptrdiff_t columns, int64_t reach, const uint8_t *table,
                   uint8_t *out)
{
    /* what is out of reach along its column stays out of reach */
    const int64_t far = reach + 1;
    int32_t *along = malloc((size_t)(rows * columns + 1) * sizeof *along);
    ptrdiff_t *seats = malloc((size_t)(2 * columns + 1) * sizeof *seats);
    if (!along || !seats) {
        free(along);
        free(seats);
        return 1;
    }
    for (ptrdiff_t row = 0; row < rows; row++)
        for (ptrdiff_t column = 0, i = row * columns; column < columns; column++, i++) {
            int64_t above = row ? along[i - columns] + 1 : far;
            along[i] = cloudy[i] ? 0 : (int32_t)(above < far ? above : far);
        }
    for (ptrdiff_t row = rows - 2; row >= 0; row--)
        for (ptrdiff_t column = 0, i = row * columns; column < columns; column++, i++)
            if (along[i + columns] + 1 < along[i])
                along[i] = along[i + columns] + 1;
    for (ptrdiff_t row = 0; row < rows; row++)
        distances_in_row(along + row * columns, columns, reach, table, seats, out + row * columns);
    free(along);
    free(seats);
    return 0;
}

/* The mask at a row and a column for each of the output; 0 outside of it. */
void take_nearest(const uint8_t *mask, ptrdiff_t mask_rows, ptrdiff_t mask_columns, const int64_t *rows,
                  ptrdiff_t out_rows, const int64_t *columns, ptrdiff_t out_columns, uint8_t *out)
{
    int pairs = doubled(columns, out_columns) && columns[0] >= 0 && columns[out_columns - 1] < mask_columns;
    for (ptrdiff_t i = 0; i < out_rows; i++) {
        uint8_t *target = out + i * out_columns;
        if (rows[i] < 0 || rows[i] >= mask_rows) {
            memset(target, 0, (size_t)out_columns);
        } else if (i && rows[i] == rows[i - 1]) {
            memcpy(target, target - out_columns, (size_t)out_columns);
        } else if (pairs) {
            take_doubled(mask + rows[i] * mask_columns + columns[0], columns[0] != columns[1], out_columns, target);
        } else {
            const uint8_t *source = mask + rows[i] * mask_columns;
            for (ptrdiff_t j = 0; j < out_columns; j++)
                target[j] = columns[j] >= 0 && columns[j] < mask_columns ? source[columns[j]] : 0;
        }
    }
}

/* 1 where the mask is 1 in all rows and columns from the first to before the second of each pair. Returns 0, or
   1 where memory is short. */
int all_in(const uint8_t *mask, ptrdiff_t mask_rows, ptrdiff_t mask_columns, const int64_t *rows,
           ptrdiff_t out_rows, const int64_t *columns, ptrdiff_t out_columns, uint8_t *out)
{
    uint8_t *restrict line = malloc((size_t)mask_columns + 1);
    if (!line)
        return 1;
    memset(out, 0, (size_t)(out_rows * out_columns));
    for (ptrdiff_t i = 0; i < out_rows; i++) {
        if (rows[2 * i] < 0 || rows[2 * i + 1] > mask_rows)
            continue;
        memset(line, 1, (size_t)mask_columns);
        for (int64_t row = rows[2 * i]; row < rows[2 * i + 1]; row++)
            for (ptrdiff_t column = 0; column < mask_columns; column++)
                line[column] &= mask[row * mask_columns + column];
        for (ptrdiff_t j = 0; j < out_columns; j++) {
            if (columns[2 * j] < 0 || columns[2 * j + 1] > mask_columns)
                continue;
            uint8_t every = 1;
            for (int64_t column = columns[2 * j]; column < columns[2 * j + 1]; column++)
                every &= line[column];
            out[i * out_columns + j] = every;
        }
    }
    free(line);
    return 0;
}
