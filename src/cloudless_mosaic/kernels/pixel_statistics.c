/* Statistics of sampled pixels of a band. */

#include "kernels.h"

enum { NO_CODE = 255 };

/* Counts over every so many columns of some rows: clear samples; those of them without data; those brighter than
   any surface; samples with data where the classification (code 0) has none; clear samples of dark land; those of
   them in the range that contradicts the offset. A row or column of -1 has no code. */
void count_pixel_statistics(const uint16_t *values, ptrdiff_t values_stride, const uint8_t *clear,
                            ptrdiff_t clear_stride, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t first_column,
                            ptrdiff_t column_step, const int64_t *code_rows, const int64_t *code_columns,
                            const uint8_t *codes, ptrdiff_t codes_columns, const uint8_t *dark,
                            int32_t brightest, int32_t contradicting_from, int32_t contradicting_to,
                            int64_t *out)
{
    for (int i = 0; i < 6; i++)
        out[i] = 0;
    for (ptrdiff_t row = 0; row < rows; row++) {
        for (ptrdiff_t column = first_column; column < columns; column += column_step) {
            int32_t value = values[row * values_stride + column];
            uint8_t code = NO_CODE;
            if (code_rows[row] >= 0 && code_columns[column] >= 0)
                code = codes[code_rows[row] * codes_columns + code_columns[column]];
            if (!clear[row * clear_stride + column]) {
                out[3] += code == 0 && value > 0;
                continue;
            }
            out[0]++;
            out[1] += value == 0;
            out[2] += value > brightest;
            if (value > 0 && dark[code]) {
                out[4]++;
                out[5] += value >= contradicting_from && value < contradicting_to;
            }
        }
    }
}
