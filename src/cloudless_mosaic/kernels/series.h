/* The observations of a group of neighbouring pixels, the values of LANES pixels side by side. Those that count
   come first, in the order of time, so neither the observations that don't nor the other pixels of the group
   change what is calculated for a pixel. */

enum { LANES = 16 };

struct series {
    ptrdiff_t bands;
    ptrdiff_t most;        /* observations of the pixel that has most */
    double *values;        /* place, band, LANES; anything finite from a pixel's count on */
    int16_t *times;        /* place, LANES: the observation at a place */
    double counts[LANES];  /* observations of a pixel */
};

/* Fills the series of `size` pixels; the others have no observation. */
INLINE void load_series(struct series *series, const uint16_t *stack, ptrdiff_t times, ptrdiff_t pixels,
                        ptrdiff_t size)
{
    ptrdiff_t bands = series->bands, band_stride = times * pixels;
    ptrdiff_t filled[LANES] = {0};
    series->most = 0;
    for (ptrdiff_t time = 0; time < times; time++) {
        const uint16_t *own = stack + time * pixels;
        uint16_t least[LANES] = {0};
        for (ptrdiff_t lane = 0; lane < size; lane++)
            least[lane] = own[lane];
        for (ptrdiff_t band = 1; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < size; lane++) {
                uint16_t value = own[band * band_stride + lane];
                least[lane] = value < least[lane] ? value : least[lane];
            }
        for (ptrdiff_t lane = 0; lane < size; lane++) {
            if (!least[lane])
                continue;
            ptrdiff_t place = filled[lane]++;
            double *target = series->values + place * bands * LANES + lane;
            for (ptrdiff_t band = 0; band < bands; band++)
                target[band * LANES] = (double)(int32_t)own[band * band_stride + lane];
            series->times[place * LANES + lane] = (int16_t)time;
        }
    }
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        series->counts[lane] = (double)(int32_t)filled[lane];
        series->most = filled[lane] > series->most ? filled[lane] : series->most;
    }
}

/* Distances are rounded to 2 to the power of -20 digital numbers, so that their sums are exact and don't depend
   on the order of the observations: what is equally far is a tie. */
#define TO_FIXED_POINT 4294967296.0

/* Sums of the Euclidean distances of each observation to the others of its pixel, shape (place, LANES). */
INLINE void sum_distances(const struct series *series, double *sums)
{
    ptrdiff_t bands = series->bands;
    memset(sums, 0, (size_t)(series->most * LANES) * sizeof *sums);
    for (ptrdiff_t i = 0; i < series->most; i++)
        for (ptrdiff_t j = i + 1; j < series->most; j++) {
            const double *restrict a = series->values + i * bands * LANES;
            const double *restrict b = series->values + j * bands * LANES;
            double *restrict own = sums + i * LANES, *restrict other = sums + j * LANES;
            double squares[LANES] = {0};
            for (ptrdiff_t band = 0; band < bands; band++)
                for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                    double difference = a[band * LANES + lane] - b[band * LANES + lane];
                    squares[lane] += difference * difference;
                }
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double distance = (sqrt(squares[lane]) + TO_FIXED_POINT) - TO_FIXED_POINT;
                distance = (double)(int32_t)j < series->counts[lane] ? distance : 0.0;
                own[lane] += distance;
                other[lane] += distance;
            }
        }
}

/* Place of the first least sum of each pixel, -1 where it has no observation, and the sum. */
INLINE void find_medoids(const struct series *series, const double *sums, double *restrict places,
                         double *restrict least)
{
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        places[lane] = series->counts[lane] > 0.0 ? 0.0 : -1.0;
        least[lane] = sums[lane];
    }
    for (ptrdiff_t place = 1; place < series->most; place++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            double at = (double)(int32_t)place, sum = sums[place * LANES + lane];
            int lower = (at < series->counts[lane]) & (sum < least[lane]);
            places[lane] = lower ? at : places[lane];
            least[lane] = lower ? sum : least[lane];
        }
}
