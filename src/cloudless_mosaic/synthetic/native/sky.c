/* Cloud, cirrus and haze between sensor and ground, and the edge of the swath. */

#include "native.h"

/* True on the visible side of the edge; the shorter way round the globe counts. */
PER_PROCESSOR
static void see(const conditions *given, const double *restrict u, const double *restrict v, ptrdiff_t columns,
                uint8_t *restrict out)
{
    const double around = (double)(1 << WORLD_BITS), half = around / 2.0;
    for (ptrdiff_t column = 0; column < columns; column++) {
        double eastwards = u[column] - given->edge_u + half;
        if (eastwards < 0.0 || eastwards >= around) /* rarely needed, and a remainder is slow */
            eastwards -= floor(eastwards / around) * around;
        double northwards = v[column] - given->edge_v;
        out[column] = (eastwards - half) * given->inwards_u + northwards * given->inwards_v >= 0.0;
    }
}

/* Thickness of cloud: large fields whose edges fray into puffs. */
PER_PROCESSOR
static void cover_with_cloud(const double *restrict broad, const double *restrict fine, double threshold,
                             ptrdiff_t columns, uint8_t *restrict out)
{
    int solid = threshold == -INFINITY;
    double thinnest = solid ? (double)OPAQUE / THICKEST : 0.0;
    double lowest = solid ? -0.7 : threshold;
    for (ptrdiff_t column = 0; column < columns; column++) {
        double depth = broad[column] + 0.5 * fine[column];
        int32_t thickness = (int32_t)(THICKEST * least(1.0, most(thinnest, 2.2 * (depth - lowest))));
        out[column] = (uint8_t)(broad[column] + 0.4 >= threshold ? thickness : 0);
    }
}

/* Density of cirrus, drawn out from west to east, or of haze; neither has a sharp edge. */
PER_PROCESSOR
static void veil(const double *restrict depth, double threshold, double steepness, ptrdiff_t columns,
                 uint8_t *restrict out)
{
    for (ptrdiff_t column = 0; column < columns; column++)
        out[column] =
            (uint8_t)(int32_t)(DENSEST * least(1.0, most(0.0, steepness * (depth[column] - threshold))));
}

/* Layers whose threshold is infinite are left unchanged. */
void make_sky(uint64_t seed, const pixel_grid *grid, const conditions *given, ptrdiff_t rows, ptrdiff_t columns,
              double *scratch, uint8_t *cloud, uint8_t *cirrus, uint8_t *haze, uint8_t *seen)
{
    double *u = scratch, *v = u + columns, *broad = v + columns, *fine = broad + columns;
    for (ptrdiff_t row = 0; row < rows; row++) {
        ptrdiff_t start = row * columns;
        locate_row(grid, (double)row + 0.5, columns, u, v);
        see(given, u, v, columns, seen + start);
        if (given->clouds != INFINITY) {
            fill_fractal(seed, u, v, columns, 13, 2, broad);
            fill_fractal(seed + 2, u, v, columns, 11, 4, fine);
            cover_with_cloud(broad, fine, given->clouds, columns, cloud + start);
        }
        if (given->cirrus != INFINITY) {
            for (ptrdiff_t column = 0; column < columns; column++)
                broad[column] = 0.0;
            add_smooth(seed + 40, u, v, columns, 15, 13, 1.0, broad);
            add_smooth(seed + 41, u, v, columns, 13, 11, 0.5, broad);
            veil(broad, given->cirrus, 4.0, columns, cirrus + start);
        }
        if (given->haze != INFINITY) {
            fill_fractal(seed + 80, u, v, columns, 14, 2, broad);
            veil(broad, given->haze, 3.0, columns, haze + start);
        }
    }
}
