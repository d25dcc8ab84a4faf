/* The training step, shared by every path. A path's C file defines, before it includes this one:
     FBB_FN          attributes of every function (the instruction set it may use)
     FBB_PATH, FBB_NAME   the symbol and the name of the path
     DRAW_WORDS      words of Bernoulli draws decided together
     product_scratch(n, k, fan_in), product_rows(...)   the xnor-popcount product
     sign_word16(z, &negative, &zero)   the signs of 64 values as words of bits
     counts_of(planes, depth, stride, counts)   64 columns of bit planes as 64 bytes
     settle8(h, increment, bound, &negative, &zero)   64 hidden weights: add, clip, store, tell the signs
   All arithmetic here is on integers. Sizes are checked by the caller (network.py). */
#include <stdlib.h>
#include <string.h>

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)
#define MAX_PLANES 6                     /* bit planes of a vertical counter */
#define MAX_CHUNK ((1 << MAX_PLANES) - 1) /* rows it can count: increments of +-2 each stay in int8 */

static inline int64_t words_of(int64_t bits) { return (bits + 63) / 64; }

static inline uint64_t tail_of(int64_t bits) { return bits % 64 ? (UINT64_C(1) << (bits % 64)) - 1 : ~UINT64_C(0); }

/* splitmix64's output function (Steele, Lea, Flood 2014); random.py has the same. */
FBB_FN uint64_t mix64(uint64_t v)
{
    v = (v ^ (v >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    v = (v ^ (v >> 27)) * UINT64_C(0x94D049BB133111EB);
    return v ^ (v >> 31);
}

/* ---- Bernoulli draws: 64 draws of 32 bits lie bit-sliced in 32 random words, highest bit first, and are
   compared with the threshold bit by bit until every comparison is decided. ---- */

#if DRAW_WORDS == 1
typedef uint64_t draws;
#define ANY(v) (v)
#else
typedef uint64_t draws __attribute__((vector_size(8 * DRAW_WORDS)));
#define ANY(v) any_lane(v)
FBB_FN inline uint64_t any_lane(const draws v)
{
    uint64_t any = 0;
    for (int i = 0; i < DRAW_WORDS; i++)
        any |= v[i];
    return any;
}
#endif

/* Words first .. first + DRAW_WORDS - 1 of the draws below a threshold < 2^32. */
FBB_FN inline void draw_words(uint64_t key, uint64_t threshold, uint64_t first, uint64_t *out)
{
    uint64_t starts[DRAW_WORDS];
    draws plane, equal, below;
    for (uint64_t i = 0; i < DRAW_WORDS; i++)
        starts[i] = key + GOLDEN * (32 * (first + i) + 1);
    memcpy(&plane, starts, sizeof plane);
    below = plane ^ plane;
    equal = ~below;
    for (uint64_t left = threshold << 32; left; left <<= 1, plane += GOLDEN) { /* the threshold, highest bit first */
        draws r = (plane ^ (plane >> 30)) * UINT64_C(0xBF58476D1CE4E5B9); /* mix64 */
        r = (r ^ (r >> 27)) * UINT64_C(0x94D049BB133111EB);
        r ^= r >> 31;
        if (left >> 63) {
            below |= equal & ~r;
            equal &= r;
        } else
            equal &= ~r;
        if (!ANY(equal))
            break;
    }
    memcpy(out, &below, sizeof below);
}

FBB_FN void bernoulli(uint64_t key, uint64_t threshold, int64_t n_words, uint64_t *out)
{
    uint64_t block[DRAW_WORDS];
    if (threshold >> 32) {
        memset(out, 0xFF, (size_t)n_words * 8);
        return;
    }
    for (int64_t i = 0; i < n_words; i += DRAW_WORDS) {
        const int64_t left = n_words - i < DRAW_WORDS ? n_words - i : DRAW_WORDS;
        draw_words(key, threshold, (uint64_t)i, block);
        memcpy(out + i, block, (size_t)left * 8);
    }
}

/* h += 2 * sign(h), clipped, for the 64 weights at h whose bit of `drawn` is 1. Never changes a sign. */
#define REINFORCE_WORD(type)                                                                                           \
    do {                                                                                                               \
        type *h64 = (type *)layer->hidden + 64 * at;                                                                   \
        for (; word; word &= word - 1) {                                                                               \
            type *h = h64 + __builtin_ctzll(word);                                                                     \
            int v = *h;                                                                                                \
            v += 2 * ((v > 0) - (v < 0));                                                                              \
            v = v > bound ? bound : v;                                                                                 \
            *h = (type)(v < -bound ? -bound : v);                                                                      \
        }                                                                                                              \
    } while (0)

/* Reinforcement of a layer. As no sign changes, nothing is re-binarised. */
FBB_FN void reinforce(const fbb_layer *layer, uint64_t key)
{
    const int64_t n_words = layer->n_units * layer->in_words;
    const uint64_t tail = tail_of(layer->fan_in);
    const int bound = (int)layer->bound;
    uint64_t drawn[DRAW_WORDS];
    if (!layer->threshold)
        return;
    int64_t column = 0;
    for (int64_t first = 0; first < n_words; first += DRAW_WORDS) {
        if (layer->threshold >> 32)
            memset(drawn, 0xFF, sizeof drawn);
        else
            draw_words(key, layer->threshold, (uint64_t)first, drawn);
        for (int64_t at = first; at < first + DRAW_WORDS && at < n_words; at++) {
            uint64_t word = drawn[at - first];
            if (++column == layer->in_words) {
                word &= tail;
                column = 0;
            }
            if (layer->hidden_bits == 8)
                REINFORCE_WORD(int8_t);
            else
                REINFORCE_WORD(int16_t);
        }
    }
}

/* ---- Forward ---- */

typedef struct {
    int64_t capacity;                 /* rows of a mini-batch */
    int16_t *z, *y;                   /* pre-activations, classifier scores; rows padded to 64 */
    uint64_t *in_sign, *in_mask, *out_sign, *out_mask, *read_sign, *read_mask;
    int32_t *labels, *triggered;
    int16_t *desired;                 /* layer after layer, (n_classes, n_units): the sign every unit should have */
    int64_t *start;                   /* entries of unit k: start[k] .. start[k + 1] */
    uint32_t *chosen, *entries;       /* chosen: (triggered, groups) unit or NOBODY; entries: 2 * row + negative */
    int32_t *delta;                   /* increments of one unit */
    uint64_t *planes;                 /* two vertical counters and a carry */
    void *scratch;                    /* of product_rows */
    void *block;                      /* what all of these were carved from */
} workspace;

#define NOBODY UINT32_MAX

typedef struct { char *at; size_t size; } arena;

static inline void *carve(arena *a, int64_t bytes)
{
    const size_t rounded = ((size_t)bytes + 63) & ~(size_t)63;
    void *here = a->at ? a->at + a->size : NULL;
    a->size += rounded;
    return here;
}

static void lay_out(workspace *ws, arena *a, const fbb_layer *layers, int64_t n_layers, int64_t rows, int training)
{
    int64_t words = 0, units = 0, reads = 0, classes = 0, groups = 0, desired = 0, scratch = 0;
#define RAISE(var, value) do { const int64_t v_ = (value); if (v_ > (var)) (var) = v_; } while (0)
    for (int64_t l = 0; l < n_layers; l++) {
        const fbb_layer *layer = layers + l;
        RAISE(words, layer->in_words);
        RAISE(words, words_of(layer->n_units));
        RAISE(units, 64 * words_of(layer->n_units));
        RAISE(reads, words_of(layer->n_read));
        RAISE(classes, 64 * words_of(layer->n_classes));
        RAISE(groups, layer->n_units / layer->group_size);
        desired += layer->n_classes * layer->n_units;
        RAISE(scratch, product_scratch(rows, layer->n_units, layer->fan_in));
        RAISE(scratch, product_scratch(rows, layer->n_classes, layer->n_read));
    }
#undef RAISE
    const int ternary = layers[0].mask != NULL;
    ws->capacity = rows;
    ws->z = carve(a, rows * units * 2);
    ws->y = carve(a, rows * classes * 2);
    ws->in_sign = carve(a, rows * words * 8);
    ws->out_sign = carve(a, rows * words * 8);
    ws->read_sign = carve(a, rows * reads * 8);
    ws->in_mask = carve(a, ternary ? rows * words * 8 : 0);
    ws->out_mask = carve(a, ternary ? rows * words * 8 : 0);
    ws->read_mask = carve(a, ternary ? rows * reads * 8 : 0);
    ws->scratch = carve(a, scratch);
    if (training) {
        ws->labels = carve(a, rows * 4);
        ws->triggered = carve(a, rows * 4);
        ws->desired = carve(a, desired * 2);
        ws->start = carve(a, (units + 2) * 8);
        ws->chosen = carve(a, rows * groups * 4);
        ws->entries = carve(a, rows * groups * 4);
        ws->delta = carve(a, 64 * words * 4);
        ws->planes = carve(a, (2 * MAX_PLANES + 1) * words * 8);
    }
}

static int open_workspace(workspace *ws, const fbb_layer *layers, int64_t n_layers, int64_t rows, int training)
{
    arena a = {NULL, 0};
    memset(ws, 0, sizeof *ws);
    lay_out(ws, &a, layers, n_layers, rows, training);
    ws->block = malloc(a.size + 64);
    if (!ws->block)
        return -1;
    a.at = (char *)(((uintptr_t)ws->block + 63) & ~(uintptr_t)63);
    a.size = 0;
    void *block = ws->block;
    lay_out(ws, &a, layers, n_layers, rows, training);
    ws->block = block;
    return 0;
}

/* Rows of int16 (padded to 64) to sign bits, and in ternary arithmetic to the non-zero plane. */
FBB_FN void signs_of(const int16_t *z, int64_t n, int64_t k, uint64_t *sign, uint64_t *mask)
{
    const int64_t words = words_of(k);
    for (int64_t i = 0; i < n; i++)
        for (int64_t w = 0; w < words; w++) {
            const uint64_t valid = w == words - 1 ? tail_of(k) : ~UINT64_C(0);
            uint64_t negative, zero;
            sign_word16(z + 64 * (i * words + w), &negative, &zero);
            if (mask) {
                mask[i * words + w] = ~zero & valid;
                sign[i * words + w] = ~negative & ~zero & valid;
            } else
                sign[i * words + w] = ~negative & valid;
        }
}

/* Bits [first, first + count) of a row, summed as +-1 (0 where the mask is 0). */
FBB_FN int64_t sum_bits(const uint64_t *sign, const uint64_t *mask, int64_t first, int64_t count)
{
    int64_t total = 0;
    for (int64_t b = first; b < first + count;) {
        const int64_t w = b / 64, offset = b % 64;
        const int64_t here = 64 - offset < first + count - b ? 64 - offset : first + count - b;
        const uint64_t window = tail_of(here) << offset;
        const int64_t ones = __builtin_popcountll(sign[w] & window);
        total += 2 * ones - (mask ? __builtin_popcountll(mask[w] & window) : here);
        b += here;
    }
    return total;
}

/* The majority of every group of members, a committee's outputs. */
FBB_FN void majorities(const fbb_layer *layer, const workspace *ws, int64_t n)
{
    const int64_t unit_words = words_of(layer->n_units), read_words = words_of(layer->n_read);
    memset(ws->read_sign, 0, (size_t)(n * read_words) * 8);
    if (layer->mask)
        memset(ws->read_mask, 0, (size_t)(n * read_words) * 8);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < layer->n_read; j++) {
            const int64_t total = sum_bits(ws->out_sign + i * unit_words,
                                           layer->mask ? ws->out_mask + i * unit_words : NULL,
                                           j * layer->group_size, layer->group_size);
            const int64_t at = i * read_words + j / 64;
            if (layer->mask ? total > 0 : total >= 0)
                ws->read_sign[at] |= UINT64_C(1) << (j % 64);
            if (layer->mask && total)
                ws->read_mask[at] |= UINT64_C(1) << (j % 64);
        }
}

/* One layer on n rows: z and the activations, then the classifier's scores y. x_mask NULL: no zeros in x. */
FBB_FN void forward(const fbb_layer *layer, const workspace *ws, const uint64_t *x_sign, const uint64_t *x_mask,
                    int64_t n, int want_scores)
{
    product_rows(x_sign, x_mask, n, layer->sign, layer->mask, layer->n_units, layer->fan_in, ws->z,
                 64 * words_of(layer->n_units), ws->scratch);
    signs_of(ws->z, n, layer->n_units, ws->out_sign, layer->mask ? ws->out_mask : NULL);
    if (!want_scores)
        return;
    const uint64_t *read_sign = ws->out_sign, *read_mask = layer->mask ? ws->out_mask : NULL;
    if (layer->committee) {
        majorities(layer, ws, n);
        read_sign = ws->read_sign;
        read_mask = layer->mask ? ws->read_mask : NULL;
    }
    product_rows(read_sign, read_mask, n, layer->p_sign, layer->p_mask, layer->n_classes, layer->n_read, ws->y,
                 64 * words_of(layer->n_classes), ws->scratch);
}

/* ---- Trigger and selection ---- */

/* Fills ws->triggered with the rows that trigger; returns their number and counts the right predictions. */
FBB_FN int64_t trigger(const fbb_layer *layer, const workspace *ws, int64_t n, int64_t *n_right)
{
    const int64_t stride = 64 * words_of(layer->n_classes);
    int64_t n_triggered = 0;
    *n_right = 0;
    for (int64_t i = 0; i < n; i++) {
        const int16_t *y = ws->y + i * stride;
        int top = y[0], second = INT32_MIN / 2;
        int64_t winner = 0;
        for (int64_t c = 1; c < layer->n_classes; c++) {
            if (y[c] > top) {
                second = top;
                top = y[c];
                winner = c;
            } else if (y[c] > second)
                second = y[c];
        }
        const int right = winner == ws->labels[i];
        *n_right += right;
        if (!right || top - second < layer->margin)
            ws->triggered[n_triggered++] = (int32_t)i;
    }
    return n_triggered;
}

static inline int bit_of(const uint64_t *row, int64_t i) { return (int)((row[i / 64] >> (i % 64)) & 1); }

/* desired[c, k] = the sign unit k should have for class c: its classifier bit, or its group's in a committee. */
FBB_FN void fill_desired(const fbb_layer *layer, int16_t *desired)
{
    const int64_t words = words_of(layer->n_read);
    for (int64_t c = 0; c < layer->n_classes; c++)
        for (int64_t k = 0; k < layer->n_units; k++) {
            const int64_t at = layer->committee ? k / layer->group_size : k;
            const int positive = bit_of(layer->p_sign + c * words, at);
            const int present = layer->p_mask ? bit_of(layer->p_mask + c * words, at) : 1;
            desired[c * layer->n_units + k] = (int16_t)(present * (2 * positive - 1));
        }
}

#define RIGHT UINT16_MAX /* above any |z| */

/* |z| of a wrong unit, RIGHT of a right one: 0 and, in ternary arithmetic, a desired 0 are never wrong. */
static inline uint16_t badness(int16_t z, int16_t desired, int ternary)
{
    const uint16_t size = (uint16_t)(z < 0 ? -z : z), right = (uint16_t)~((z ^ desired) >> 15);
    return (uint16_t)(size | right | (ternary && (z == 0 || desired == 0) ? RIGHT : 0));
}

/* The wrong unit of a group with the smallest |z|, the lowest index among equals; NOBODY if none is wrong. */
FBB_FN inline uint32_t easiest(const int16_t *z, const int16_t *desired, int64_t group_size, int ternary)
{
    uint16_t least = RIGHT;
    for (int64_t k = 0; k < group_size; k++) {
        const uint16_t mine = badness(z[k], desired[k], ternary);
        least = mine < least ? mine : least;
    }
    if (least == RIGHT)
        return NOBODY;
    int64_t k = 0;
    for (int found = 0; k + 16 <= group_size; k += 16) { /* sixteen at a time, then one by one */
        for (int i = 0; i < 16; i++)
            found |= badness(z[k + i], desired[k + i], ternary) == least;
        if (found)
            break;
    }
    while (badness(z[k], desired[k], ternary) != least)
        k++;
    return (uint32_t)k;
}

/* Chooses the units to update for every triggered row and sorts the choices by unit. */
FBB_FN void select_units(const fbb_layer *layer, const workspace *ws, const int16_t *all_desired, int64_t n_triggered)
{
    const int64_t g = layer->group_size, n_groups = layer->n_units / g, stride = 64 * words_of(layer->n_units);
    const int64_t read_words = words_of(layer->n_read);
    const int ternary = layer->mask != NULL;
    memset(ws->start, 0, (size_t)(layer->n_units + 2) * 8);
    for (int64_t t = 0; t < n_triggered; t++) {
        const int64_t i = ws->triggered[t];
        const int16_t *z = ws->z + i * stride, *desired = all_desired + ws->labels[i] * layer->n_units;
        for (int64_t j = 0; j < n_groups; j++) {
            uint32_t unit = NOBODY;
            int wrong = 1;
            if (layer->committee) {
                const int d = desired[j * g];
                if (ternary)
                    wrong = bit_of(ws->read_mask + i * read_words, j) && d
                            && bit_of(ws->read_sign + i * read_words, j) != (d > 0);
                else
                    wrong = bit_of(ws->read_sign + i * read_words, j) != (d > 0);
            }
            if (wrong)
                unit = ternary ? easiest(z + j * g, desired + j * g, g, 1) : easiest(z + j * g, desired + j * g, g, 0);
            if (unit != NOBODY) {
                unit += (uint32_t)(j * g);
                ws->start[unit + 2]++;
            }
            ws->chosen[t * n_groups + j] = unit;
        }
    }
    for (int64_t k = 0; k < layer->n_units; k++)
        ws->start[k + 2] += ws->start[k + 1];
    for (int64_t t = 0; t < n_triggered; t++) {
        const int64_t i = ws->triggered[t];
        const int16_t *desired = all_desired + ws->labels[i] * layer->n_units;
        for (int64_t j = 0; j < n_groups; j++) {
            const uint32_t unit = ws->chosen[t * n_groups + j];
            if (unit != NOBODY)
                ws->entries[ws->start[unit + 1]++] = (uint32_t)(2 * i + (desired[unit] < 0));
        }
    }
}

/* ---- Update ---- */

/* Adds up to MAX_CHUNK rows of bits into a vertical counter of bit planes, a carry-save ripple per row. Counts where
   d * a = +1, or, with sign NULL, where a is not 0. Returns the number of planes. */
FBB_FN int count_rows(const uint32_t *entries, int64_t n, const uint64_t *sign, const uint64_t *mask, int64_t words,
                      uint64_t *restrict planes, uint64_t *restrict carry)
{
    int depth = 0;
    for (int64_t e = 0; e < n; e++) {
        const int64_t row = (int64_t)(entries[e] >> 1) * words;
        const uint64_t flip = entries[e] & 1 ? ~UINT64_C(0) : 0;
        for (int64_t w = 0; w < words; w++)
            carry[w] = sign ? sign[row + w] ^ flip : ~UINT64_C(0);
        if (mask)
            for (int64_t w = 0; w < words; w++)
                carry[w] &= mask[row + w];
        for (int p = 0; p < depth; p++) {
            uint64_t *restrict plane = planes + p * words;
            for (int64_t w = 0; w < words; w++) {
                const uint64_t t = plane[w] & carry[w];
                plane[w] ^= carry[w];
                carry[w] = t;
            }
        }
        if (!((e + 1) & e)) /* the count reaches a power of two: one plane more */
            memcpy(planes + depth++ * words, carry, (size_t)words * 8);
    }
    return depth;
}

/* Stores 64 clipped 16-bit weights and tells their signs. */
FBB_FN void settle16(int16_t *restrict h, const int8_t *restrict increment, int bound, uint64_t *negative,
                     uint64_t *zero)
{
    for (int b = 0; b < 64; b++) {
        int32_t v = h[b] + increment[b];
        v = v > bound ? bound : v;
        h[b] = (int16_t)(v < -bound ? -bound : v);
    }
    sign_word16(h, negative, zero);
}

/* The same for either width and increments of any size. */
FBB_FN void settle_wide(const fbb_layer *layer, int64_t at, const int32_t *increment, uint64_t *negative,
                        uint64_t *zero)
{
    int16_t settled[64];
    const int bound = (int)layer->bound;
    for (int b = 0; b < 64; b++) {
        int32_t v = layer->hidden_bits == 8 ? ((int8_t *)layer->hidden)[at + b] : ((int16_t *)layer->hidden)[at + b];
        v += increment[b];
        v = v > bound ? bound : v < -bound ? -bound : v;
        settled[b] = (int16_t)v;
        if (layer->hidden_bits == 8)
            ((int8_t *)layer->hidden)[at + b] = (int8_t)v;
        else
            ((int16_t *)layer->hidden)[at + b] = (int16_t)v;
    }
    sign_word16(settled, negative, zero);
}

/* The increments that n counted rows give to the 64 weights of word w: 2 * (times +1 - times -1), at most 126. */
FBB_FN void increments_of(const workspace *ws, int64_t words, int64_t w, int64_t n, int depth, int with_zeros,
                          uint64_t valid, int8_t *increment)
{
    uint8_t ones[64], all[64];
    counts_of(ws->planes + w, depth, words, ones);
    if (with_zeros)
        counts_of(ws->planes + MAX_PLANES * words + w, depth, words, all);
    else
        memset(all, (int)n, sizeof all);
    for (int b = 0; b < 64; b++)
        increment[b] = (int8_t)(2 * (2 * ones[b] - all[b]));
    if (~valid)
        for (int b = 0; b < 64; b++)
            increment[b] = (valid >> b) & 1 ? increment[b] : 0; /* columns past the fan-in stay 0 */
}

/* Adds all increments of the mini-batch to one unit's hidden weights, clips once, re-binarises the unit. */
FBB_FN void update_unit(const fbb_layer *layer, const workspace *ws, int64_t unit, const uint64_t *x_sign,
                        const uint64_t *x_mask)
{
    const int64_t words = layer->in_words, first = ws->start[unit], end = ws->start[unit + 1];
    const int in_one_chunk = end - first <= MAX_CHUNK;
    uint64_t *some = ws->planes + MAX_PLANES * words, *carry = some + MAX_PLANES * words;
    int8_t increment[64];
    int depth = 0;
    if (!in_one_chunk)
        memset(ws->delta, 0, (size_t)(64 * words) * 4);
    for (int64_t e = first; e < end; e += MAX_CHUNK) {
        const int64_t n = end - e < MAX_CHUNK ? end - e : MAX_CHUNK;
        depth = count_rows(ws->entries + e, n, x_sign, x_mask, words, ws->planes, carry);
        if (x_mask)
            count_rows(ws->entries + e, n, NULL, x_mask, words, some, carry);
        for (int64_t w = 0; w < words && !in_one_chunk; w++) {
            increments_of(ws, words, w, n, depth, x_mask != NULL, ~UINT64_C(0), increment);
            for (int b = 0; b < 64; b++)
                ws->delta[64 * w + b] += increment[b];
        }
    }
    for (int64_t w = 0; w < words; w++) {
        const uint64_t valid = w == words - 1 ? tail_of(layer->fan_in) : ~UINT64_C(0);
        const int64_t at = 64 * (unit * words + w);
        uint64_t negative, zero;
        if (!in_one_chunk) {
            for (int64_t b = 0; b < 64 && ~valid; b++)
                ws->delta[64 * w + b] = (valid >> b) & 1 ? ws->delta[64 * w + b] : 0;
            settle_wide(layer, at, ws->delta + 64 * w, &negative, &zero);
        } else {
            increments_of(ws, words, w, end - first, depth, x_mask != NULL, valid, increment);
            if (layer->hidden_bits == 8)
                settle8((int8_t *)layer->hidden + at, increment, (int)layer->bound, &negative, &zero);
            else
                settle16((int16_t *)layer->hidden + at, increment, (int)layer->bound, &negative, &zero);
        }
        if (layer->mask) {
            layer->sign[unit * words + w] = ~negative & ~zero & valid;
            layer->mask[unit * words + w] = ~zero & valid;
        } else
            layer->sign[unit * words + w] = ~negative & valid;
    }
}

/* ---- A mini-batch, and all of them ---- */

/* What a layer gave becomes what the next one takes. */
static inline void swap_activations(workspace *ws)
{
    uint64_t *sign = ws->in_sign, *mask = ws->in_mask;
    ws->in_sign = ws->out_sign;
    ws->in_mask = ws->out_mask;
    ws->out_sign = sign;
    ws->out_mask = mask;
}

FBB_FN int64_t train_batch(fbb_layer *layers, int64_t n_layers, workspace *ws, int64_t n, uint64_t step)
{
    int64_t n_right = 0;
    const int16_t *desired = ws->desired;
    for (int64_t l = 0; l < n_layers; l++) {
        fbb_layer *layer = layers + l;
        const uint64_t *x_mask = l && layer->mask ? ws->in_mask : NULL; /* data has no zeros, activations may */
        forward(layer, ws, ws->in_sign, x_mask, n, 1);
        const int64_t n_triggered = trigger(layer, ws, n, &n_right);
        if (n_triggered) {
            select_units(layer, ws, desired, n_triggered);
            for (int64_t k = 0; k < layer->n_units; k++)
                if (ws->start[k + 1] > ws->start[k])
                    update_unit(layer, ws, k, ws->in_sign, x_mask);
            reinforce(layer, mix64(layer->stream + GOLDEN * (step + 1)));
        }
        swap_activations(ws);
        desired += layer->n_classes * layer->n_units;
    }
    return n_right;
}

FBB_FN int64_t train(fbb_layer *layers, int64_t n_layers, const uint64_t *x, const int32_t *y, const int64_t *order,
                     int64_t n, int64_t batch_size, uint64_t first_step)
{
    workspace ws;
    int64_t n_right = 0;
    const int64_t words = layers[0].in_words;
    if (open_workspace(&ws, layers, n_layers, batch_size < n ? batch_size : n, 1))
        return -1;
    int16_t *desired = ws.desired;
    for (int64_t l = 0; l < n_layers; l++) { /* classifiers are fixed */
        fill_desired(layers + l, desired);
        desired += layers[l].n_classes * layers[l].n_units;
    }
    for (int64_t first = 0; first < n; first += batch_size, first_step++) {
        const int64_t rows = n - first < batch_size ? n - first : batch_size;
        for (int64_t i = 0; i < rows; i++) {
            memcpy(ws.in_sign + i * words, x + order[first + i] * words, (size_t)words * 8);
            ws.labels[i] = y[order[first + i]];
        }
        n_right += train_batch(layers, n_layers, &ws, rows, first_step);
    }
    free(ws.block);
    return n_right;
}

#define INFERENCE_ROWS 256

FBB_FN int scores(const fbb_layer *layers, int64_t n_layers, const uint64_t *x, int64_t n, int32_t *out)
{
    workspace ws;
    const fbb_layer *last = layers + n_layers - 1;
    const int64_t words = layers[0].in_words, stride = 64 * words_of(last->n_classes);
    if (open_workspace(&ws, layers, n_layers, n < INFERENCE_ROWS ? n : INFERENCE_ROWS, 0))
        return -1;
    for (int64_t first = 0; first < n; first += ws.capacity) {
        const int64_t rows = n - first < ws.capacity ? n - first : ws.capacity;
        const uint64_t *x_sign = x + first * words, *x_mask = NULL;
        for (int64_t l = 0; l < n_layers; l++) {
            forward(layers + l, &ws, x_sign, x_mask, rows, l == n_layers - 1);
            swap_activations(&ws);
            x_sign = ws.in_sign;
            x_mask = layers[l].mask ? ws.in_mask : NULL;
        }
        for (int64_t i = 0; i < rows; i++)
            for (int64_t c = 0; c < last->n_classes; c++)
                out[(first + i) * last->n_classes + c] = ws.y[i * stride + c];
    }
    free(ws.block);
    return 0;
}

FBB_FN int product(const uint64_t *x_sign, const uint64_t *x_mask, int64_t n, const uint64_t *w_sign,
                   const uint64_t *w_mask, int64_t k, int64_t fan_in, int16_t *z)
{
    const int64_t stride = 64 * words_of(k);
    const int64_t scratch_bytes = (product_scratch(n, k, fan_in) + 63) & ~(int64_t)63;
    char *block = malloc((size_t)(scratch_bytes + n * stride * 2 + 64));
    if (!block)
        return -1;
    char *scratch = (char *)(((uintptr_t)block + 63) & ~(uintptr_t)63);
    int16_t *padded = (int16_t *)(scratch + scratch_bytes);
    product_rows(x_sign, x_mask, n, w_sign, w_mask, k, fan_in, padded, stride, scratch);
    for (int64_t i = 0; i < n; i++)
        memcpy(z + i * k, padded + i * stride, (size_t)k * 2);
    free(block);
    return 0;
}

const fbb_path FBB_PATH = {FBB_NAME, product, train, scores, bernoulli};
