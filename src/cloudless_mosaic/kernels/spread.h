/* Distances of the observations of a group of pixels from their composite. */

/* Median of the first `count` values of a lane, sorted; they are distances. */
INLINE float middle(const float *values, ptrdiff_t count)
{
    return count ? 0.5f * (values[(count - 1) / 2 * LANES] + values[count / 2 * LANES]) : NAN;
}

/* Medians over time of three distances to the geometric median: Euclidean; 1 - cosine, as half the square of
   the distance of the unit vectors, which loses no digits; and Bray-Curtis, sum |x - g| / sum |x + g|. */
INLINE void measure_spread(const struct series *restrict series, const double *restrict points, ptrdiff_t stride,
                           const int64_t *network, ptrdiff_t comparators, float *restrict distances,
                           float *restrict spread, ptrdiff_t pixels, ptrdiff_t size)
{
    ptrdiff_t bands = series->bands, plane = series->most * LANES;
    double own[LANES];
    for (ptrdiff_t lane = 0; lane < LANES; lane++)
        own[lane] = 0.0;
    for (ptrdiff_t band = 0; band < bands; band++)
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            own[lane] += points[band * stride + lane] * points[band * stride + lane];
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        /* a composite has no value below 1 in any band, or is 0 in all of them */
        own[lane] = 1.0 / sqrt(own[lane] > 1.0 ? own[lane] : 1.0);
    }
    for (ptrdiff_t place = 0; place < series->most; place++) {
        const double *restrict values = series->values + place * bands * LANES;
        const double *restrict present = series->present + place * LANES;
        float *restrict euclidean = distances + place * LANES, *restrict cosine = euclidean + plane;
        float *restrict bray_curtis = cosine + plane;
        double squares[LANES], norm[LANES], chord[LANES], apart[LANES], total[LANES];
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            squares[lane] = norm[lane] = chord[lane] = apart[lane] = total[lane] = 0.0;
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double value = values[band * LANES + lane], point = points[band * stride + lane];
                double difference = value - point;
                squares[lane] += difference * difference;
                norm[lane] += value * value;
                apart[lane] += fabs(difference);
                total[lane] += value + point;
            }
        for (ptrdiff_t lane = 0; lane < LANES; lane++)
            norm[lane] = 1.0 / sqrt(norm[lane] > 1.0 ? norm[lane] : 1.0);
        for (ptrdiff_t band = 0; band < bands; band++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++) {
                double difference = values[band * LANES + lane] * norm[lane] - points[band * stride + lane] * own[lane];
                chord[lane] += difference * difference;
            }
        for (ptrdiff_t lane = 0; lane < LANES; lane++) {
            double sum = total[lane] > 1.0 ? total[lane] : 1.0;
            float one = (float)sqrt(squares[lane]), two = (float)(0.5 * chord[lane]);
            float three = (float)(apart[lane] / sum);
            euclidean[lane] = present[lane] > 0.0 ? one : INFINITY;
            cosine[lane] = present[lane] > 0.0 ? two : INFINITY;
            bray_curtis[lane] = present[lane] > 0.0 ? three : INFINITY;
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
            spread[kind * pixels + lane] = middle(sorted + lane, series->counts[lane]);
    }
}
