/* The geometric median of the observations of a pixel: the point with the least sum of Euclidean distances to
   them, over all bands.

   Where it is one of the observations, it is the medoid, and that is tested exactly: an observation is the
   geometric median if the unit vectors from it to the others add up to no more than its own number (Y. Vardi and
   C.-H. Zhang, 2000). Elsewhere the sum of distances is smooth and convex, and lower than at any observation from
   the first step on. That step is the one of Vardi and Zhang from the medoid; Newton's method goes on from there,
   with shorter steps where the sum would not fall. It takes a few iterations where Weiszfeld's takes dozens to
   thousands. Each pixel is computed independently: its neighbours don't change its result. */

#include <math.h>
#include <stdlib.h>


#include "kernels.h"
#include "processors.h"
#include "observations.h"
#include "series.h"
#include "spread.h"

/* Digital numbers. After a step of Newton's method this short, the remaining error is much smaller. */
#define SHORT_STEP 1e-3
/* The most that any tested pixel needed is less than a quarter of this. */
#define MOST_STEPS 200.0
/* Digital numbers: keeps the weight of an observation finite. */
#define SHORTEST 1e-9
/* Minimum curvature, as a part of its greatest value: observations on one line have none across it, and 16-bit
   numbers off a line have more than this. */
#define LEAST_CURVATURE 1e-13

struct search {
    ptrdiff_t bands;
    double *point;      /* band, LANES: the best so far */
    double *step;       /* band, LANES: from there */
    double *trial;      /* band, LANES: the point that the step leads to */
    double *gradient;   /* band, LANES: of the sum of distances */
    double *curvature;  /* its second derivatives: band, bands up to that one, LANES */
    double *unit;       /* band, LANES: scratch */
    double sum[LANES];    /* of distances, at the best point */
    double going[LANES];  /* 1, or 0 where the best point is the geometric median */
    double tried[LANES];  /* steps */
};

static inline double *make_search(struct search *search, ptrdiff_t bands)
{
    double *scratch = calloc((size_t)((5 * bands + bands * (bands + 1) / 2) * LANES), sizeof *scratch);
    search->bands = bands;
    if (scratch) {
        search->point = scratch;
        search->step = search->point + bands * LANES;
        search->trial = search->step + bands * LANES;
        search->gradient = search->trial + bands * LANES;
        search->unit = search->gradient + bands * LANES;
        search->curvature = search->unit + bands * LANES;
    }
    return scratch;
}

/* Sets the best point to the medoid (to the middle of all that are equally good, as of two observations) and the
   step to the one that lowers the sum, and stops where none does. */
INLINE void start_at_medoid(struct search *restrict search, const struct series *restrict series,
                            const double *restrict sums)
{
    ptrdiff_t bands = search->bands;
    double *restrict point = search->point, *restrict middle = search->unit, *restrict step = search->step;
    double places[LANES], tied[LANES], itself[LANES], weights[LANES], weight[LANES], squares[LANES];
    find_medoids(series, sums, places, search->sum);
    for (ptrdiff_t lane = 0; lane < LANES; lane++)
        tied[lane] = itself[lane] = weights[lane] = squares[lane] = 0.0;
    for (ptrdiff_t i = 0; i < bands * LANES; i++)
        point[i] = middle[i] = step[i] = 0.0;
    for (ptrdiff_t place = 0; place < series->most; place++) {
        const double *restrict values = series->values + place * bands * LANES;
        double at = (double)(int32_t)place, best[LANES], tie[LANES];
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            best[lane] = at == places[lane] ? 1.0 : 0.0;
            tie[lane] = sums[place * LANES + lane] == search->sum[lane] ? 1.0 : 0.0;
            tie[lane] *= series->present[place * LANES + lane];
            tied[lane] += tie[lane];
        }
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                point[band * LANES + lane] += values[band * LANES + lane] * best[lane];
                middle[band * LANES + lane] += values[band * LANES + lane] * tie[lane];
            }
    }
    for (ptrdiff_t place = 0; place < series->most; place++) {
        const double *restrict values = series->values + place * bands * LANES;
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            weight[lane] = 0.0;
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double difference = values[band * LANES + lane] - point[band * LANES + lane];
                weight[lane] += difference * difference;
            }
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            double present = series->present[place * LANES + lane];
            /* differences are whole numbers: it's 0 or at least 1 */
            double apart = weight[lane] < 1.0 ? 0.0 : 1.0, square = weight[lane] < 1.0 ? 1.0 : weight[lane];
            itself[lane] += present * (1.0 - apart);
            weight[lane] = present * apart / sqrt(square);
            weights[lane] += weight[lane];
        }
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++)
                step[band * LANES + lane] +=
                    weight[lane] * (values[band * LANES + lane] - point[band * LANES + lane]);
    }
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            squares[lane] += step[band * LANES + lane] * step[band * LANES + lane];
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        /* rounding must not reject a point that lies exactly at the limit */
        double leaves = squares[lane] > itself[lane] * itself[lane] * (1.0 + 1e-12) ? 1.0 : 0.0;
        double square = squares[lane] > 0.0 ? squares[lane] : 1.0;
        double total = weights[lane] > 0.0 ? weights[lane] : 1.0;
        search->going[lane] = leaves;
        squares[lane] = leaves * (1.0 - itself[lane] / sqrt(square)) / total;
        tied[lane] = tied[lane] > 0.0 ? tied[lane] : 1.0;
    }
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            double centre = middle[band * LANES + lane] / tied[lane];
            step[band * LANES + lane] *= squares[lane];
            point[band * LANES + lane] = search->going[lane] > 0.0 ? point[band * LANES + lane] : centre;
        }
}

/* The sum of distances a step away from the best point, its gradient and its curvature. */
INLINE void evaluate(struct search *restrict search, const struct series *restrict series, ptrdiff_t bands,
                     double *restrict sum)
{
    double *restrict gradient = search->gradient, *restrict curvature = search->curvature;
    double *restrict unit = search->unit, *restrict trial = search->trial;
    double weights[LANES], weight[LANES];
    for (ptrdiff_t lane = 0; lane < LANES; lane++)
        sum[lane] = weights[lane] = 0.0;
    for (ptrdiff_t i = 0; i < bands * LANES; i++) {
        gradient[i] = 0.0;
        trial[i] = search->point[i] + search->step[i];
    }
    for (ptrdiff_t i = 0; i < bands * (bands + 1) / 2 * LANES; i++)
        curvature[i] = 0.0;
    for (ptrdiff_t place = 0; place < series->most; place++) {
        const double *restrict values = series->values + place * bands * LANES;
        const double *restrict present = series->present + place * LANES;
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            unit[lane] = trial[lane] - values[lane];
            weight[lane] = unit[lane] * unit[lane];
        }
        for (ptrdiff_t band = 1; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double difference = trial[band * LANES + lane] - values[band * LANES + lane];
                unit[band * LANES + lane] = difference;
                weight[lane] += difference * difference;
            }
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            double distance = sqrt(weight[lane]);
            sum[lane] += distance * present[lane];
            /* no point of the search lies on an observation, or its sum would not be the lowest */
            weight[lane] = present[lane] / (distance > SHORTEST ? distance : SHORTEST);
            weights[lane] += weight[lane];
        }
        for (ptrdiff_t band = 0; band < bands; band++) {
            double *restrict row = curvature + band * (band + 1) / 2 * LANES;
            double weighted[LANES];
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double scaled = unit[band * LANES + lane] * weight[lane];
                unit[band * LANES + lane] = scaled;
                gradient[band * LANES + lane] += scaled;
                weighted[lane] = scaled * weight[lane];
            }
            for (ptrdiff_t other = 0; other <= band; other++)
                for (ptrdiff_t lane = 0; lane < LANES; lane++)
                    row[other * LANES + lane] -= weighted[lane] * unit[other * LANES + lane];
        }
    }
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            curvature[band * (band + 3) / 2 * LANES + lane] += weights[lane];
    for (ptrdiff_t lane = 0; lane < LANES; lane++)
        unit[lane] = weights[lane] * LEAST_CURVATURE;
}

/* Turns the gradient into the negative of Newton's step by an L D L' decomposition of the curvature, in place.
   The first LANES of `unit` hold the least pivots. */
INLINE void solve(struct search *restrict search, ptrdiff_t bands)
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
            double own = pivot[lane], floor = least[lane] > 0.0 ? least[lane] : 1.0;
            pivot[lane] = 1.0 / (own > floor ? own : floor);
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

/* Takes the step where it lowers the sum, and plans the next: Newton's, or a quarter of the one that did
   not. */
INLINE void advance(struct search *restrict search, ptrdiff_t bands, const double *restrict sum)
{
    double *restrict point = search->point, *restrict step = search->step;
    const double *restrict gradient = search->gradient, *restrict trial = search->trial;
    double lower[LANES], last[LANES], squares[LANES];
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        double before = search->sum[lane];
        lower[lane] = sum[lane] < before ? search->going[lane] : 0.0;
        search->sum[lane] = sum[lane] < before ? sum[lane] : before;
        squares[lane] = 0.0;
    }
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            ptrdiff_t i = band * LANES + lane;
            double shorter = 0.25 * step[i], newton = -gradient[i], here = point[i], there = trial[i];
            double next = lower[lane] > 0.0 ? newton : shorter;
            point[i] = lower[lane] > 0.0 ? there : here;
            step[i] = next;
            squares[lane] += next * next;
        }
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        double ends = squares[lane] <= SHORT_STEP * SHORT_STEP ? 1.0 : 0.0;
        double tries = search->tried[lane] + 1.0;
        last[lane] = ends * lower[lane];
        search->tried[lane] = tries;
        search->going[lane] *= tries < MOST_STEPS ? 1.0 - ends : 0.0;
    }
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            double further = last[lane] > 0.0 ? step[band * LANES + lane] : 0.0;
            point[band * LANES + lane] += further;
        }
}

/* Pixels whose searches run together. */
enum { TURN = 8 * LANES };

/* Where their searches start and end. */
struct turn {
    double *points;         /* band, TURN */
    double *steps;          /* band, TURN */
    double sums[TURN];
    ptrdiff_t going[TURN];  /* pixels that need a search */
    ptrdiff_t number;       /* of them */
};

/* Keeps what `start_at_medoid` found for a group. */
INLINE void keep_starts(struct turn *restrict turn, const struct search *restrict search, ptrdiff_t first,
                        ptrdiff_t size)
{
    for (ptrdiff_t band = 0; band < search->bands; band++)
        for (ptrdiff_t lane = 0; lane < size; lane++) {
            turn->points[band * TURN + first + lane] = search->point[band * LANES + lane];
            turn->steps[band * TURN + first + lane] = search->step[band * LANES + lane];
        }
    for (ptrdiff_t lane = 0; lane < size; lane++) {
        turn->sums[first + lane] = search->sum[lane];
        turn->going[turn->number] = first + lane;
        turn->number += search->going[lane] > 0.0;
    }
}

INLINE void begin(struct search *restrict search, const struct turn *restrict turn, ptrdiff_t lane,
                  ptrdiff_t pixel)
{
    for (ptrdiff_t band = 0; band < search->bands; band++) {
        search->point[band * LANES + lane] = turn->points[band * TURN + pixel];
        search->step[band * LANES + lane] = turn->steps[band * TURN + pixel];
    }
    search->sum[lane] = turn->sums[pixel];
    search->going[lane] = 1.0;
    search->tried[lane] = 0.0;
}

INLINE void end(const struct search *restrict search, struct turn *restrict turn, ptrdiff_t lane,
                ptrdiff_t pixel)
{
    for (ptrdiff_t band = 0; band < search->bands; band++)
        turn->points[band * TURN + pixel] = search->point[band * LANES + lane];
}

/* Searches for the pixels of a turn, which the stack starts at. A lane that has found its point takes the next
   pixel; what the other lanes do changes nothing in it. `bands` is that of the search: where it is a constant,
   the loops over bands are laid out. */
INLINE void descend(struct search *restrict search, struct series *restrict series, struct turn *restrict turn,
                    const uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels)
{
    double sum[LANES];
    ptrdiff_t owner[LANES], next = 0, active = turn->number < LANES ? turn->number : LANES;
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        owner[lane] = -1;
        search->going[lane] = 0.0;
        series->counts[lane] = 0;
    }
    while (active) {
        active = 0;
        series->most = 0;
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            if (search->going[lane] == 0.0) {
                if (owner[lane] >= 0)
                    end(search, turn, lane, owner[lane]);
                owner[lane] = next < turn->number ? turn->going[next++] : -1;
                series->counts[lane] = 0;
                if (owner[lane] >= 0) {
                    load_lane(series, stack + owner[lane], times, pixels, lane);
                    begin(search, turn, lane, owner[lane]);
                }
            }
            active += owner[lane] >= 0;
            series->most = series->counts[lane] > series->most ? series->counts[lane] : series->most;
        }
        evaluate(search, series, bands, sum);
        solve(search, bands);
        advance(search, bands, sum);
    }
}

/* Counts the observations of a group's pixels, and notes which have any part. */
INLINE void note_observations(const struct series *series, ptrdiff_t size, uint16_t *count, uint8_t *contributed)
{
    for (ptrdiff_t lane = 0; lane < size; lane++) {
        count[lane] = (uint16_t)series->counts[lane];
        for (ptrdiff_t place = 0; place < series->counts[lane]; place++)
            contributed[series->times[place * LANES + lane]] = 1;
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
    struct series series, searched;
    struct search search;
    struct turn turn;
    int short_of_memory = make_series(&series, bands, times) | make_series(&searched, bands, times);
    double *sums = calloc((size_t)(times * LANES), sizeof *sums);
    float *distances = calloc((size_t)(3 * times * LANES), sizeof *distances);
    double *scratch = make_search(&search, bands);
    turn.points = calloc((size_t)(2 * bands * TURN), sizeof *turn.points);
    turn.steps = turn.points + bands * TURN;
    short_of_memory |= !sums || !distances || !scratch || !turn.points;
    for (ptrdiff_t start = 0; start < pixels && !short_of_memory; start += TURN) {
        ptrdiff_t size = pixels - start < TURN ? pixels - start : TURN;
        turn.number = 0;
        for (ptrdiff_t first = 0; first < size; first += LANES) {
            ptrdiff_t lanes = size - first < LANES ? size - first : LANES;
            load_series(&series, stack + start + first, times, pixels, lanes);
            note_observations(&series, lanes, count + start + first, contributed);
            sum_distances(&series, sums);
            start_at_medoid(&search, &series, sums);
            keep_starts(&turn, &search, first, lanes);
        }
        if (bands == 3)
            descend(&search, &searched, &turn, stack + start, 3, times, pixels);
        else if (bands == 4)
            descend(&search, &searched, &turn, stack + start, 4, times, pixels);
        else
            descend(&search, &searched, &turn, stack + start, bands, times, pixels);
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t i = 0; i < size; i++)
                out[band * pixels + start + i] = (uint16_t)(int32_t)whole(turn.points[band * TURN + i]);
        for (ptrdiff_t first = 0; spread && first < size; first += LANES) {
            ptrdiff_t lanes = size - first < LANES ? size - first : LANES;
            load_series(&series, stack + start + first, times, pixels, lanes);
            measure_spread(&series, turn.points + first, TURN, network, comparators, distances,
                           spread + start + first, pixels, lanes);
        }
    }
    free_series(&series);
    free_series(&searched);
    free(sums);
    free(distances);
    free(scratch);
    free(turn.points);
    return short_of_memory;
}
