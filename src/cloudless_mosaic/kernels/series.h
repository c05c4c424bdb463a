/* The observations of a group of neighbouring pixels, the values of LANES pixels side by side. Those that count come
   first, in order of time, so neither other observations nor other pixels of the group change the result of a
   pixel. Loops over lanes have no branches, so that they become vector code. */

/* Large enough that gcc doesn't unroll the loop before it vectorises. */
enum { LANES = 32 };

/* More than any sum of distances. */
#define NO_SUM 1e300

struct series {
    ptrdiff_t bands;
    ptrdiff_t most;    /* observations of the pixel that has most */
    double *values;    /* place, band, LANES; anything finite from a pixel's count on */
    double *present;   /* place, LANES: 1 up to a pixel's count, then 0 */
    int16_t *times;    /* place, LANES: the observation at a place */
    ptrdiff_t counts[LANES];
};

static inline int make_series(struct series *series, ptrdiff_t bands, ptrdiff_t times)
{
    series->bands = bands;
    series->most = 0;
    series->values = calloc((size_t)(times * bands * LANES), sizeof *series->values);
    series->present = calloc((size_t)(times * LANES), sizeof *series->present);
    series->times = calloc((size_t)(times * LANES), sizeof *series->times);
    return !series->values || !series->present || !series->times;
}

static inline void free_series(struct series *series)
{
    free(series->values);
    free(series->present);
    free(series->times);
}

/* Fills the series of one pixel, which the stack starts at. */
INLINE void load_lane(struct series *restrict series, const uint16_t *restrict stack, ptrdiff_t times,
                      ptrdiff_t pixels, ptrdiff_t lane)
{
    ptrdiff_t bands = series->bands, count = 0;
    for (ptrdiff_t time = 0; time < times; time++) {
        double *restrict target = series->values + count * bands * LANES + lane;
        ptrdiff_t complete = 1;
        for (ptrdiff_t band = 0; band < bands; band++) {
            uint16_t value = stack[(band * times + time) * pixels];
            target[band * LANES] = (double)(int32_t)value;
            complete &= value != 0;
        }
        series->times[count * LANES + lane] = (int16_t)time;
        count += complete;
    }
    for (ptrdiff_t place = 0; place < times; place++)
        series->present[place * LANES + lane] = place < count ? 1.0 : 0.0;
    series->counts[lane] = count;
}

/* Fills the series of `size` pixels; the others have no observation. */
INLINE void load_series(struct series *restrict series, const uint16_t *restrict stack, ptrdiff_t times,
                        ptrdiff_t pixels, ptrdiff_t size)
{
    series->most = 0;
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        if (lane < size) {
            load_lane(series, stack + lane, times, pixels, lane);
        } else {
            series->counts[lane] = 0;
            for (ptrdiff_t place = 0; place < times; place++)
                series->present[place * LANES + lane] = 0.0;
        }
        series->most = series->counts[lane] > series->most ? series->counts[lane] : series->most;
    }
}

/* Distances are rounded to 2 to the power of -20 digital numbers, so that their sums are exact and don't depend
   on the order of the observations: what is equally far is a tie. */
#define TO_FIXED_POINT 4294967296.0

/* Sums of the Euclidean distances of each observation to the others of its pixel, shape (place, LANES). */
INLINE void sum_distances(const struct series *series, double *sums)
{
    ptrdiff_t bands = series->bands;
    for (ptrdiff_t i = 0; i < series->most; i++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            sums[i * LANES + lane] = (1.0 - series->present[i * LANES + lane]) * NO_SUM;
    for (ptrdiff_t i = 0; i < series->most; i++)
        for (ptrdiff_t j = i + 1; j < series->most; j++) {
            const double *restrict a = series->values + i * bands * LANES;
            const double *restrict b = series->values + j * bands * LANES;
            const double *restrict present = series->present + j * LANES;
            double *restrict own = sums + i * LANES, *restrict other = sums + j * LANES;
            double squares[LANES];
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double difference = a[lane] - b[lane];
                squares[lane] = difference * difference;
            }
            for (ptrdiff_t band = 1; band < bands; band++)
                for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                    double difference = a[band * LANES + lane] - b[band * LANES + lane];
                    squares[lane] += difference * difference;
                }
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double distance = (sqrt(squares[lane]) + TO_FIXED_POINT) - TO_FIXED_POINT;
                own[lane] += distance * present[lane];
                other[lane] += distance * present[lane];
            }
        }
}

/* Place of the first least sum of each pixel, and the sum; place 0 where a pixel has no observation. */
INLINE void find_medoids(const struct series *series, const double *restrict sums, double *restrict places,
                         double *restrict least)
{
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        places[lane] = 0.0;
        least[lane] = NO_SUM;
    }
    for (ptrdiff_t place = 0; place < series->most; place++) {
        double at = (double)(int32_t)place;
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            double sum = sums[place * LANES + lane], before = least[lane];
            least[lane] = sum < before ? sum : before;
            places[lane] = sum < before ? at : places[lane];
        }
    }
}
