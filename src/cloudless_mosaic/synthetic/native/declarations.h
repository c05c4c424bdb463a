/* What Python may call, and the constants that both sides use. Rows of pixels lie one after the other. Callers
   check types and shapes; nothing is checked here. */

/* The globe is 2**WORLD_BITS world units around; nodes of a lattice are NODE_STEP metres apart. */
enum { WORLD_BITS = 25, NODE_STEP = 640 };

/* Steps of the light layer per unit, metres per step of the height layer. */
enum { LIGHT_STEPS = 32, HEIGHT_STEP = 12 };

/* Land covers, and snow: rows of the spectra. */
enum {
    WATER, SHALLOWS, CONIFERS, BROADLEAVES, CLEARING, GRASS, CROP, SOIL, GARDENS, ROOFS, STREET, ROCK, SNOW, COVERS
};

/* Cloud has a thickness of 0 to THICKEST and is opaque from OPAQUE on; cirrus and haze are 0 to DENSEST. */
enum { THICKEST = 18, OPAQUE = 6, DENSEST = 16 };

/* Rows of pixels on the plane of the Earth: the lattice that they lie in, the left edge of the first column,
   the top edge of the first row and the edge of a pixel. */
typedef struct {
    const double *u, *v;
    ptrdiff_t nodes;
    int64_t first_x, first_y;
    double left, top, pixel;
} pixel_grid;

void locate_row(const pixel_grid *grid, double row, ptrdiff_t columns, double *u, double *v);
void add_smooth(uint64_t seed, const double *u, const double *v, ptrdiff_t places, int u_bits, int v_bits,
                double height, double *out);
void fill_fractal(uint64_t seed, const double *u, const double *v, ptrdiff_t places, int bits, int octaves,
                  double *out);

/* Numbers per column that each loop needs in `scratch`. */
enum { TERRAIN_SCRATCH = 6, COVER_SCRATCH = 7, SKY_SCRATCH = 4 };

void raise_terrain(uint64_t seed, const pixel_grid *grid, ptrdiff_t rows, ptrdiff_t columns, double *scratch,
                   float *heights, float *valleys);
void cover_terrain(uint64_t seed, const pixel_grid *grid, ptrdiff_t rows, ptrdiff_t columns, double *scratch,
                   const float *heights, const float *valleys, uint8_t *cover, uint8_t *light,
                   uint8_t *height);

/* Noise above a threshold is cloud, cirrus or haze. The swath begins at `edge`, a position; `inwards` is a unit
   vector into it, or 0, 0 without an edge. */
typedef struct {
    double clouds, cirrus, haze;
    double edge_u, edge_v, inwards_u, inwards_v;
} conditions;

void make_sky(uint64_t seed, const pixel_grid *grid, const conditions *given, ptrdiff_t rows, ptrdiff_t columns,
              double *scratch, uint8_t *cloud, uint8_t *cirrus, uint8_t *haze, uint8_t *seen);

/* Layers of 10 m, and layers of 20 m with half as many columns. */
typedef struct {
    const uint8_t *cover, *light, *height;
    double snow_line;
} land;
typedef struct {
    const uint8_t *cloud, *shadow, *cirrus, *haze, *seen;
} sky;

void reflect(const land *ground, const float *spectrum, ptrdiff_t pixels, uint16_t *out);
void classify(const land *ground, const sky *above, ptrdiff_t rows, ptrdiff_t columns,
              const uint8_t *cover_classes, uint8_t *out);

/* Parameters common to all pixels: of `all_bands` bands those at `bands` are made, `columns` wide. Spectra have
   shape (covers, all bands), additions (all bands, columns); veils are the effects of clouds and the like on each
   band (rows of SKY_EFFECTS). x and y are those of the first pixel. */
enum { SHADE, CIRRUS_LIGHT, HAZE_LIGHT, THIN_CLOUD, THICK_CLOUD, SKY_EFFECTS };
typedef struct {
    ptrdiff_t all_bands;
    const float *spectra, *gain, *additions;
    const double *effects;
    double noise;
    uint64_t seed;
    int64_t offset, x, y;
} response;

void measure(const land *ground, const sky *above, const response *sensor, const int64_t *bands,
             ptrdiff_t made, ptrdiff_t rows, ptrdiff_t columns, uint16_t *out, ptrdiff_t out_band);
void halve(const uint16_t *pixels, ptrdiff_t rows, ptrdiff_t columns, uint16_t *out);
