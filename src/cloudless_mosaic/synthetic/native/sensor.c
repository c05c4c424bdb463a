/* The satellite product: digital numbers and the scene classification, from land and sky. */

#include "native.h"

enum {
    GRAINS = 4,                  /* bands that one hash of a pixel has noise for, 16 bits each */
    KNOWN_CLOUD = OPAQUE / 3,    /* thinnest cloud, and cloud above a shadow, that the classification detects */
    KNOWN_CIRRUS = DENSEST / 4   /* thinnest cirrus that it detects */
};

static const double DARK = 0.45 * LIGHT_STEPS; /* slopes with less light are classified as dark areas */
static const double VEILED = 0.35; /* share of the ground's light that the densest cirrus or haze blocks */

/* The row of the spectra for a pixel: its cover, or snow, which lies lower on dark slopes. */
static inline int dressed_cover(const land *ground, ptrdiff_t pixel)
{
    int cover = ground->cover[pixel], light = ground->light[pixel], height = ground->height[pixel];
    int open = cover > SHALLOWS && cover != STREET;
    return open && height - 0.25 * (light - LIGHT_STEPS) > ground->snow_line ? SNOW : cover;
}

/* The digital number of lit ground, multiplied in single precision. */
static inline double lit(float reflectance, uint8_t light) { return (double)(reflectance * light) / LIGHT_STEPS; }

/* Digital numbers of a perfect sensor under a clear sky. */
void reflect(const land *ground, const float *spectrum, ptrdiff_t pixels, uint16_t *out)
{
    for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) {
        int64_t number = whole(lit(spectrum[dressed_cover(ground, pixel)], ground->light[pixel]) + 0.5);
        out[pixel] = (uint16_t)(number > 1 ? number : 1);
    }
}

/* The most frequent class of four pixels; `first` is the upper left one. */
static uint8_t land_class(const land *ground, ptrdiff_t first, ptrdiff_t columns, const uint8_t *classes)
{
    int votes = 0;
    uint8_t chosen = 0;
    for (int i = 0; i < 4; i++) {
        ptrdiff_t pixel = first + i / 2 * columns + i % 2;
        int cover = dressed_cover(ground, pixel);
        uint8_t code = ground->light[pixel] < DARK && cover != SNOW ? 2 : classes[cover];
        if (votes == 0)
            chosen = code;
        votes += code == chosen ? 1 : -1;
    }
    return chosen;
}

void classify(const land *ground, const sky *above, ptrdiff_t rows, ptrdiff_t columns,
              const uint8_t *cover_classes, uint8_t *out)
{
    for (ptrdiff_t row = 0; row < rows; row++) {
        for (ptrdiff_t column = 0; column < columns; column++) {
            ptrdiff_t pixel = row * columns + column;
            uint8_t cloud = above->cloud[pixel];
            if (!above->seen[pixel])
                out[pixel] = 0;
            else if (cloud >= OPAQUE)
                out[pixel] = 9;
            else if (cloud >= KNOWN_CLOUD)
                out[pixel] = 8;
            else if (above->cirrus[pixel] >= KNOWN_CIRRUS)
                out[pixel] = 10;
            else if (above->shadow[pixel] >= KNOWN_CLOUD)
                out[pixel] = 3;
            else if (cloud > 0 && (7 * row + 3 * column) % 11 < 4) /* some edges of clouds are left open */
                out[pixel] = 7;
            else
                out[pixel] = land_class(ground, 4 * row * columns + 2 * column, 2 * columns, cover_classes);
        }
    }
}

/* Digital number of ground in shadow, seen through cloud, cirrus and haze. */
static inline double through(double value, const sky *above, ptrdiff_t pixel, const double *effects,
                             ptrdiff_t bands)
{
    double cloud = above->cloud[pixel], shadow = above->shadow[pixel];
    double cirrus = above->cirrus[pixel], haze = above->haze[pixel];
    double thin = effects[THIN_CLOUD * bands], thick = effects[THICK_CLOUD * bands];
    value *= 1.0 - (1.0 - effects[SHADE * bands]) * least(1.0, shadow / OPAQUE);
    value += cirrus / DENSEST * (effects[CIRRUS_LIGHT * bands] - VEILED * value);
    value += haze / DENSEST * (effects[HAZE_LIGHT * bands] - VEILED * value);
    return value + least(1.0, cloud / OPAQUE) * (thin + (thick - thin) * cloud / THICKEST - value);
}

/* Digital numbers of some bands, `out_band` pixels apart; 0 outside the swath, at least 1 inside. */
PER_PROCESSOR
void measure(const land *ground, const sky *above, const response *sensor, const int64_t *bands, ptrdiff_t made,
             ptrdiff_t rows, ptrdiff_t columns, uint16_t *restrict out, ptrdiff_t out_band)
{
    ptrdiff_t all = sensor->all_bands;
    for (ptrdiff_t row = 0; row < rows; row++) {
        for (ptrdiff_t column = 0; column < columns; column++) {
            ptrdiff_t pixel = row * columns + column, over = (row >> 1) * (columns >> 1) + (column >> 1);
            if (!above->seen[over]) {
                for (ptrdiff_t index = 0; index < made; index++)
                    out[index * out_band + pixel] = 0;
                continue;
            }
            uint8_t light = ground->light[pixel];
            const float *spectrum = sensor->spectra + dressed_cover(ground, pixel) * all;
            int veiled = above->cloud[over] | above->shadow[over] | above->cirrus[over] | above->haze[over];
            int64_t generation = -1;
            uint64_t grains = 0;
            for (ptrdiff_t index = 0; index < made; index++) {
                int64_t band = bands[index];
                if (band / GRAINS != generation) {
                    generation = band / GRAINS;
                    grains = mix(sensor->seed + (uint64_t)generation, sensor->x + column, sensor->y - row);
                }
                uint64_t own = grains >> (16 * (band % GRAINS));
                double value = lit(spectrum[band], light);
                if (veiled)
                    value = through(value, above, over, sensor->effects + band, all);
                double grain = (double)(own & 255) + (double)(own >> 8 & 255);
                value = value * sensor->gain[band] + sensor->additions[band * columns + column];
                int64_t number = whole(value + sensor->noise * (grain - 255.0) + 0.5) + sensor->offset;
                out[index * out_band + pixel] = (uint16_t)(number > 1 ? number : 1);
            }
        }
    }
}

/* The next overview: the rounded mean of the valid ones of every four pixels, 0 where none is. */
void halve(const uint16_t *pixels, ptrdiff_t rows, ptrdiff_t columns, uint16_t *out)
{
    for (ptrdiff_t row = 0; row < rows; row += 2) {
        for (ptrdiff_t column = 0; column < columns; column += 2) {
            uint32_t total = 0, count = 0;
            for (ptrdiff_t i = row; i < row + 2 && i < rows; i++) {
                for (ptrdiff_t j = column; j < column + 2 && j < columns; j++) {
                    total += pixels[i * columns + j];
                    count += pixels[i * columns + j] > 0;
                }
            }
            *out++ = (uint16_t)(count ? (total + count / 2) / count : 0);
        }
    }
}
