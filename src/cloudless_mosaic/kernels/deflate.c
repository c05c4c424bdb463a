/* A zlib stream (RFC 1950 and 1951) of bytes that rarely repeat: bytes have Huffman codes, and only runs of one
   byte are shortened.

   Differences of noisy pixels have almost no repetitions, so the search for them takes most of the time of
   other encoders and gains nothing. Nodata and counts become runs. The same bytes always give the same stream. */

#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "processors.h"

enum {
    BLOCK = 1 << 19,       /* bytes that share one code */
    SYMBOLS = 286,         /* literals, the end of a block, lengths */
    END = 256,
    LONGEST = 14,          /* bits of a code, so that four codes fit beside seven pending bits */
    LENGTH_SYMBOLS = 16,   /* lengths of codes; those that shorten repetitions are left out */
    LENGTH_LONGEST = 7,
    SHORTEST_RUN = 8,
    LONGEST_MATCH = 258
};

typedef struct {
    ptrdiff_t start, size;
} Run;

typedef struct {
    uint16_t code[SYMBOLS];
    uint8_t bits[SYMBOLS];
} Code;

typedef struct {
    uint8_t *next;
    uint64_t kept;
    unsigned bits;
} Writer;

static inline void put(Writer *writer, uint64_t value, unsigned bits)
{
    writer->kept |= value << writer->bits;
    writer->bits += bits;
}

/* Less than eight bits stay. The output has room for eight bytes more than it will hold. Bytes go out in the
   order of a little-endian processor, as the samples of a file do. */
static inline void flush(Writer *writer)
{
    memcpy(writer->next, &writer->kept, 8);
    writer->next += writer->bits >> 3;
    writer->kept >>= writer->bits & ~7u;
    writer->bits &= 7;
}

static inline uint64_t eight(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/* Runs of the previous byte, in order. Checks every eighth position, so a run of fifteen is always found. */
static ptrdiff_t find_runs(const uint8_t *data, ptrdiff_t start, ptrdiff_t end, Run *runs)
{
    ptrdiff_t found = 0, place = start ? start : 1;
    while (place + SHORTEST_RUN <= end) {
        if (eight(data + place) != eight(data + place - 1)) {
            place += SHORTEST_RUN;
            continue;
        }
        ptrdiff_t first = place;
        while (place + 8 <= end && eight(data + place) == eight(data + place - 1))
            place += 8;
        while (place < end && data[place] == data[place - 1])
            place++;
        runs[found++] = (Run){first, place - first};
    }
    return found;
}

/* The part of a run that the next match takes; the rest is never too short for another match. */
static inline ptrdiff_t match_of(ptrdiff_t left)
{
    ptrdiff_t size = left < LONGEST_MATCH ? left : LONGEST_MATCH;
    return left - size == 1 || left - size == 2 ? size - 3 : size;
}

/* Symbol of the length of a match; `extra` gets the number of bits that follow it, and `value` those bits. */
static inline int length_symbol(ptrdiff_t size, unsigned *extra, unsigned *value)
{
    unsigned rest = (unsigned)size - 3;
    *extra = *value = 0;
    if (size == LONGEST_MATCH)
        return 285;
    while (rest >> (*extra + 3))
        ++*extra;
    *value = rest & ((1u << *extra) - 1);
    return (int)(257 + (*extra << 2) + (rest >> *extra));
}

static inline void count_bytes(const uint8_t *bytes, ptrdiff_t size, uint32_t weight, uint32_t tables[4][256])
{
    ptrdiff_t i = 0;
    for (; i + 4 <= size; i += 4)
        for (int j = 0; j < 4; j++)
            tables[j][bytes[i + j]] += weight;
    for (; i < size; i++)
        tables[0][bytes[i]] += weight;
}

/* A quarter of a long stretch is counted, in small parts spread over it, at varying positions so that stripes are
   noticed. The frequencies are as good as those of the whole. Bytes that were not counted may still occur, and in
   crafted input as often as the positions allow. */
static void count_symbols(const uint8_t *data, ptrdiff_t start, ptrdiff_t end, const Run *runs,
                          ptrdiff_t number, uint32_t *counts)
{
    enum { PART = 64, SHARE = 4, LONG = 4096 };
    uint32_t tables[4][256];
    unsigned extra, value;
    memset(tables, 0, sizeof tables);
    memset(counts, 0, SYMBOLS * sizeof *counts);
    uint32_t unseen = 0;
    for (ptrdiff_t i = 0; i <= number; i++) {
        ptrdiff_t until = i < number ? runs[i].start : end;
        if (until - start >= LONG) {
            unseen = 1;
            for (ptrdiff_t place = 0; start + PART <= until; start += PART) {
                count_bytes(data + start + place, PART / SHARE, SHARE, tables);
                place = (place + PART / SHARE) % PART;
            }
        }
        count_bytes(data + start, until - start, 1, tables);
        start = until;
        if (i == number)
            break;
        for (ptrdiff_t left = runs[i].size; left; left -= match_of(left))
            counts[length_symbol(match_of(left), &extra, &value)]++;
        start += runs[i].size;
    }
    for (int byte = 0; byte < 256; byte++) {
        uint32_t seen = tables[0][byte] + tables[1][byte] + tables[2][byte] + tables[3][byte];
        counts[byte] = seen ? seen : unseen;
    }
    counts[END] = 1;
}

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

/* Depths of the leaves of a tree of least weight (D. A. Huffman, 1952), for weights in ascending order; depths
   descend. Two queues, of the remaining leaves and of trees in the order they were joined, are both sorted. */
static void depths_of(const uint64_t *weights, int number, int *depths)
{
    uint64_t joined[SYMBOLS];
    int parent[2 * SYMBOLS], leaf = 0, tree = 0;
    for (int next = 0; next < number - 1; next++) {
        joined[next] = 0;
        for (int i = 0; i < 2; i++) {
            int takes_leaf = leaf < number && (tree >= next || weights[leaf] <= joined[tree]);
            joined[next] += takes_leaf ? weights[leaf] : joined[tree];
            parent[takes_leaf ? leaf : number + tree] = next;
            leaf += takes_leaf;
            tree += !takes_leaf;
        }
    }
    int depth_of_tree[SYMBOLS];
    for (int i = number - 2; i >= 0; i--)
        depth_of_tree[i] = i == number - 2 ? 0 : depth_of_tree[parent[number + i]] + 1;
    for (int i = 0; i < number; i++)
        depths[i] = number > 1 ? depth_of_tree[parent[i]] + 1 : 1;
}

/* Shortens codes that are too long: each takes a place below a shorter code, which grows by one. */
static void limit_depths(int *depths, int number, int longest)
{
    int at[2 * SYMBOLS] = {0};
    int64_t taken = 0;
    for (int i = 0; i < number; i++)
        at[depths[i] < longest ? depths[i] : longest]++;
    for (int depth = 1; depth <= longest; depth++)
        taken += (int64_t)at[depth] << (longest - depth);
    for (; taken > (int64_t)1 << longest; taken--) {
        int depth = longest - 1;
        while (!at[depth])
            depth--;
        at[depth]--;
        at[depth + 1] += 2;
        at[longest]--;
    }
    for (int i = 0, depth = longest; i < number; i++) {
        while (!at[depth])
            depth--;
        at[depth]--;
        depths[i] = depth;
    }
}

/* A canonical code (RFC 1951, 3.2.2), its bits reversed as they are written. */
static void make_code(const uint32_t *counts, int symbols, int longest, Code *code)
{
    uint64_t sorted[SYMBOLS];
    int depths[SYMBOLS], number = 0;
    memset(code, 0, sizeof *code);
    for (int symbol = 0; symbol < symbols; symbol++)
        if (counts[symbol])
            sorted[number++] = (uint64_t)counts[symbol] << 16 | (uint64_t)symbol;
    qsort(sorted, (size_t)number, sizeof *sorted, compare);
    uint64_t weights[SYMBOLS];
    for (int i = 0; i < number; i++)
        weights[i] = sorted[i] >> 16;
    depths_of(weights, number, depths);
    limit_depths(depths, number, longest);
    for (int i = 0; i < number; i++)
        code->bits[sorted[i] & 0xffff] = (uint8_t)depths[i];
    unsigned next = 0;
    for (int bits = 1; bits <= longest; bits++, next <<= 1) {
        for (int symbol = 0; symbol < symbols; symbol++) {
            if (code->bits[symbol] != bits)
                continue;
            unsigned reversed = 0;
            for (int bit = 0; bit < bits; bit++)
                reversed |= (next >> bit & 1) << (bits - 1 - bit);
            code->code[symbol] = (uint16_t)reversed;
            next++;
        }
    }
}

static inline void put_symbol(Writer *writer, const Code *code, int symbol)
{
    put(writer, code->code[symbol], code->bits[symbol]);
}

/* Head of a block: the lengths of all codes, each coded in turn. The only distance is 1, in one bit. */
static void put_code(Writer *writer, const Code *code, int last)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint32_t counts[LENGTH_SYMBOLS] = {0};
    Code lengths;
    for (int symbol = 0; symbol < SYMBOLS; symbol++)
        counts[code->bits[symbol]]++;
    counts[1]++;
    make_code(counts, LENGTH_SYMBOLS, LENGTH_LONGEST, &lengths);
    put(writer, (uint64_t)last | 2u << 1, 3);
    put(writer, SYMBOLS - 257, 5);
    put(writer, 0, 5);
    put(writer, 19 - 4, 4);
    flush(writer);
    for (int i = 0; i < 19; i++) {
        put(writer, order[i] < LENGTH_SYMBOLS ? lengths.bits[order[i]] : 0, 3);
        flush(writer);
    }
    for (int symbol = 0; symbol < SYMBOLS; symbol++) {
        put_symbol(writer, &lengths, code->bits[symbol]);
        flush(writer);
    }
    put_symbol(writer, &lengths, 1);
    flush(writer);
}

/* Codes are joined in fours before they are appended to the output: a processor can join several fours in
   parallel, but appending is sequential. */
static void put_literals(Writer *writer, const Code *code, const uint8_t *data, ptrdiff_t size)
{
    Writer local = *writer; /* in registers */
    ptrdiff_t i = 0;
    for (; i + 4 <= size; i += 4) {
        const uint8_t *d = data + i;
        unsigned one = code->bits[d[0]], two = one + code->bits[d[1]], three = code->bits[d[2]];
        uint64_t front = code->code[d[0]] | (uint64_t)code->code[d[1]] << one;
        uint64_t back = code->code[d[2]] | (uint64_t)code->code[d[3]] << three;
        put(&local, front | back << two, two + three + code->bits[d[3]]);
        flush(&local);
    }
    for (; i < size; i++)
        put_symbol(&local, code, data[i]);
    flush(&local);
    *writer = local;
}

static void put_run(Writer *writer, const Code *code, ptrdiff_t left)
{
    unsigned extra, value;
    for (ptrdiff_t size; left; left -= size) {
        size = match_of(left);
        put_symbol(writer, code, length_symbol(size, &extra, &value));
        put(writer, value, extra);
        put(writer, 0, 1);
        flush(writer);
    }
}

/* RFC 1950: the sum of the bytes, and the sum of all those sums. In the latter a byte counts once for itself and
   once for each following byte, so a part is a sum of products that can be added in any order. */
PER_PROCESSOR
static uint32_t adler_32(const uint8_t *data, ptrdiff_t size)
{
    enum { MODULUS = 65521, PART = 128 };
    int16_t follow[PART];
    for (int i = 0; i < PART; i++)
        follow[i] = (int16_t)(PART - i);
    uint32_t low = 1, high = 0;
    ptrdiff_t start = 0;
    for (; start + PART <= size; start += PART) {
        const uint8_t *part = data + start;
        int32_t sum = 0, sums = 0;
        for (int i = 0; i < PART; i++) {
            int16_t byte = part[i];
            sum += byte;
            sums += byte * follow[i];
        }
        high = (high + PART * low + (uint32_t)sums) % MODULUS;
        low = (low + (uint32_t)sum) % MODULUS;
    }
    for (; start < size; start++) {
        low = (low + data[start]) % MODULUS;
        high = (high + low) % MODULUS;
    }
    return high << 16 | low;
}

/* Upper limit of the size of a stream: all bytes may have the longest code, since codes are made from a sample.
   A match takes fewer bits per byte. */
ptrdiff_t deflate_bound(ptrdiff_t size)
{
    return size / 8 * LONGEST + LONGEST + (size / BLOCK + 1) * 1024 + 64;
}

/* Returns the size of the stream, or 0 where memory is short. */
ptrdiff_t deflate(const uint8_t *data, ptrdiff_t size, uint8_t *out)
{
    Run *runs = malloc((BLOCK / SHORTEST_RUN + 1) * sizeof *runs);
    if (!runs)
        return 0;
    Writer writer = {out, 0, 0};
    put(&writer, 0x0178, 16);
    flush(&writer);
    for (ptrdiff_t start = 0; start < size; start += BLOCK) {
        ptrdiff_t end = size - start < BLOCK ? size : start + BLOCK, place = start;
        ptrdiff_t number = find_runs(data, start, end, runs);
        uint32_t counts[SYMBOLS];
        Code code;
        count_symbols(data, start, end, runs, number, counts);
        make_code(counts, SYMBOLS, LONGEST, &code);
        put_code(&writer, &code, end == size);
        for (ptrdiff_t i = 0; i < number; i++) {
            put_literals(&writer, &code, data + place, runs[i].start - place);
            put_run(&writer, &code, runs[i].size);
            place = runs[i].start + runs[i].size;
        }
        put_literals(&writer, &code, data + place, end - place);
        put_symbol(&writer, &code, END);
        flush(&writer);
    }
    free(runs);
    put(&writer, 0, (8 - writer.bits) & 7);
    flush(&writer);
    uint32_t sum = adler_32(data, size);
    for (int i = 3; i >= 0; i--)
        *writer.next++ = (uint8_t)(sum >> (8 * i));
    return writer.next - out;
}
