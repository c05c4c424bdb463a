/* The geometric median of the observations of a pixel: the point with the least sum of Euclidean distances to
   them, over all bands.

   Where it is one of the observations, it is the medoid, and that is tested exactly: an observation is the
   geometric median if the unit vectors from it to the others add up to no more than its own number (Y. Vardi and
   C.-H. Zhang, 2000). Elsewhere the sum of distances is smooth and convex, and lower than at any observation from
   the first step on. That step is the one of Vardi and Zhang from the medoid; Newton's method goes on from there,
   with shorter steps where the sum would not fall. It takes a few iterations where Weiszfeld's takes dozens to
   thousands. A pixel is done by itself: what its neighbours need changes nothing in it. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "processors.h"
#include "observations.h"
#include "series.h"

/* Digital numbers. A step of Newton's method this short leaves much less than itself. */
#define SHORT_STEP 1e-3
/* No pixel has been seen to need a quarter of them. */
enum { ITERATIONS = 200 };
/* Part of its greatest value that the curvature is taken to have at least: observations on one line leave none,
   and numbers of 16 bit that lie off a line leave more. */
#define LEAST_CURVATURE 1e-13

struct search {
    ptrdiff_t bands;
    double *point;      /* band, LANES: the best so far */
    double *step;       /* band, LANES: from there */
    double *gradient;   /* band, LANES: of the sum of distances */
    double *curvature;  /* its second derivatives: band, bands up to that one, LANES */
    double *unit;       /* band, LANES: scratch */
    double sum[LANES];  /* of distances, at the best point */
    double going[LANES];
};

/* Sets the best point to the medoid (to the middle of all that are equally good, as of two observations) and the
   step to the one that lowers the sum, and stops where none does. */
INLINE void start_at_medoid(struct search *search, const struct series *series, const double *sums)
{
    ptrdiff_t bands = search->bands;
    double places[LANES], tied[LANES] = {0}, itself[LANES] = {0}, weights[LANES] = {0}, squares[LANES] = {0};
    find_medoids(series, sums, places, search->sum);
    memset(search->point, 0, (size_t)(bands * LANES) * sizeof(double));
    memset(search->unit, 0, (size_t)(bands * LANES) * sizeof(double));
    memset(search->step, 0, (size_t)(bands * LANES) * sizeof(double));
    for (ptrdiff_t place = 0; place < series->most; place++) {
        const double *values = series->values + place * bands * LANES;
        double best[LANES], tie[LANES];
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            double at = (double)(int32_t)place;
            best[lane] = at == places[lane] ? 1.0 : 0.0;
            tie[lane] = (at < series->counts[lane]) & (sums[place * LANES + lane] == search->sum[lane]) ? 1.0 : 0.0;
            tied[lane] += tie[lane];
        }
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                search->point[band * LANES + lane] += values[band * LANES + lane] * best[lane];
                search->unit[band * LANES + lane] += values[band * LANES + lane] * tie[lane];
            }
    }
    for (ptrdiff_t place = 0; place < series->most; place++) {
        const double *values = series->values + place * bands * LANES;
        double weight[LANES] = {0};
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double difference = values[band * LANES + lane] - search->point[band * LANES + lane];
                weight[lane] += difference * difference;
            }
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            int counts = (double)(int32_t)place < series->counts[lane];
            int apart = counts & (weight[lane] > 0.0);
            itself[lane] += counts & !apart ? 1.0 : 0.0;
            weight[lane] = apart ? 1.0 / sqrt(apart ? weight[lane] : 1.0) : 0.0;
            weights[lane] += weight[lane];
        }
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++)
                search->step[band * LANES + lane] +=
                    weight[lane] * (values[band * LANES + lane] - search->point[band * LANES + lane]);
    }
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            squares[lane] += search->step[band * LANES + lane] * search->step[band * LANES + lane];
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        /* rounding must not send a point away that lies exactly at the limit */
        int leaves = squares[lane] > itself[lane] * itself[lane] * (1.0 + 1e-12);
        search->going[lane] = leaves ? 1.0 : 0.0;
        squares[lane] = leaves ? (1.0 - itself[lane] / sqrt(leaves ? squares[lane] : 1.0)) / weights[lane] : 0.0;
        tied[lane] = tied[lane] > 0.0 ? tied[lane] : 1.0;
    }
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            double *point = search->point + band * LANES + lane;
            search->step[band * LANES + lane] *= squares[lane];
            *point = search->going[lane] > 0.0 ? *point : search->unit[band * LANES + lane] / tied[lane];
        }
}

/* The sum of distances a step away from the best point, its gradient and its curvature. */
INLINE void evaluate(struct search *search, const struct series *series, ptrdiff_t bands, double *restrict sum)
{
    double *restrict gradient = search->gradient, *restrict curvature = search->curvature;
    double *restrict unit = search->unit;
    double weights[LANES] = {0};
    for (ptrdiff_t lane = 0; lane < LANES; lane++)
        sum[lane] = 0.0;
    memset(gradient, 0, (size_t)(bands * LANES) * sizeof(double));
    memset(curvature, 0, (size_t)(bands * (bands + 1) / 2 * LANES) * sizeof(double));
    for (ptrdiff_t place = 0; place < series->most; place++) {
        const double *restrict values = series->values + place * bands * LANES;
        double squares[LANES] = {0}, weight[LANES], root[LANES];
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                ptrdiff_t i = band * LANES + lane;
                unit[i] = search->point[i] + search->step[i] - values[i];
                squares[lane] += unit[i] * unit[i];
            }
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            int counts = (double)(int32_t)place < series->counts[lane];
            double distance = sqrt(squares[lane]);
            sum[lane] += counts ? distance : 0.0;
            weight[lane] = counts & (distance > 0.0) ? 1.0 / (distance > 0.0 ? distance : 1.0) : 0.0;
            weights[lane] += weight[lane];
            root[lane] = weight[lane];
        }
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                unit[band * LANES + lane] *= root[lane];
                gradient[band * LANES + lane] += unit[band * LANES + lane];
            }
        double *restrict entry = curvature;
        for (ptrdiff_t band = 0; band < bands; band++) {
            double weighted[LANES];
            for (ptrdiff_t lane = 0; lane < LANES; lane++)
                weighted[lane] = unit[band * LANES + lane] * weight[lane];
            for (ptrdiff_t other = 0; other <= band; other++, entry += LANES)
                for (ptrdiff_t lane = 0; lane < LANES; lane++)
                    entry[lane] -= weighted[lane] * unit[other * LANES + lane];
        }
    }
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            curvature[(band * (band + 3) / 2) * LANES + lane] += weights[lane];
    for (ptrdiff_t lane = 0; lane < LANES; lane++)
        unit[lane] = weights[lane] * LEAST_CURVATURE;
}

/* Solves for Newton's step, which becomes the negative gradient's place, by an L D L' decomposition in place.
   The first LANES of `unit` hold the least pivots. */
INLINE void solve(struct search *search, ptrdiff_t bands)
{
    double *restrict curvature = search->curvature, *restrict gradient = search->gradient;
    const double *restrict least = search->unit;
    for (ptrdiff_t j = 0; j < bands; j++) {
        double *row = curvature + (j * (j + 1) / 2) * LANES;
        for (ptrdiff_t k = 0; k < j; k++) {
            const double *above = curvature + (k * (k + 1) / 2) * LANES;
            for (ptrdiff_t i = 0; i < k; i++)
                for (ptrdiff_t lane = 0; lane < LANES; lane++)
                    row[k * LANES + lane] -= row[i * LANES + lane] * above[i * LANES + lane];
        }
        double *pivot = row + j * LANES;
        for (ptrdiff_t k = 0; k < j; k++) {
            const double *inverse = curvature + (k * (k + 3) / 2) * LANES;
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double factor = row[k * LANES + lane] * inverse[lane];
                pivot[lane] -= row[k * LANES + lane] * factor;
                gradient[j * LANES + lane] -= factor * gradient[k * LANES + lane];
                row[k * LANES + lane] = factor;
            }
        }
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            double held = pivot[lane] > least[lane] ? pivot[lane] : least[lane];
            pivot[lane] = 1.0 / (held > 0.0 ? held : 1.0);
        }
    }
    for (ptrdiff_t j = bands - 1; j >= 0; j--) {
        const double *inverse = curvature + (j * (j + 3) / 2) * LANES;
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            gradient[j * LANES + lane] *= inverse[lane];
        for (ptrdiff_t i = j + 1; i < bands; i++) {
            const double *factor = curvature + (i * (i + 1) / 2 + j) * LANES;
            for (ptrdiff_t lane = 0; lane < LANES; lane++)
                gradient[j * LANES + lane] -= factor[lane] * gradient[i * LANES + lane];
        }
    }
}

/* Takes the step where it lowers the sum, and plans the next: Newton's, or a quarter of the one that did not. */
INLINE double advance(struct search *search, ptrdiff_t bands, const double *restrict sum)
{
    double lower[LANES], squares[LANES] = {0}, left = 0.0;
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        lower[lane] = (search->going[lane] > 0.0) & (sum[lane] < search->sum[lane]) ? 1.0 : 0.0;
        search->sum[lane] = lower[lane] > 0.0 ? sum[lane] : search->sum[lane];
    }
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            ptrdiff_t i = band * LANES + lane;
            double further = search->point[i] + search->step[i];
            search->point[i] = lower[lane] > 0.0 ? further : search->point[i];
            search->step[i] = lower[lane] > 0.0 ? -search->gradient[i] : 0.25 * search->step[i];
            squares[lane] += search->step[i] * search->step[i];
        }
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        int ends = (search->going[lane] > 0.0) & (squares[lane] <= SHORT_STEP * SHORT_STEP);
        lower[lane] = ends & (lower[lane] > 0.0) ? 1.0 : 0.0;
        search->going[lane] = ends ? 0.0 : search->going[lane];
        left += search->going[lane];
    }
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            search->point[band * LANES + lane] += lower[lane] > 0.0 ? search->step[band * LANES + lane] : 0.0;
    return left;
}

/* `bands` is that of the search: where it is a constant, the loops over bands are laid out. */
INLINE void descend(struct search *search, const struct series *series, ptrdiff_t bands)
{
    double sum[LANES], left = 0.0;
    for (ptrdiff_t lane = 0; lane < LANES; lane++)
        left += search->going[lane];
    for (int iteration = 0; left > 0.0 && iteration < ITERATIONS; iteration++) {
        evaluate(search, series, bands, sum);
        solve(search, bands);
        left = advance(search, bands, sum);
    }
}

/* Median of the first `count` values of a lane, sorted; they are distances. */
INLINE float middle(const float *values, ptrdiff_t count)
{
    return count ? 0.5f * (values[(count - 1) / 2 * LANES] + values[count / 2 * LANES]) : NAN;
}

/* Medians over time of three distances to the geometric median: Euclidean; 1 - cosine, as half the square of
   the distance of the unit vectors, which loses no digits; and Bray-Curtis, sum |x - g| / sum |x + g|. */
INLINE void measure_spread(const struct search *search, const struct series *series, const int64_t *network,
                           ptrdiff_t comparators, float *distances, float *spread, ptrdiff_t pixels,
                           ptrdiff_t size)
{
    ptrdiff_t bands = search->bands, plane = series->most * LANES;
    double own[LANES] = {0};
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            own[lane] += search->point[band * LANES + lane] * search->point[band * LANES + lane];
    for (ptrdiff_t lane = 0; lane < LANES; lane++)
        own[lane] = own[lane] > 0.0 ? 1.0 / sqrt(own[lane]) : 1.0;
    for (ptrdiff_t place = 0; place < series->most; place++) {
        const double *values = series->values + place * bands * LANES;
        double squares[LANES] = {0}, norm[LANES] = {0}, chord[LANES] = {0}, apart[LANES] = {0}, total[LANES] = {0};
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double value = values[band * LANES + lane], point = search->point[band * LANES + lane];
                double difference = value - point;
                squares[lane] += difference * difference;
                norm[lane] += value * value;
                apart[lane] += fabs(difference);
                total[lane] += value + point;
            }
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            norm[lane] = norm[lane] > 0.0 ? 1.0 / sqrt(norm[lane]) : 1.0;
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double difference = values[band * LANES + lane] * norm[lane]
                                    - search->point[band * LANES + lane] * own[lane];
                chord[lane] += difference * difference;
            }
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            int counts = (double)(int32_t)place < series->counts[lane];
            float *target = distances + place * LANES + lane;
            target[0] = counts ? (float)sqrt(squares[lane]) : INFINITY;
            target[plane] = counts ? (float)(0.5 * chord[lane]) : INFINITY;
            target[2 * plane] = counts ? (float)(apart[lane] / (total[lane] > 0.0 ? total[lane] : 1.0)) : INFINITY;
        }
    }
    for (ptrdiff_t kind = 0; kind < 3; kind++) {
        float *sorted = distances + kind * plane;
        for (ptrdiff_t pair = 0; pair < comparators; pair++) {
            /* infinite distances are at the end already */
            if (network[2 * pair + 1] >= series->most)
                continue;
            float *restrict low = sorted + network[2 * pair] * LANES;
            float *restrict high = sorted + network[2 * pair + 1] * LANES;
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                float a = low[lane], b = high[lane];
                low[lane] = a < b ? a : b;
                high[lane] = a < b ? b : a;
            }
        }
        for (ptrdiff_t lane = 0; lane < size; lane++)
            spread[kind * pixels + lane] = middle(sorted + lane, (ptrdiff_t)series->counts[lane]);
    }
}

/* The geometric median, where an observation counts in all bands of a pixel or in none, rounded half to even.
   `spread` takes the medians of the three distances to it, shape (3, pixel), NaN where no observation counts; it
   may be null. Returns 0, or 1 where memory is short. */
PER_PROCESSOR
int joint_geomedian(const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels,
                    const int64_t *network, ptrdiff_t comparators, uint16_t *out, uint16_t *count,
                    uint8_t *contributed, float *spread)
{
    ptrdiff_t vectors = 4 * bands + bands * (bands + 1) / 2;
    struct series series = {.bands = bands};
    struct search search = {.bands = bands};
    series.values = calloc((size_t)(times * bands * LANES), sizeof *series.values);
    series.times = calloc((size_t)(times * LANES), sizeof *series.times);
    double *scratch = calloc((size_t)((times + vectors) * LANES), sizeof *scratch);
    float *distances = calloc((size_t)(3 * times * LANES), sizeof *distances);
    int short_of_memory = !series.values || !series.times || !scratch || !distances;
    search.point = scratch + times * LANES;
    search.step = search.point + bands * LANES;
    search.gradient = search.step + bands * LANES;
    search.unit = search.gradient + bands * LANES;
    search.curvature = search.unit + bands * LANES;
    for (ptrdiff_t start = 0; start < pixels && !short_of_memory; start += LANES) {
        ptrdiff_t size = pixels - start < LANES ? pixels - start : LANES;
        load_series(&series, stack + start, times, pixels, size);
        sum_distances(&series, scratch);
        start_at_medoid(&search, &series, scratch);
        if (bands == 3)
            descend(&search, &series, 3);
        else if (bands == 4)
            descend(&search, &series, 4);
        else
            descend(&search, &series, bands);
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < size; lane++)
                out[band * pixels + start + lane] = (uint16_t)(int32_t)whole(search.point[band * LANES + lane]);
        for (ptrdiff_t lane = 0; lane < size; lane++) {
            count[start + lane] = (uint16_t)series.counts[lane];
            for (ptrdiff_t place = 0; place < (ptrdiff_t)series.counts[lane]; place++)
                contributed[series.times[place * LANES + lane]] = 1;
        }
        if (spread)
            measure_spread(&search, &series, network, comparators, distances, spread + start, pixels, size);
    }
    free(series.values);
    free(series.times);
    free(scratch);
    free(distances);
    return short_of_memory;
}
