/* Positions of pixels on the plane of the Earth, and smooth noise over it. */

#include "native.h"

typedef struct {
    double x, y;
} vector;

static inline double between(const double *south, ptrdiff_t nodes, double a, double b)
{
    const double *north = south + nodes;
    double lower = south[0] + a * (south[1] - south[0]);
    double upper = north[0] + a * (north[1] - north[0]);
    return lower + b * (upper - lower);
}

/* World positions of a row of pixels; `row` counts from the top edge, and is x.5 for the centres of pixels. */
PER_PROCESSOR
void locate_row(const pixel_grid *grid, double row, ptrdiff_t columns, double *restrict u, double *restrict v)
{
    double y = (grid->top - row * grid->pixel) / NODE_STEP;
    double b = y - floor(y);
    ptrdiff_t start = (ptrdiff_t)(whole(y) - grid->first_y) * grid->nodes - (ptrdiff_t)grid->first_x;
    for (ptrdiff_t column = 0; column < columns; column++) {
        double x = (grid->left + ((double)column + 0.5) * grid->pixel) / NODE_STEP;
        double west = floor(x);
        ptrdiff_t node = start + (ptrdiff_t)west;
        u[column] = between(grid->u + node, grid->nodes, x - west, b);
        v[column] = between(grid->v + node, grid->nodes, x - west, b);
    }
}

static vector gradient(uint64_t seed, int64_t column, int64_t row)
{
    uint64_t h = mix(seed, column, row);
    vector found = {(double)(h & 0xFFFFFFFFu) / 2147483648.0 - 1.0, (double)(h >> 32) / 2147483648.0 - 1.0};
    return found;
}

/* The noise in a cell at x and y, each from 0 to 1, by the gradients in its corners. */
static inline double blend(const vector corners[4], double x, double y)
{
    double a = x * x * x * (x * (x * 6.0 - 15.0) + 10.0);
    double b = y * y * y * (y * (y * 6.0 - 15.0) + 10.0);
    double sw = corners[0].x * x + corners[0].y * y;
    double se = corners[1].x * (x - 1.0) + corners[1].y * y;
    double nw = corners[2].x * x + corners[2].y * (y - 1.0);
    double ne = corners[3].x * (x - 1.0) + corners[3].y * (y - 1.0);
    double south = sw + a * (se - sw);
    double north = nw + a * (ne - nw);
    return south + b * (north - south);
}

/* Adds gradient noise (Perlin 2002) at a row of points. Neighbours share a cell, whose corners are hashed once for
   all of them; the rest is a loop without branches, which becomes vector code. */
PER_PROCESSOR
void add_smooth(uint64_t seed, const double *restrict u, const double *restrict v, ptrdiff_t places,
                int u_bits, int v_bits, double height, double *restrict out)
{
    double column_scale = 1.0 / (double)((int64_t)1 << u_bits); /* exact, as the scales are powers of two */
    double row_scale = 1.0 / (double)((int64_t)1 << v_bits);
    int64_t around = ((int64_t)1 << (WORLD_BITS - u_bits)) - 1;
    for (ptrdiff_t first = 0, end; first < places; first = end) {
        int64_t column = whole(u[first] * column_scale), row = whole(v[first] * row_scale);
        double west = (double)column, south = (double)row;
        /* the first is in its cell, even where rounding puts it on the edge */
        for (end = first + 1; end < places; end++) {
            double x = u[end] * column_scale - west, y = v[end] * row_scale - south;
            if (x < 0.0 || x >= 1.0 || y < 0.0 || y >= 1.0)
                break;
        }
        vector corners[4];
        for (int corner = 0; corner < 4; corner++)
            corners[corner] = gradient(seed, (column + corner % 2) & around, row + corner / 2);
        for (ptrdiff_t i = first; i < end; i++)
            out[i] += height * blend(corners, u[i] * column_scale - west, v[i] * row_scale - south);
    }
}

/* A sum of smooth noises, each with half the cell and half the height of the one before. */
void fill_fractal(uint64_t seed, const double *u, const double *v, ptrdiff_t places, int bits, int octaves,
                  double *out)
{
    double height = 1.0;
    for (ptrdiff_t i = 0; i < places; i++)
        out[i] = 0.0;
    for (int octave = 0; octave < octaves; octave++, height *= 0.5)
        add_smooth(seed + (uint64_t)octave, u, v, places, bits - octave, bits - octave, height, out);
}
