/* The training step, shared by every path. A path's C file defines, before it includes this one:
     FBB_FN               attributes of every function (the instruction set it may use)
     FBB_PATH, FBB_NAME   the symbol and the name of the path
     LANE_WORDS           words of a vector that counts increments: 1, 2, 4 or 8
     product_scratch(n, k, fan_in, ternary), product_rows(x_sign, x_mask, n, x_stride, w_sign, w_mask, w_stride, k,
                          fan_in, z, stride, scratch)   the xnor-popcount product: z[i, u] = sum of x[i] * w[u]. Tail bits
                          of all planes are 0; without w_mask there is no x_mask. z rows have room for k rounded up to
                          64 and are written up to there.
     roof_steps(steps)    its innermost step on registers alone
     sign_word16(z, &negative, &zero)   the signs of 64 values as words of bits
     counts_of(planes, depth, stride, counts)   64 columns of bit planes as 64 bytes, for update.h's increments_of
     settle8(h, increments, bound, &negative, &zero)   64 hidden weights: add, clip, store, tell the signs
   and, where it has better ones than draws.h, selection.h and update.h, the functions that those guard by PATH_...
   All arithmetic here is on integers. Sizes are checked by the caller (network.py).

   Units of every layer are shared among the threads, and what a thread needs of a mini-batch it keeps for itself: rows of
   data, activations, pre-activations, choices. So weights never leave a core; a layer's signs alone go to the others
   (and, where two threads share a group, what each has found there). The threads meet once a layer, or, in a large
   mini-batch, once a chunk of rows: before it, product and signs; after it, classifier, trigger, selection, update and
   reinforcement. Results are the same for any number of threads. */
#include "threads.h"
#include "draws.h"
#include "selection.h"
#include "update.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#define PAD_WORDS 8 /* rows of activations are read in whole vectors */
#define SLACK 128   /* bytes behind pre-activations that a vector may read */
#define CHUNK 256   /* rows that a thread takes through a layer at a time */

/* What a thread has found in a group that it shares: the unit to correct and its |z|. */
typedef struct { uint32_t unit; int32_t size; } candidate;

/* What one thread shows the others of a chunk of rows. */
typedef struct {
    bit_rows signs, read;    /* of its units; a committee's majorities of its groups */
    candidate *shared[2];    /* (rows) of its first group and of its last */
} shown;

/* Which of a layer's units are a thread's: begin .. end - 1, in groups first .. last - 1 (of which the outer ones may be
   shared). Bits and sums of its units lie from unit `base`, a multiple of 64, on; a committee's majorities from group
   `read_base` on. */
typedef struct { int64_t begin, end, base, first, last, read_base; } slice;

/* What one thread needs for itself. */
typedef struct {
    void *scratch;           /* of product_rows */
    int16_t *z, *y;          /* pre-activations (rows, units), scores (classes, rows); padded to 64 */
    uint64_t *data;          /* a mini-batch's rows */
    int32_t *labels;
    bit_rows activations[2]; /* of every second layer */
    bit_rows read;           /* a committee's majorities */
    uint64_t *wrong, *read_wrong;
    uint8_t *triggered;
    uint32_t *chosen;        /* (rows, its groups): the unit to correct, or NOBODY */
    uint32_t *chosen_classes; /* (rows): the unit of a trained classifier to correct, or NOBODY */
    uint32_t *entries;       /* the choices sorted by unit */
    int32_t *rows, *units;   /* that triggered; that were chosen */
    int64_t *start;          /* entries of unit k: start[k] .. start[k + 1] */
    slice *slices;           /* (layers, threads): all threads' */
    shown shows[2];          /* of every second meeting */
} private_space;

typedef struct {
    int64_t rows, chunk;     /* of a mini-batch; that go through a layer at a time */
    int64_t z_stride, y_stride, bit_stride, data_stride;
    int32_t *no_labels;      /* (rows) of 0: every row of a trained classifier desires the same, */
    bit_rows ones;           /* ones */
    bit_rows *desired;       /* per layer: (n_classes, units) the signs that units should have */
    uint64_t *desired_bits;  /* those of committees; other layers' are their classifiers */
    private_space *own;      /* one per thread */
    void *block;             /* what all of these were carved from */
} workspace;

#define SLICE_STEP 8 /* units of a vector; committees share whole groups */

static int64_t first_unit(const fbb_layer *layer, int member, int size)
{
    const int64_t step = layer->committee ? layer->group_size : SLICE_STEP;
    const int64_t unit = share(whole(layer->n_units, step) / step, member, size) * step;
    return unit < layer->n_units ? unit : layer->n_units;
}

static slice slice_of(const fbb_layer *layer, int member, int size)
{
    slice s = {.begin = first_unit(layer, member, size), .end = first_unit(layer, member + 1, size)};
    s.base = s.begin / 64 * 64;
    s.first = s.begin / layer->group_size;
    s.last = (s.end + layer->group_size - 1) / layer->group_size;
    s.read_base = s.first / 64 * 64;
    if (s.begin == s.end)
        s.last = s.first;
    return s;
}

typedef struct { char *at; size_t size; } arena;

static inline void *carve(arena *a, int64_t bytes)
{
    void *here = a->at ? a->at + a->size : NULL;
    a->size += (size_t)whole(bytes, 64);
#ifdef __SANITIZE_ADDRESS__ /* a fence behind every piece, so that overruns inside the block are seen */
    if (here)
        __asan_poison_memory_region((char *)here + bytes, (size_t)(whole(bytes, 64) - bytes) + 64);
    a->size += 64;
#endif
    return here;
}

static bit_rows carve_bits(arena *a, int64_t words, int ternary)
{
    bit_rows bits = {carve(a, 8 * words), NULL};
    if (ternary)
        bits.mask = carve(a, 8 * words);
    return bits;
}

enum { PREDICTING, BY_UNITS, BY_ROWS }; /* what a workspace is for; training shares units or, in propagation.h, rows */

/* Sets every pointer of ws into the arena; with an arena at NULL, only measures. */
static void lay_out(workspace *ws, arena *a, const fbb_layer *layers, int64_t n_layers, int64_t rows, int team,
                    int purpose)
{
    const int ternary = layers[0].mask != NULL, training = purpose != PREDICTING, slices = purpose == BY_UNITS ? team : 1;
    const int64_t mine = purpose == BY_ROWS ? (rows + team - 1) / team : rows, most = mine < CHUNK ? mine : CHUNK;
    int64_t words = 0, units = 0, reads = 0, classes = 0, groups = 0, desired = 0, scratch = 0, trained = 0;
    int64_t slice_units = 0, slice_reads = 0;
#define RAISE(var, value) do { const int64_t v_ = (value); if (v_ > (var)) (var) = v_; } while (0)
    for (int64_t l = 0; l < n_layers; l++) {
        const fbb_layer *layer = layers + l;
        RAISE(words, words_of(layer->n_units));
        RAISE(units, layer->n_units);
        RAISE(reads, words_of(layer->n_read));
        RAISE(classes, layer->n_classes);
        desired += layer->committee ? (ternary ? 2 : 1) * layer->n_classes * words_of(layer->n_units) : 0;
        RAISE(trained, layer->classifier ? layer->n_classes : 0);
        for (int i = 0; i < slices; i++) {
            const slice s = slice_of(layer, i, slices);
            RAISE(groups, s.last - s.first);
            RAISE(slice_units, s.end - s.base);
            RAISE(slice_reads, s.last - s.read_base);
            RAISE(scratch, product_scratch(most, s.end - s.begin, layer->fan_in, ternary));
        }
        RAISE(scratch, product_scratch(layer->n_classes, most, layer->n_read, ternary));
    }
    if (purpose == BY_ROWS) /* a row of data is a layer's output there */
        RAISE(words, layers[0].in_words);
    ws->rows = rows;
    ws->chunk = most;
    ws->z_stride = whole(slice_units, 64) + (slices > 1 ? 64 : 0); /* a slice may begin within its first 64 */
    ws->y_stride = whole(most, 64);
    ws->bit_stride = whole(words, PAD_WORDS);
    ws->data_stride = whole(layers[0].in_words, PAD_WORDS);
    if (trained) {
        ws->no_labels = carve(a, rows * 4);
        ws->ones = carve_bits(a, words_of(trained), ternary);
    }
    RAISE(units, trained);
    if (training) {
        ws->desired = carve(a, n_layers * (int64_t)sizeof *ws->desired);
        ws->desired_bits = carve(a, desired * 8);
    }
    private_space *own = carve(a, team * (int64_t)sizeof *own);
    for (int i = 0; i < team; i++) {
        private_space mine = {0};
        mine.scratch = carve(a, scratch);
        mine.y = carve(a, classes * ws->y_stride * 2);
        if (purpose != BY_ROWS) {
            mine.z = carve(a, most * ws->z_stride * 2 + SLACK);
            for (int j = 0; j < 2; j++)
                mine.activations[j] = carve_bits(a, rows * ws->bit_stride, ternary);
            if (layers[0].committee)
                mine.read = carve_bits(a, most * reads, ternary);
        }
        if (purpose == BY_UNITS) {
            mine.data = carve(a, rows * ws->data_stride * 8);
            mine.labels = carve(a, rows * 4);
            mine.triggered = carve(a, rows);
            mine.chosen = carve(a, rows * groups * 4);
            mine.chosen_classes = trained ? carve(a, rows * 4) : NULL;
            mine.slices = carve(a, n_layers * team * (int64_t)sizeof *mine.slices);
        }
        for (int j = 0; j < 2 && slices > 1; j++) {
            mine.shows[j].signs = carve_bits(a, most * words_of(slice_units), ternary);
            if (layers[0].committee)
                mine.shows[j].read = carve_bits(a, most * words_of(slice_reads), ternary);
            for (int edge = 0; edge < 2; edge++)
                mine.shows[j].shared[edge] = carve(a, most * (int64_t)sizeof(candidate));
        }
        if (training) {
            mine.entries = carve(a, rows * (groups + 1) * 4); /* a range of units may begin and end within a group */
            mine.wrong = carve(a, (words_of(units) + 1) * 8);
            mine.read_wrong = carve(a, (reads + 1) * 8);
            mine.rows = carve(a, rows * 4);
            mine.units = carve(a, units * 4);
            mine.start = carve(a, (units + 2) * 8);
        }
        if (own)
            own[i] = mine;
    }
    ws->own = own;
#undef RAISE
}

static int open_workspace(workspace *ws, const fbb_layer *layers, int64_t n_layers, int64_t rows, int team,
                          int purpose)
{
    arena a = {NULL, 0};
    memset(ws, 0, sizeof *ws);
    lay_out(ws, &a, layers, n_layers, rows, team, purpose);
    void *block = calloc(1, a.size + 64); /* paddings stay 0 */
    if (!block)
        return -1;
    a.at = (char *)(((uintptr_t)block + 63) & ~(uintptr_t)63);
    a.size = 0;
    lay_out(ws, &a, layers, n_layers, rows, team, purpose);
    ws->block = block;
    return 0;
}

/* ---- Forward ---- */

/* Rows of int16 (padded to 64), values first .. last - 1 of them, to sign bits, and in ternary arithmetic to the non-zero
   plane. Other bits are 0. */
FBB_FN void signs_of(const int16_t *z, int64_t z_stride, int64_t n, int64_t first, int64_t last, bit_rows out,
                     int64_t stride)
{
    const int64_t words = words_of(last);
    for (int64_t i = 0; i < n; i++)
        for (int64_t w = 0; w < words; w++) {
            uint64_t valid = w == words - 1 ? tail_of(last) : ~UINT64_C(0), negative, zero;
            valid &= w == first / 64 ? ~UINT64_C(0) << (first % 64) : ~UINT64_C(0);
            sign_word16(z + i * z_stride + 64 * w, &negative, &zero);
            store_signs(out.sign, out.mask, i * stride + w, negative, zero, valid);
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

/* The majorities of a slice's groups of members, a committee's outputs. */
FBB_FN void majorities(const fbb_layer *layer, const slice *part, bit_rows units, int64_t stride, int64_t n,
                       bit_rows read, int64_t read_stride)
{
    const int64_t g = layer->group_size, words = words_of(part->last - part->read_base);
    for (int64_t i = 0; i < n; i++) {
        uint64_t *sign = read.sign + i * read_stride, *mask = read.mask ? read.mask + i * read_stride : NULL;
        memset(sign, 0, (size_t)words * 8);
        if (mask)
            memset(mask, 0, (size_t)words * 8);
        for (int64_t j = part->first; j < part->last; j++) {
            const int64_t total = sum_bits(units.sign + i * stride, units.mask ? units.mask + i * stride : NULL,
                                           j * g - part->base, g), at = j - part->read_base;
            if (mask ? total > 0 : total >= 0)
                sign[at / 64] |= UINT64_C(1) << (at % 64);
            if (mask && total)
                mask[at / 64] |= UINT64_C(1) << (at % 64);
        }
    }
}

/* A slice of a layer on n rows: pre-activations, activations and, in a committee, majorities. */
FBB_FN void activate(const fbb_layer *layer, const slice *part, const workspace *ws, const private_space *own,
                     bit_rows x, int64_t x_stride, int64_t n, bit_rows out, int64_t out_stride, bit_rows read,
                     int64_t read_stride)
{
    const int64_t at = part->begin * layer->in_words, first = part->begin - part->base;
    product_rows(x.sign, x.mask, n, x_stride, layer->sign + at, layer->mask ? layer->mask + at : NULL, layer->in_words,
                 part->end - part->begin, layer->fan_in, own->z + first, ws->z_stride, own->scratch);
    signs_of(own->z, ws->z_stride, n, first, part->end - part->base, out, out_stride);
    if (layer->committee)
        majorities(layer, part, out, out_stride, n, read, read_stride);
}

/* What the classifier says of n rows. Few classes, many rows: the rows lie side by side, so that the search for the best
   classes runs along them. */
FBB_FN void read_out(const fbb_layer *layer, const workspace *ws, const private_space *own, bit_rows read, int64_t stride,
                     int64_t n)
{
    product_rows(layer->p_sign, layer->p_mask, layer->n_classes, words_of(layer->n_read), read.sign, read.mask, stride, n,
                 layer->n_read, own->y, ws->y_stride, own->scratch);
}

static bit_rows from_word(bit_rows bits, int64_t word)
{
    return (bit_rows){bits.sign + word, bits.mask ? bits.mask + word : NULL};
}

static bit_rows at_row(bit_rows bits, int64_t row, int64_t stride) { return from_word(bits, row * stride); }

/* A layer's turn at a mini-batch, as one thread sees it. */
typedef struct {
    const fbb_layer *layer;
    bit_rows in, out;
    int64_t in_stride;
    bit_rows desired;
    const int32_t *labels;
    uint8_t *triggered;
    uint32_t *chosen;         /* (rows, chosen_stride) of groups from chosen_first on */
    int64_t chosen_stride, chosen_first;
    uint32_t *chosen_classes;
    int64_t n;                /* rows */
} turn;

/* The rows among begin .. end - 1 that triggered, in order; returns their number. No branches: it is chance who does. */
static int64_t list_triggered(const uint8_t *triggered, int64_t begin, int64_t end, int32_t *rows)
{
    int64_t count = 0;
    for (int64_t i = begin; i < end; i++) {
        rows[count] = (int32_t)i;
        count += triggered[i];
    }
    return count;
}

/* ---- Threads and what they show each other ---- */

typedef struct {
    team *all;
    int member, size;
    const slice *slices; /* of the layer whose turn it is, one per thread */
    int64_t meetings;
} seat;

/* The words of a slice's rows into whole rows. Slices come in order; a word that two share begins in the first. */
FBB_FN void put_words(bit_rows part, int64_t first, int64_t last, int64_t n, bit_rows whole_rows, int64_t stride)
{
    const int64_t words = words_of(last - first / 64 * 64), at = first / 64;
    for (int plane = 0; plane < (part.mask ? 2 : 1) && first < last; plane++) {
        const uint64_t *from = plane ? part.mask : part.sign;
        uint64_t *to = (plane ? whole_rows.mask : whole_rows.sign) + at;
        for (int64_t i = 0; i < n; i++, from += words, to += stride) {
            to[0] = (first % 64 ? to[0] : 0) | from[0];
            for (int64_t w = 1; w < words; w++)
                to[w] = from[w];
        }
    }
}

/* Whole rows of activations and majorities from what all threads show. */
FBB_FN void gather_rows(const fbb_layer *layer, const workspace *ws, const private_space *own, const seat *here, int64_t n,
                        bit_rows out)
{
    for (int m = 0; m < here->size; m++) {
        const slice part = here->slices[m];
        const shown *theirs = &ws->own[m].shows[here->meetings % 2];
        put_words(theirs->signs, part.begin, part.end, n, out, ws->bit_stride);
        if (layer->committee)
            put_words(theirs->read, part.first, part.last, n, own->read, words_of(layer->n_read));
    }
}

/* The easiest wrong unit in a slice's part of a group. `wrong` and z begin at the slice's base. */
FBB_FN candidate find_candidate(const fbb_layer *layer, const slice *part, int64_t group, const int16_t *z,
                                const uint64_t *wrong)
{
    const int64_t start = group * layer->group_size, stop = start + layer->group_size;
    const int64_t low = (start > part->begin ? start : part->begin) - part->base;
    const int64_t high = (stop < part->end ? stop : part->end) - part->base;
    const uint32_t unit = easiest(z + low, wrong, low, high - low);
    if (unit == NOBODY)
        return (candidate){NOBODY, INT32_MAX};
    const int size = z[low + unit];
    return (candidate){(uint32_t)(part->base + low) + unit, size < 0 ? -size : size};
}

/* Whether a slice holds a group in part only. */
static inline int is_shared(const fbb_layer *layer, const slice *part, int64_t group)
{
    return group * layer->group_size < part->begin || (group + 1) * layer->group_size > part->end;
}

/* Shows what this thread has found in the groups that it shares, for every row, triggered or not. */
FBB_FN void show_candidates(const turn *now, const slice *part, const workspace *ws, const private_space *own,
                            const seat *here, int64_t begin, int64_t end)
{
    const fbb_layer *layer = now->layer;
    const shown *mine = &own->shows[here->meetings % 2];
    const int64_t words = words_of(part->end - part->base), unit_words = words_of(layer->n_units);
    for (int edge = 0; edge < 2; edge++) {
        const int64_t group = edge ? part->last - 1 : part->first;
        if (!is_shared(layer, part, group) || (edge && group == part->first))
            continue;
        for (int64_t i = 0; i < end - begin; i++) {
            const bit_rows desired = at_row(now->desired, now->labels[begin + i], unit_words);
            wrong_bits(words, at_row(mine->signs, i, words), from_word(desired, part->base / 64), own->wrong);
            mine->shared[edge][i] = find_candidate(layer, part, group, own->z + i * ws->z_stride, own->wrong);
        }
    }
}

/* The unit that a shared group corrects at row i of the chunk: of all threads' candidates the easiest, the lowest index
   among equals. */
static uint32_t best_candidate(const workspace *ws, const seat *here, int64_t group, int64_t i)
{
    candidate best = {NOBODY, INT32_MAX};
    for (int m = 0; m < here->size; m++) {
        if (group < here->slices[m].first || group >= here->slices[m].last)
            continue;
        const candidate theirs = ws->own[m].shows[here->meetings % 2].shared[group != here->slices[m].first][i];
        if (theirs.size < best.size)
            best = theirs;
    }
    return best.unit;
}

/* Fills chosen[j - first] with the unit that group j of one triggered row corrects, or NOBODY. */
FBB_FN void choose(const fbb_layer *layer, const slice *part, const workspace *ws, const seat *here, int64_t i,
                   const int16_t *z, const uint64_t *wrong, const uint64_t *read_wrong, uint32_t *chosen)
{
    const int64_t g = layer->group_size, first_shared = is_shared(layer, part, part->first);
    const int64_t last_shared = is_shared(layer, part, part->last - 1);
    const int64_t from = part->first + first_shared, to = part->last - last_shared;
    if (first_shared)
        chosen[0] = best_candidate(ws, here, part->first, i);
    if (last_shared && part->last - 1 > part->first)
        chosen[part->last - 1 - part->first] = best_candidate(ws, here, part->last - 1, i);
    if (from < to)
        choose_units(layer, from, to, z + (from * g - part->base), wrong, from * g - part->base, read_wrong,
                     chosen + (from - part->first));
}

/* Rows begin .. end - 1, at most a chunk: forward, which of them trigger, and which units they choose in a slice. */
FBB_FN void present_rows(const turn *now, const slice *part, const workspace *ws, const private_space *own, seat *here,
                         int64_t begin, int64_t end, int64_t *n_right)
{
    const fbb_layer *layer = now->layer;
    const int64_t n = end - begin, unit_words = words_of(layer->n_units), read_words = words_of(layer->n_read);
    const int64_t words = words_of(part->end - part->base);
    const bit_rows classifier = {(uint64_t *)layer->p_sign, (uint64_t *)layer->p_mask};
    const bit_rows in = at_row(now->in, begin, now->in_stride), out = at_row(now->out, begin, ws->bit_stride);
    const shown *mine = &own->shows[here->meetings % 2];
    const bit_rows signs = here->size > 1 ? mine->signs : out;
    const int64_t stride = here->size > 1 ? words : ws->bit_stride;
    if (here->size == 1)
        activate(layer, part, ws, own, in, now->in_stride, n, out, stride, own->read, read_words);
    else {
        if (part->begin < part->end) {
            activate(layer, part, ws, own, in, now->in_stride, n, signs, stride, mine->read,
                     words_of(part->last - part->read_base));
            show_candidates(now, part, ws, own, here, begin, end);
        }
        meet(here->all);
        gather_rows(layer, ws, own, here, n, out);
    }
    read_out(layer, ws, own, layer->committee ? own->read : out, layer->committee ? read_words : ws->bit_stride, n);
    *n_right += find_triggers(own->y, ws->y_stride, n, layer->n_classes, now->labels + begin, layer->margin,
                              now->triggered + begin);
    const int64_t n_triggered = list_triggered(now->triggered, begin, end, own->rows);
    for (int64_t t = 0; t < n_triggered; t++) {
        const int64_t row = own->rows[t], i = row - begin;
        const int32_t label = now->labels[row];
        const bit_rows desired = at_row(now->desired, label, unit_words);
        if (part->begin < part->end) {
            wrong_bits(words, at_row(signs, i, stride), from_word(desired, part->base / 64), own->wrong);
            if (layer->committee)
                wrong_bits(read_words, at_row(own->read, i, read_words), at_row(classifier, label, read_words),
                           own->read_wrong);
            choose(layer, part, ws, here, i, own->z + i * ws->z_stride, own->wrong,
                   layer->committee ? own->read_wrong : NULL, now->chosen + row * now->chosen_stride);
        }
        if (layer->classifier)
            now->chosen_classes[row] = own->y[label * ws->y_stride + i] < 0 ? (uint32_t)label : NOBODY;
    }
    here->meetings++;
}

/* ---- Update ---- */

/* Sorts the choices of units begin .. end - 1 by unit, rows in order, and lists the units that were chosen; returns their
   number, or -1 if no row triggered. */
FBB_FN int64_t sort_choices(const turn *now, const private_space *own, int64_t begin, int64_t end)
{
    const fbb_layer *layer = now->layer;
    const int64_t words = words_of(layer->n_units);
    const int64_t first = begin / layer->group_size - now->chosen_first;
    const int64_t last = (end - 1) / layer->group_size - now->chosen_first;
    const uint64_t count = (uint64_t)(end - begin);
    int64_t *start = own->start + 1; /* start[k] .. start[k + 1] after the second pass */
    memset(own->start, 0, (size_t)(end - begin + 2) * 8);
    const int64_t n_triggered = list_triggered(now->triggered, 0, now->n, own->rows);
    int64_t n_units = 0;
    for (int64_t t = 0; t < n_triggered; t++) {
        const uint32_t *chosen = now->chosen + own->rows[t] * now->chosen_stride;
        for (int64_t j = first; j <= last; j++) /* NOBODY lies beyond any range */
            if (chosen[j] - (uint64_t)begin < count)
                start[chosen[j] - begin + 1]++;
    }
    for (int64_t k = 0; k < end - begin; k++) {
        own->units[n_units] = (int32_t)(begin + k);
        n_units += start[k + 1] > 0;
        start[k + 1] += start[k];
    }
    for (int64_t t = 0; t < n_triggered; t++) {
        const int64_t i = own->rows[t];
        const uint32_t *chosen = now->chosen + i * now->chosen_stride;
        const uint64_t *desired = now->desired.sign + now->labels[i] * words;
        for (int64_t j = first; j <= last; j++)
            if (chosen[j] - (uint64_t)begin < count)
                own->entries[start[chosen[j] - begin]++] = ENTRY(i, !bit_of(desired, chosen[j]));
    }
    return n_triggered ? n_units : -1;
}

#define UNITS_AT_ONCE 16 /* updated, then reinforced while they are in the cache */

/* Units begin .. end - 1 learn from the mini-batch. */
FBB_FN void correct_units(const turn *now, const private_space *own, int64_t begin, int64_t end, uint64_t step)
{
    const fbb_layer *layer = now->layer;
    const uint64_t key = mix64(layer->stream + GOLDEN * (step + 1));
    const int64_t n_units = begin < end ? sort_choices(now, own, begin, end) : -1;
    if (n_units < 0)
        return;
    int64_t u = 0;
    for (int64_t first = begin; first < end; first += UNITS_AT_ONCE) {
        const int64_t last = first + UNITS_AT_ONCE < end ? first + UNITS_AT_ONCE : end;
        for (; u < n_units && own->units[u] < last; u++) {
            const int64_t *start = own->start + (own->units[u] - begin);
            update_unit(layer, own->units[u], own->entries + start[0], start[1] - start[0], now->in.sign, now->in.mask,
                        now->in_stride);
        }
        reinforce(layer, key, first * layer->in_words, last * layer->in_words);
    }
}

/* A trained classifier learns from the mini-batch, like a layer whose rows each desire one unit to be +1. */
FBB_FN void correct_classes(const turn *now, const workspace *ws, const private_space *own, const seat *here,
                            uint64_t step)
{
    turn then = *now;
    then.layer = now->layer->classifier;
    then.in = now->out;
    then.in_stride = ws->bit_stride;
    then.desired = ws->ones;
    then.labels = ws->no_labels;
    then.chosen = now->chosen_classes;
    then.chosen_stride = 1;
    then.chosen_first = 0;
    const int64_t n = then.layer->n_units;
    correct_units(&then, own, share(n, here->member, here->size), share(n, here->member + 1, here->size), step);
}

/* ---- All mini-batches ---- */

typedef struct {
    fbb_layer *layers;
    int64_t n_layers, n, batch_size;
    const uint64_t *x;
    const int32_t *y;
    const int64_t *order;
    uint64_t first_step;
    workspace ws;
    int64_t n_right;
} training;

/* Copies a mini-batch's rows and labels. Rows lie anywhere: those of the next mini-batch are asked for. */
FBB_FN void take_rows(const training *job, const private_space *own, int64_t first, int64_t n)
{
    const int64_t words = job->layers[0].in_words, ahead = job->batch_size;
    for (int64_t i = 0; i < n; i++) {
        const int64_t row = job->order[first + i];
        memcpy(own->data + i * job->ws.data_stride, job->x + row * words, (size_t)words * 8);
        own->labels[i] = job->y[row];
        if (first + ahead + i < job->n) {
            const int64_t next = job->order[first + ahead + i];
            for (int64_t w = 0; w < words + PAD_WORDS - 1; w += PAD_WORDS)
                __builtin_prefetch(job->x + next * words + (w < words ? w : words - 1));
            __builtin_prefetch(job->y + next);
        }
    }
}

FBB_FN void train_member(void *job_, team *all, int member)
{
    training *job = job_;
    const workspace *ws = &job->ws;
    const private_space *own = ws->own + member;
    seat here = {all, member, atomic_load_explicit(&all->size, memory_order_relaxed), NULL, 0};
    uint64_t step = job->first_step;
    int64_t n_right = 0, turns = 0;
    for (int64_t i = 0; i < job->n_layers * here.size; i++)
        own->slices[i] = slice_of(job->layers + i / here.size, (int)(i % here.size), here.size);
    for (int64_t first = 0; first < job->n; first += job->batch_size, step++) {
        const int64_t n = job->n - first < job->batch_size ? job->n - first : job->batch_size;
        bit_rows in = {own->data, NULL}; /* data has no zeros */
        int64_t in_stride = ws->data_stride;
        take_rows(job, own, first, n);
        for (int64_t l = 0; l < job->n_layers; l++, turns++) {
            const fbb_layer *layer = job->layers + l;
            const bit_rows out = own->activations[turns % 2];
            here.slices = own->slices + l * here.size;
            const slice part = here.slices[member];
            const turn now = {layer, in, out, in_stride, ws->desired[l], own->labels, own->triggered, own->chosen,
                              part.last - part.first, part.first, own->chosen_classes, n};
            int64_t right = 0;
            for (int64_t i = 0; i < n; i += ws->chunk)
                present_rows(&now, &part, ws, own, &here, i, i + ws->chunk < n ? i + ws->chunk : n, &right);
            n_right += l == job->n_layers - 1 ? right : 0;
            correct_units(&now, own, part.begin, part.end, step);
            if (layer->classifier) {
                meet(all); /* until then units desire what the classifier was before the mini-batch */
                correct_classes(&now, ws, own, &here, step);
                if (job->n_layers == 1)
                    meet(all); /* the next thing that reads it */
            }
            in = out;
            in_stride = ws->bit_stride;
        }
    }
    if (!member) /* all know the same */
        job->n_right = n_right;
}

/* Where the signs lie that units should have: in the classifier, or, in a committee, its bits spread over members. */
FBB_FN void set_desired(workspace *ws, const fbb_layer *layers, int64_t n_layers)
{
    uint64_t *free_bits = ws->desired_bits;
    if (ws->no_labels) {
        memset(ws->ones.sign, 0xff, (size_t)words_of(layers[0].n_classes) * 8);
        if (ws->ones.mask)
            memset(ws->ones.mask, 0xff, (size_t)words_of(layers[0].n_classes) * 8);
    }
    for (int64_t l = 0; l < n_layers; l++) {
        const fbb_layer *layer = layers + l;
        const int64_t words = words_of(layer->n_units), read_words = words_of(layer->n_read);
        ws->desired[l] = (bit_rows){(uint64_t *)layer->p_sign, (uint64_t *)layer->p_mask};
        for (int plane = 0; layer->committee && plane < (layer->mask ? 2 : 1); plane++) {
            const uint64_t *from = plane ? layer->p_mask : layer->p_sign;
            *(plane ? &ws->desired[l].mask : &ws->desired[l].sign) = free_bits;
            for (int64_t c = 0; c < layer->n_classes; c++, free_bits += words)
                for (int64_t k = 0; k < layer->n_units; k++)
                    free_bits[k / 64] |= (uint64_t)bit_of(from + c * read_words, k / layer->group_size) << (k % 64);
        }
    }
}

FBB_FN int64_t train(fbb_layer *layers, int64_t n_layers, const uint64_t *x, const int32_t *y, const int64_t *order,
                     int64_t n, int64_t batch_size, uint64_t first_step, int n_threads)
{
    training job = {.layers = layers, .n_layers = n_layers, .n = n, .batch_size = batch_size, .x = x, .y = y,
                    .order = order, .first_step = first_step};
    if (open_workspace(&job.ws, layers, n_layers, batch_size < n ? batch_size : n, n_threads, BY_UNITS))
        return -1;
    set_desired(&job.ws, layers, n_layers);
    run_team(train_member, &job, n_threads);
    free(job.ws.block);
    return job.n_right;
}

#include "propagation.h"
#include "perceptron.h"

/* ---- Inference ---- */

#define INFERENCE_ROWS 256

typedef struct {
    const fbb_layer *layers;
    int64_t n_layers, n, rows;
    int readout;
    const uint64_t *x;
    int32_t *out;
    atomic_int failed;
} inference;

/* Adds what the classifier has said of some rows to their scores. */
FBB_FN void add_scores(const workspace *ws, int64_t n_classes, int64_t rows, int32_t *out)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < n_classes; c++)
            out[i * n_classes + c] += ws->own->y[c * ws->y_stride + i];
}

/* What the last layer's classifier says of its pre-activations. */
FBB_FN void add_scores_of_sums(const workspace *ws, const fbb_layer *layer, int64_t rows, uint64_t *bits, int32_t *out)
{
    int8_t *spread = (int8_t *)(bits + words_of(layer->n_units));
    const int64_t words = words_of(layer->n_units);
    for (int64_t i = 0; i < rows; i++) {
        int16_t *z = ws->own->z + i * ws->z_stride;
        for (int64_t k = layer->n_units; k < 64 * words; k++)
            z[k] = 0;
        for (int64_t c = 0; c < layer->n_classes; c++) {
            const uint64_t *sign = layer->p_sign + c * words, *mask = layer->p_mask ? layer->p_mask + c * words : NULL;
            spread_row(sign, words, spread);
            int64_t total = signed_sum16(z, sign, spread, words);
            if (mask) { /* once with zeros as -1, once as +1 */
                for (int64_t w = 0; w < words; w++)
                    bits[w] = sign[w] | ~mask[w];
                spread_row(bits, words, spread);
                total = (total + signed_sum16(z, bits, spread, words)) / 2;
            }
            out[i * layer->n_classes + c] += (int32_t)total;
        }
    }
}

FBB_FN void score_member(void *job_, team *all, int member)
{
    inference *job = job_;
    const int size = atomic_load_explicit(&all->size, memory_order_relaxed);
    const int64_t end = share(job->n, member + 1, size), words = job->layers[0].in_words;
    const fbb_layer *last = job->layers + job->n_layers - 1;
    workspace ws;
    uint64_t *bits = malloc((size_t)words_of(last->n_units) * (8 + 64)); /* and spread to bytes */
    if (!bits || open_workspace(&ws, job->layers, job->n_layers, job->rows, 1, PREDICTING)) {
        free(bits);
        atomic_store(&job->failed, 1);
        return;
    }
    for (int64_t first = share(job->n, member, size); first < end; first += ws.rows) {
        const int64_t rows = end - first < ws.rows ? end - first : ws.rows;
        bit_rows x = {(uint64_t *)job->x + first * words, NULL};
        int32_t *out = job->out + first * last->n_classes;
        int64_t stride = words;
        memset(out, 0, (size_t)(rows * last->n_classes) * sizeof *out);
        for (int64_t l = 0; l < job->n_layers; l++) {
            const fbb_layer *layer = job->layers + l;
            const slice all_units = slice_of(layer, 0, 1);
            const bit_rows to = ws.own->activations[l % 2];
            const int64_t read_words = words_of(layer->n_read);
            activate(layer, &all_units, &ws, ws.own, x, stride, rows, to, ws.bit_stride, ws.own->read, read_words);
            if (job->readout == FBB_VOTE || (job->readout == FBB_LAST && l == job->n_layers - 1)) {
                read_out(layer, &ws, ws.own, layer->committee ? ws.own->read : to,
                         layer->committee ? read_words : ws.bit_stride, rows);
                add_scores(&ws, last->n_classes, rows, out);
            }
            x = to;
            stride = ws.bit_stride;
        }
        if (job->readout == FBB_PREACTIVATION)
            add_scores_of_sums(&ws, last, rows, bits, out);
    }
    free(ws.block);
    free(bits);
}

FBB_FN int scores(const fbb_layer *layers, int64_t n_layers, const uint64_t *x, int64_t n, int readout, int32_t *out,
                  int n_threads)
{
    inference job = {.layers = layers, .n_layers = n_layers, .n = n, .x = x, .out = out, .readout = readout,
                     .rows = n < INFERENCE_ROWS ? n : INFERENCE_ROWS};
    run_team(score_member, &job, n_threads);
    return atomic_load(&job.failed) ? -1 : 0;
}

/* ---- Single kernels, for tests and measurements ---- */

FBB_FN int product(const uint64_t *x_sign, const uint64_t *x_mask, int64_t n, const uint64_t *w_sign,
                   const uint64_t *w_mask, int64_t k, int64_t fan_in, int16_t *z)
{
    const int64_t stride = whole(k, 64), scratch_bytes = whole(product_scratch(n, k, fan_in, w_mask != NULL), 64);
    char *block = malloc((size_t)(scratch_bytes + n * stride * 2 + 64));
    if (!block)
        return -1;
    char *scratch = (char *)(((uintptr_t)block + 63) & ~(uintptr_t)63);
    int16_t *padded = (int16_t *)(scratch + scratch_bytes);
    product_rows(x_sign, x_mask, n, words_of(fan_in), w_sign, w_mask, words_of(fan_in), k, fan_in, padded, stride, scratch);
    for (int64_t i = 0; i < n; i++)
        memcpy(z + i * k, padded + i * stride, (size_t)k * 2);
    free(block);
    return 0;
}

FBB_FN int64_t roof(int64_t steps) { return roof_steps(steps); }

const fbb_path FBB_PATH = {FBB_NAME, product, train, propagate, scores, perceive, perceived, bernoulli, roof};
