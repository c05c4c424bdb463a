/* The observations of a pixel compared with one another: haze and shadow that the mask of a scene missed. */

#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "processors.h"

/* Pixels that are worked on together: a series of some dozens of dates stays in the first caches. */
enum { CHUNK = 512 };

/* Levels of an observation. */
enum { CLEAR = 1, DOUBTFUL = 2, SNOW = 3 };

/* Why an observation is taken out, as bits. */
enum { HAZE = 2, SHADOW = 4 };

/* All bits where a condition holds. */
#define EACH(condition) ((uint16_t)(0 - (uint16_t)(condition)))

/* The observation that each pixel of a chunk is compared with. */
struct observation {
    uint16_t blue[CHUNK], red[CHUNK], nir[CHUNK];
};

struct scratch {
    struct observation lit, reference;
    uint16_t lowest[CHUNK], highest[CHUNK]; /* blue of the usable observations; 65535 and 0 where there is none */
    uint16_t darkest[CHUNK], brightest[CHUNK]; /* near infrared, likewise */
    uint16_t count[CHUNK];                     /* usable observations */
    uint16_t take[CHUNK];
    uint16_t usable[]; /* all bits where usable, shape (time, CHUNK); then all bits where in shadow, likewise */
};

/* The bands of one time that are compared, from the first pixel of a chunk on. */
struct rows {
    const uint16_t *blue, *red, *nir;
};

/* Takes the values of an observation where `take` has all bits set. */
INLINE void blend(struct observation *restrict into, const uint16_t *restrict take, struct rows rows, ptrdiff_t size)
{
    const uint16_t *restrict blue = rows.blue, *restrict red = rows.red, *restrict nir = rows.nir;
    for (ptrdiff_t i = 0; i < size; i++) {
        into->blue[i] = (uint16_t)((into->blue[i] & ~take[i]) | (blue[i] & take[i]));
        into->red[i] = (uint16_t)((into->red[i] & ~take[i]) | (red[i] & take[i]));
        into->nir[i] = (uint16_t)((into->nir[i] & ~take[i]) | (nir[i] & take[i]));
    }
}

/* Adds an observation: usable where every band has a value. Nonzero where it has a value in some bands only. */
INLINE uint16_t note_usable(struct scratch *restrict scratch, uint16_t *restrict usable, const uint16_t *stack,
                            ptrdiff_t bands, ptrdiff_t stride, struct rows rows, ptrdiff_t size)
{
    const uint16_t *restrict blue = rows.blue, *restrict nir = rows.nir;
    for (ptrdiff_t i = 0; i < size; i++)
        usable[i] = EACH(stack[i] != 0);
    for (ptrdiff_t band = 1; band < bands; band++) {
        const uint16_t *restrict row = stack + band * stride;
        for (ptrdiff_t i = 0; i < size; i++)
            usable[i] &= EACH(row[i] != 0);
    }
    uint16_t partial = 0;
    for (ptrdiff_t i = 0; i < size; i++) {
        uint16_t all = usable[i], low = (uint16_t)(blue[i] | ~all), high = blue[i] & all;
        uint16_t dark = (uint16_t)(nir[i] | ~all), bright = nir[i] & all;
        scratch->lowest[i] = low < scratch->lowest[i] ? low : scratch->lowest[i];
        scratch->highest[i] = high > scratch->highest[i] ? high : scratch->highest[i];
        scratch->darkest[i] = dark < scratch->darkest[i] ? dark : scratch->darkest[i];
        scratch->brightest[i] = bright > scratch->brightest[i] ? bright : scratch->brightest[i];
        scratch->count[i] = (uint16_t)(scratch->count[i] + (all & 1));
        partial |= stack[i] & (uint16_t)~all;
    }
    return partial;
}

/* 1 where no observation of a chunk can be hazy or in shadow: all of a pixel are alike, and none is doubtful
   where it is alone. Most chunks are like that. */
INLINE int alike(const struct scratch *restrict scratch, const uint8_t *levels, ptrdiff_t times, ptrdiff_t pixels,
                 const uint16_t *limits, ptrdiff_t size)
{
    uint16_t range = limits[0] < limits[1] ? limits[0] : limits[1], gap = limits[4], differing = 0, alone = 0;
    for (ptrdiff_t i = 0; i < size; i++) {
        uint16_t any = EACH(scratch->count[i] != 0);
        differing |= any & (EACH((uint16_t)(scratch->highest[i] - scratch->lowest[i]) > range) |
                            EACH((uint16_t)(scratch->brightest[i] - scratch->darkest[i]) > gap));
        alone |= EACH(scratch->count[i] == 1);
    }
    if (differing)
        return 0;
    for (ptrdiff_t time = 0; time < times; time++) {
        const uint8_t *restrict level = levels + time * pixels;
        uint8_t doubtful = 0, unknown = 0;
        for (ptrdiff_t i = 0; i < size; i++) {
            doubtful |= (uint8_t)(level[i] == DOUBTFUL);
            unknown |= (uint8_t)((level[i] < CLEAR) | (level[i] > SNOW));
        }
        if (unknown || (doubtful && alone))
            return 0;
    }
    return 1;
}

/* Takes an observation as the sunlit one where it has more near infrared than any before, and blue is at most
   twice the lowest, or not more than it by `range`: shadow leaves about half of the light. */
INLINE void note_lit(struct scratch *restrict scratch, const uint16_t *restrict usable, struct rows rows,
                     uint16_t range, ptrdiff_t size)
{
    const uint16_t *restrict blue = rows.blue, *restrict nir = rows.nir;
    for (ptrdiff_t i = 0; i < size; i++) {
        uint16_t lowest = scratch->lowest[i], most = lowest > range ? lowest : range;
        scratch->take[i] = usable[i] & EACH((uint16_t)(blue[i] - lowest) <= most) & EACH(nir[i] > scratch->lit.nir[i]);
    }
    blend(&scratch->lit, scratch->take, rows, size);
}

/* Finds where an observation is in shadow; where it is not, and has less blue than any before, it becomes the
   reference. A blue of 65535 never does, and need not: then all that aren't in shadow have it. */
INLINE void note_reference(struct scratch *restrict scratch, const uint16_t *restrict usable,
                           uint16_t *restrict shadow, struct rows rows, uint16_t gap, ptrdiff_t size)
{
    const uint16_t *restrict blue = rows.blue, *restrict red = rows.red, *restrict nir = rows.nir;
    const struct observation *lit = &scratch->lit;
    for (ptrdiff_t i = 0; i < size; i++) {
        uint16_t bright = lit->nir[i];
        uint16_t less = nir[i] < bright ? (uint16_t)(bright - nir[i]) : 0;
        uint16_t share = (uint16_t)(((uint32_t)bright * (9u << 11)) >> 16); /* 9/32: a single instruction */
        shadow[i] = usable[i] & EACH(less > share) & EACH(less > gap) & EACH(red[i] < lit->red[i]) &
                    EACH(blue[i] <= lit->blue[i]);
        scratch->take[i] = usable[i] & (uint16_t)~shadow[i] & EACH(blue[i] < scratch->reference.blue[i]);
    }
    blend(&scratch->reference, scratch->take, rows, size);
}

/* Sets the first band to 0 where an observation isn't kept, and adds why to `reasons`, if those are wanted; the
   number of those that were usable. */
INLINE int64_t drop(const struct scratch *restrict scratch, const uint16_t *restrict usable,
                    const uint16_t *restrict shadow, struct rows rows, const uint8_t *restrict level,
                    const uint16_t *limits, uint16_t *first, uint8_t *reasons, ptrdiff_t size)
{
    uint16_t haze = limits[0], doubt = limits[1], hot = limits[2];
    const struct observation *reference = &scratch->reference;
    /* kept apart, since the first band may be one that is compared */
    uint16_t kept[CHUNK];
    uint16_t gone = 0;
    for (ptrdiff_t i = 0; i < size; i++) {
        uint16_t blue = rows.blue[i], red = rows.red[i];
        uint16_t more = blue > reference->blue[i] ? (uint16_t)(blue - reference->blue[i]) : 0;
        uint16_t redder = red > reference->red[i] ? (uint16_t)(red - reference->red[i]) : 0;
        /* redder > 2 more */
        uint16_t changed = EACH(redder > 0) & EACH((uint16_t)((redder - 1) >> 1) >= more);
        uint16_t hazy_alone = EACH(scratch->count[i] == 1) & EACH(blue > (uint16_t)(hot + (red >> 1)));
        uint16_t stays = EACH(level[i] == SNOW) | (EACH(level[i] == CLEAR) & (EACH(more <= haze) | changed)) |
                         (EACH(level[i] == DOUBTFUL) & EACH(more <= doubt) & (uint16_t)~hazy_alone);
        kept[i] = usable[i] & (uint16_t)~shadow[i] & stays;
        gone = (uint16_t)(gone + (usable[i] & (uint16_t)~kept[i] & 1));
    }
    if (reasons && gone)
        for (ptrdiff_t i = 0; i < size; i++)
            reasons[i] |= (uint8_t)(usable[i] & ~kept[i] & (shadow[i] ? SHADOW : HAZE));
    for (ptrdiff_t i = 0; i < size; i++)
        first[i] &= kept[i];
    return gone;
}

/* A chunk of which no observation is known. */
INLINE void begin(struct scratch *scratch)
{
    memset(&scratch->lit, 0, sizeof scratch->lit);
    memset(&scratch->reference, 0, sizeof scratch->reference);
    memset(scratch->reference.blue, 0xff, sizeof scratch->reference.blue);
    memset(scratch->lowest, 0xff, sizeof scratch->lowest);
    memset(scratch->highest, 0, sizeof scratch->highest);
    memset(scratch->darkest, 0xff, sizeof scratch->darkest);
    memset(scratch->brightest, 0, sizeof scratch->brightest);
    memset(scratch->count, 0, sizeof scratch->count);
}

INLINE struct rows rows_of(const uint16_t *first, const int64_t *guides, ptrdiff_t stride)
{
    return (struct rows){first + guides[0] * stride, first + guides[1] * stride, first + guides[2] * stride};
}

/* Sets the first band of an observation to 0 where it is hazy, in shadow or incomplete, so that it counts in no
   band. Each pixel is compared with itself alone.

   guides: the places of blue, red and near infrared in the stack. levels: shape (time, y, x). limits, in digital
   numbers: more blue than the reference that is haze, the same for doubtful observations, blue less half of red
   of a doubtful observation alone, more blue than the lowest of what can be sunlit where that is dark, less near infrared than the
   sunlit one that is shadow. dropped: shape (time,), added to. reasons: shape (y, x), 2 where any was hazy and 4 where any was in shadow,
   added to; NULL where they aren't wanted; of the first `own` times. Returns 0, or 1 where memory is short. */
PER_PROCESSOR
int drop_by_dates(uint16_t *stack, ptrdiff_t bands, ptrdiff_t times, ptrdiff_t pixels, const int64_t *guides,
                  const uint8_t *levels, const uint16_t *limits, int64_t *dropped, uint8_t *reasons,
                  ptrdiff_t own)
{
    ptrdiff_t stride = times * pixels;
    struct scratch *scratch = malloc(sizeof *scratch + (size_t)(2 * times * CHUNK) * sizeof(uint16_t));
    if (!scratch)
        return 1;
    uint16_t *shadow = scratch->usable + times * CHUNK;
    for (ptrdiff_t start = 0; start < pixels; start += CHUNK) {
        ptrdiff_t size = pixels - start < CHUNK ? pixels - start : CHUNK;
        uint16_t partial = 0;
        begin(scratch);
        for (ptrdiff_t time = 0; time < times; time++) {
            uint16_t *first = stack + time * pixels + start;
            partial |= note_usable(scratch, scratch->usable + time * CHUNK, first, bands, stride,
                                   rows_of(first, guides, stride), size);
        }
        if (!partial && alike(scratch, levels + start, times, pixels, limits, size))
            continue;
        for (int pass = 0; pass < 3; pass++)
            for (ptrdiff_t time = 0; time < times; time++) {
                uint16_t *first = stack + time * pixels + start;
                uint16_t *usable = scratch->usable + time * CHUNK, *shaded = shadow + time * CHUNK;
                struct rows rows = rows_of(first, guides, stride);
                if (pass == 0)
                    note_lit(scratch, usable, rows, limits[3], size);
                else if (pass == 1)
                    note_reference(scratch, usable, shaded, rows, limits[4], size);
                else
                    dropped[time] += drop(scratch, usable, shaded, rows, levels + time * pixels + start, limits,
                                          first, reasons && time < own ? reasons + start : NULL, size);
            }
    }
    free(scratch);
    return 0;
}
