/* What Python may call. Every plane is rows of neighbouring pixels; a stride is the number of pixels between
   the starts of two rows. Masks are one byte a pixel, 0 or 1. Callers check shapes; nothing is checked here. */

void undo_predictor_8(const uint8_t *tile, ptrdiff_t tile_stride, ptrdiff_t first_column, uint8_t *out,
                      ptrdiff_t out_stride, ptrdiff_t rows, ptrdiff_t columns);
void undo_predictor_16(const uint16_t *tile, ptrdiff_t tile_stride, ptrdiff_t first_column, uint16_t *out,
                       ptrdiff_t out_stride, ptrdiff_t rows, ptrdiff_t columns);
void harmonise(const uint16_t *values, ptrdiff_t values_stride, const uint8_t *clear, ptrdiff_t clear_stride,
               int32_t offset, uint16_t *out, ptrdiff_t out_stride, ptrdiff_t rows, ptrdiff_t columns);
void undo_predictor_and_harmonise(const uint16_t *tile, ptrdiff_t tile_stride, ptrdiff_t first_column,
                                  const uint8_t *clear, ptrdiff_t clear_stride, int32_t offset, uint16_t *out,
                                  ptrdiff_t out_stride, ptrdiff_t rows, ptrdiff_t columns, uint16_t *kept,
                                  ptrdiff_t kept_stride, ptrdiff_t first, ptrdiff_t step);

int cloud_distance(const uint8_t *cloudy, ptrdiff_t rows, ptrdiff_t columns, int64_t reach, const uint8_t *table,
                   uint8_t *out);
void clear_around(const uint8_t *cloudy, uint8_t *clear, ptrdiff_t rows, ptrdiff_t columns,
                  const int64_t *half_widths, ptrdiff_t reach);
void grade(const uint8_t *codes, const uint8_t *near, const uint8_t *far, ptrdiff_t pixels, const uint8_t *tables,
           uint8_t *out);
void take_nearest(const uint8_t *mask, ptrdiff_t mask_rows, ptrdiff_t mask_columns, const int64_t *rows,
                  ptrdiff_t out_rows, const int64_t *columns, ptrdiff_t out_columns, uint8_t *out);
int all_in(const uint8_t *mask, ptrdiff_t mask_rows, ptrdiff_t mask_columns, const int64_t *rows,
           ptrdiff_t out_rows, const int64_t *columns, ptrdiff_t out_columns, uint8_t *out);

void mean_separable(const uint16_t *samples, ptrdiff_t rows, ptrdiff_t columns, const double *x,
                    ptrdiff_t out_columns, const double *y, ptrdiff_t out_rows, double half_x, double half_y,
                    uint16_t *out);
void mean_at_points(const uint16_t *samples, ptrdiff_t rows, ptrdiff_t columns, const double *x,
                    const double *y, ptrdiff_t points, double half_x, double half_y, uint16_t *out);

void mark_separable(const uint8_t *wanted, const double *x, ptrdiff_t out_columns, const double *y,
                    ptrdiff_t out_rows, double half_x, double half_y, uint8_t *marked, ptrdiff_t rows,
                    ptrdiff_t columns);
void mark_around_points(const uint8_t *wanted, const double *x, const double *y, ptrdiff_t points,
                        double half_x, double half_y, uint8_t *marked, ptrdiff_t rows, ptrdiff_t columns);

void count_pixel_statistics(const uint16_t *values, ptrdiff_t values_stride, const uint8_t *clear,
                            ptrdiff_t clear_stride, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t first_column,
                            ptrdiff_t column_step, const int64_t *code_rows, const int64_t *code_columns,
                            const uint8_t *codes, ptrdiff_t codes_columns, const uint8_t *dark,
                            int32_t brightest, int32_t contradicting_from, int32_t contradicting_to,
                            int64_t *out);

int fill_free(uint16_t *slot, ptrdiff_t slot_band, const uint16_t *own, const uint8_t *wanted,
              ptrdiff_t bands, ptrdiff_t pixels, uint16_t *owners, uint16_t number);
int joint_median(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                 const int64_t *network, ptrdiff_t comparators, uint16_t *out, uint16_t *count,
                 int64_t *counted);

int joint_percentile(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                     const int64_t *network, ptrdiff_t comparators, const int64_t *lows, const int64_t *highs,
                     const double *fractions, uint16_t *out, uint16_t *count, int64_t *counted);
int joint_mean(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels, uint16_t *out,
               uint16_t *count, int64_t *counted);
int joint_geomedian(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                    const int64_t *network, ptrdiff_t comparators, uint16_t *out, uint16_t *count,
                    int64_t *counted, float *spread);
int joint_median_deviation(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                           const int64_t *network, ptrdiff_t comparators, float *out);

void choose_first(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                  const int64_t *preferred, int16_t *chosen, uint16_t *count);
void choose_highest(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                    const float *scores, int16_t *chosen, uint16_t *count);
void choose_highest_ratio(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                          ptrdiff_t numerator, ptrdiff_t denominator, int16_t *chosen, uint16_t *count);
void choose_best(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                 const int32_t *by_time, const uint8_t *levels, const int32_t *by_level, ptrdiff_t blue,
                 ptrdiff_t red, int32_t least, const int32_t *by_haze, ptrdiff_t entries,
                 uint16_t *const *owners, const int32_t *by_owner, int16_t *chosen, uint16_t *count);
void choose_closest(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                    const uint16_t *composite, int16_t *chosen);
int choose_medoid(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels, int16_t *chosen,
                  uint16_t *count);
void gather_chosen(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                   const int16_t *chosen, uint16_t *out);
void count_chosen(const int16_t *chosen, ptrdiff_t pixels, int64_t *out);

int drop_by_dates(uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels, const int64_t *guides,
                  const uint8_t *levels, const uint16_t *limits, int64_t *dropped, uint8_t *reasons,
                  ptrdiff_t own);

void interleave_differences_8(const uint8_t *tile, ptrdiff_t bands, ptrdiff_t rows, ptrdiff_t columns,
                              uint8_t *out);
void interleave_differences_16(const uint16_t *tile, ptrdiff_t bands, ptrdiff_t rows, ptrdiff_t columns,
                               uint16_t *out);
void interleave_differences_of_bytes(const float *tile, ptrdiff_t bands, ptrdiff_t rows, ptrdiff_t columns,
                                     uint8_t *out);
void average_half_8(const uint8_t *tile, ptrdiff_t bands, ptrdiff_t out_rows, ptrdiff_t out_columns,
                    uint8_t *out);
void average_half_16(const uint16_t *tile, ptrdiff_t bands, ptrdiff_t out_rows, ptrdiff_t out_columns,
                     uint16_t *out);
void average_half_of_floats(const float *tile, ptrdiff_t bands, ptrdiff_t out_rows, ptrdiff_t out_columns,
                            float *out);
ptrdiff_t deflate_bound(ptrdiff_t size);
ptrdiff_t deflate(const uint8_t *data, ptrdiff_t size, uint8_t *out);
void sums(const uint16_t *values, ptrdiff_t pixels, int64_t *out);
void apply_lut_8(const uint8_t *values, ptrdiff_t pixels, const uint8_t *table, uint8_t *out);
void apply_lut_16(const uint16_t *values, ptrdiff_t pixels, const uint8_t *table, uint8_t *out);
