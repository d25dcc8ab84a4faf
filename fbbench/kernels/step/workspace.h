/* The memory of one call, in one block: what a thread keeps for itself and what it shows the others. */

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#define PAD_WORDS 8 /* rows of activations are read in whole vectors */
#define SLACK 128   /* bytes behind pre-activations that a vector may read; it may read into the next row, too */
#define CHUNK 256   /* rows that a thread takes through a layer at a time */

/* What a thread has found in a group that it shares: the unit to correct and its |z|. */
typedef struct {
    uint32_t unit;
    int32_t size;
} candidate;

/* What one thread shows the others of a chunk of rows. */
typedef struct {
    bit_rows signs, read; /* of its units; a committee's majorities of its groups */
    candidate *shared[2]; /* (rows) of its first group and of its last */
} shown;

/* Which of a layer's units are a thread's: begin .. end - 1, in groups first .. last - 1 (of which the outer ones may be
   shared). Bits and sums of its units lie from unit `base`, a multiple of 64, on; a committee's majorities from group
   `read_base` on. */
typedef struct {
    int64_t begin, end, base, first, last, read_base;
} slice;

/* What one thread needs for itself. */
typedef struct {
    void *scratch;  /* of product_rows */
    int16_t *z, *y; /* pre-activations (rows, units), scores (classes, rows); padded to 64 */
    uint64_t *data; /* a mini-batch's rows */
    int32_t *labels;
    bit_rows activations[2]; /* of every second layer */
    bit_rows read;           /* a committee's majorities */
    uint64_t *wrong, *read_wrong;
    uint8_t *triggered;
    uint32_t *chosen;         /* (rows, its groups): the unit to correct, or NOBODY */
    uint32_t *chosen_classes; /* (rows): the unit of a trained classifier to correct, or NOBODY */
    uint32_t *entries;        /* the choices sorted by unit */
    int32_t *rows, *units;    /* that triggered; that were chosen */
    int64_t *start;           /* entries of unit k: start[k] .. start[k + 1] */
    shown shows[2];           /* of every second meeting */
} private_space;

typedef struct {
    int64_t rows, chunk; /* of a mini-batch; that go through a layer at a time */
    int64_t z_stride, y_stride, bit_stride, data_stride;
    int32_t *no_labels;     /* (rows) of 0: every row of a trained classifier desires the same, */
    bit_rows ones;          /* ones */
    bit_rows *desired;      /* per layer: (n_classes, units) the signs that units should have */
    uint64_t *desired_bits; /* those of committees; other layers' are their classifiers */
    slice *slices;          /* (layers, threads) */
    private_space *own;     /* one per thread */
    void *block;            /* what all of these were carved from */
} workspace;

/* A layer's turn at a mini-batch, as one thread sees it. */
typedef struct {
    const fbb_layer *layer;
    bit_rows in, out;
    int64_t in_stride;
    bit_rows desired;
    const int32_t *labels;
    uint8_t *triggered;
    uint32_t *chosen; /* (rows, chosen_stride) of groups from chosen_first on */
    int64_t chosen_stride, chosen_first;
    uint32_t *chosen_classes;
    int64_t n; /* rows */
} turn;

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

typedef struct {
    char *at;
    size_t size;
} arena;

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
    const int ternary = layers[0].mask != NULL, training = purpose != PREDICTING,
              slices = purpose == BY_UNITS ? team : 1;
    const int64_t mine = purpose == BY_ROWS ? (rows + team - 1) / team : rows, most = mine < CHUNK ? mine : CHUNK;
    int64_t words = 0, units = 0, reads = 0, classes = 0, groups = 0, desired = 0, scratch = 0, trained = 0;
    int64_t slice_units = 0, slice_reads = 0;
#define RAISE(var, value)                                                                                              \
    do {                                                                                                               \
        const int64_t v_ = (value);                                                                                    \
        if (v_ > (var))                                                                                                \
            (var) = v_;                                                                                                \
    } while (0)
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
        ws->ones = carve_bits(a, words_of(trained), 0);
    }
    RAISE(units, trained);
    if (training) {
        ws->desired = carve(a, n_layers * (int64_t)sizeof *ws->desired);
        ws->desired_bits = carve(a, desired * 8);
    }
    ws->slices = carve(a, n_layers * slices * (int64_t)sizeof *ws->slices);
    for (int64_t i = 0; ws->slices && i < n_layers * slices; i++)
        ws->slices[i] = slice_of(layers + i / slices, (int)(i % slices), slices);
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

static int open_workspace(workspace *ws, const fbb_layer *layers, int64_t n_layers, int64_t rows, int team, int purpose)
{
    arena a = {NULL, 0};
    memset(ws, 0, sizeof *ws);
    lay_out(ws, &a, layers, n_layers, rows, team, purpose);
    void *block = calloc(1, a.size + 64); /* desired_bits and no_labels must be 0; nothing else needs to */
    if (!block)
        return -1;
    a.at = (char *)(((uintptr_t)block + 63) & ~(uintptr_t)63);
    a.size = 0;
    lay_out(ws, &a, layers, n_layers, rows, team, purpose);
    ws->block = block;
    return 0;
}
