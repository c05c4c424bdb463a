/* Height and cover of the land. Lengths are in world units, 0.8 m at the latitude of the demo;
   heights in metres. */

#include "native.h"

typedef struct {
    uint8_t cover;
    double tone;
} surface;

/* Valleys follow the zero lines of a noise; mountains rise where a broader noise is high. */
PER_PROCESSOR
void raise_terrain(uint64_t seed, const pixel_grid *grid, ptrdiff_t rows, ptrdiff_t columns, double *restrict scratch,
                   float *restrict heights, float *restrict valleys)
{
    double *u = scratch, *v = u + columns;
    double *broad = v + columns, *vale = broad + columns, *plain = vale + columns, *crag = plain + columns;
    for (ptrdiff_t row = 0; row < rows; row++) {
        locate_row(grid, (double)row + 0.5, columns, u, v);
        fill_fractal(seed + 100, u, v, columns, 16, 2, broad);
        fill_fractal(seed + 200, u, v, columns, 13, 4, vale);
        fill_fractal(seed + 300, u, v, columns, 14, 2, plain);
        fill_fractal(seed + 400, u, v, columns, 11, 3, crag);
        for (ptrdiff_t column = 0; column < columns; column++) {
            double mountains = ramp(-0.05, 0.35, broad[column]);
            double valley = fabs(vale[column]);
            double base = 45.0 + 260.0 * plain[column] + 160.0 * mountains;
            double crags = crag[column] * (60.0 + 1000.0 * mountains);
            double rise = least(1.3, 2.2 * valley);
            heights[row * columns + column] = (float)(base + rise * (130.0 + 2000.0 * mountains + crags));
            valleys[row * columns + column] = (float)valley;
        }
    }
}

/* Streets every 100 m, avenues every 800 m, blocks of gardens and roofs between them. */
static surface town(uint64_t seed, double u, double v, double density)
{
    if ((whole(u) & 1023) < 34 || (whole(v) & 1023) < 34 || (whole(v) & 127) < 14)
        return (surface){STREET, 1.0};
    uint64_t block = cell_hash(seed + 610, u, v, 7);
    if (share(block, 0) < 0.12)
        return (surface){GRASS, 1.0};
    return (surface){share(block, 2) < 3.0 * density ? ROOFS : GARDENS, 0.9 + 0.25 * share(block, 1)};
}

/* Parcels, alike in shape and direction within an estate of 1.6 km, with roads between estates. */
static surface field(uint64_t seed, double u, double v)
{
    uint64_t estate = cell_hash(seed + 710, u, v, 11);
    double x = (double)(whole(u) & 2047), y = (double)(whole(v) & 2047);
    if (x < 14.0 || y < 14.0)
        return (surface){STREET, 1.0};
    double turn = 0.5 * share(estate, 0) - 0.25;
    double across = (x + turn * y) / (240.0 + 260.0 * share(estate, 1));
    double along = (y - turn * x) / (330.0 + 470.0 * share(estate, 2));
    uint64_t parcel = cell_hash(estate, across + 64.0, along + 64.0, 0);
    double choice = share(parcel, 0);
    uint8_t cover = choice < 0.42   ? GRASS
                    : choice < 0.64 ? CROP
                    : choice < 0.84 ? SOIL
                    : choice < 0.94 ? CONIFERS
                                    : BROADLEAVES;
    return (surface){cover, 0.88 + 0.24 * share(parcel, 1)};
}

/* Stands with bent edges, some cleared, broadleaves in the lowland; rock above the tree line. */
static surface forest(uint64_t seed, double u, double v, double bend, double exposure, double height,
                      double slope)
{
    uint64_t stand = cell_hash(seed + 820, u + 1100.0 * bend, v - 1100.0 * bend, 10);
    double tone = 0.9 + 0.06 * floor(4.0 * share(stand, 0)), choice = share(stand, 1);
    double exposed = height + 500.0 * exposure + 500.0 * slope;
    if (exposed > 1750.0)
        return (surface){ROCK, tone};
    if (exposed > 1450.0 || (choice < 0.1 && slope < 0.6))
        return (surface){CLEARING, tone};
    if (height < 350.0 && choice < 0.45 - height / 1000.0)
        return (surface){BROADLEAVES, tone};
    return (surface){CONIFERS, tone};
}

/* Fields and towns keep to the low ground, forest takes the rest up to the tree line, bare rock lies above. `chance`
   holds the noises at the point, `columns` apart: rivers are wide where the first is high, towns lie where the second
   is, fields where the third is; the fourth bends the edges of stands of trees, the fifth lowers the tree line. */
static surface land_cover(uint64_t seed, double u, double v, const double *chance, ptrdiff_t columns,
                          double height, double valley, double slope)
{
    if (height < 0.0)
        return (surface){height > -4.0 ? SHALLOWS : WATER, 1.0};
    if (height < 420.0 && valley < 0.003 + 0.02 * ramp(-0.1, 0.5, chance[0]))
        return (surface){height > 60.0 ? SHALLOWS : WATER, 1.0};
    if (height < 320.0 && slope < 0.25) {
        double built = chance[columns] - height / 900.0 - 0.16;
        if (built > 0.0)
            return town(seed, u, v, built);
        if (chance[2 * columns] - height / 700.0 + 0.1 > 0.0 && slope < 0.12)
            return field(seed, u, v);
    }
    return forest(seed, u, v, chance[3 * columns], chance[4 * columns], height, slope);
}

/* Covers the terrain, which is one row higher and one column wider, and lights it from the south. All noises are
   computed for whole rows, which is faster than single values where they are needed. */
PER_PROCESSOR
void cover_terrain(uint64_t seed, const pixel_grid *grid, ptrdiff_t rows, ptrdiff_t columns, double *restrict scratch,
                   const float *restrict heights, const float *restrict valleys, uint8_t *restrict cover,
                   uint8_t *restrict light, uint8_t *restrict height)
{
    double *u = scratch, *v = u + columns, *chances = v + columns;
    for (ptrdiff_t row = 0; row < rows; row++) {
        const float *here = heights + row * (columns + 1), *below = here + columns + 1;
        const float *valley = valleys + row * (columns + 1);
        locate_row(grid, (double)row + 0.5, columns, u, v);
        fill_fractal(seed + 500, u, v, columns, 14, 1, chances);
        fill_fractal(seed + 600, u, v, columns, 13, 3, chances + columns);
        fill_fractal(seed + 700, u, v, columns, 13, 3, chances + 2 * columns);
        fill_fractal(seed + 810, u, v, columns, 10, 1, chances + 3 * columns);
        fill_fractal(seed + 840, u, v, columns, 10, 1, chances + 4 * columns);
        for (ptrdiff_t column = 0; column < columns; column++) {
            double eastward = (here[column + 1] - here[column]) / grid->pixel;
            double southward = (below[column] - here[column]) / grid->pixel;
            double slope = fabs(eastward) + fabs(southward);
            surface made = land_cover(seed, u[column], v[column], chances + column, columns, here[column],
                                      valley[column], slope);
            if (made.cover > SHALLOWS) {
                /* coarser than the light, whose other part is uniform over patches */
                double relief = least(1.45, most(0.3, 1.0 - 0.25 * eastward - 0.85 * southward));
                made.tone *= floor(relief * 8.0 + 0.5) / 8.0;
            }
            ptrdiff_t pixel = row * columns + column;
            cover[pixel] = made.cover;
            light[pixel] = (uint8_t)whole(made.tone * LIGHT_STEPS + 0.5);
            height[pixel] = (uint8_t)least(255.0, most(0.0, (double)here[column] / HEIGHT_STEP));
        }
    }
}
