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

   A mini-batch goes through a layer in two phases. Rows are shared among the threads for the first (product, signs,
   classifier, trigger, selection), units for the second (update, reinforcement), and the threads meet between the two.
   A thread that is done with its units goes on to the rows of the next layer while another still reads this one's
   activations and choices: buffers change from one layer to the next. Results are the same however work is shared. */
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
#define RING 4      /* one that others still read, a mini-batch's data, an output, and a last layer's between them */

/* What one thread needs for itself. */
typedef struct {
    void *scratch;                          /* of product_rows */
    int16_t *z, *y;                         /* pre-activations (rows, units), scores (classes, rows); padded to 64 */
    bit_rows read;                          /* a committee's majorities */
    uint64_t *wrong, *read_wrong;
    int32_t *rows, *units;                  /* that triggered; that were chosen */
    int64_t *start;                         /* entries of unit k: start[k] .. start[k + 1] */
} private_space;

typedef struct {
    int64_t rows, chunk;                    /* of a mini-batch; that a thread takes at a time */
    int64_t z_stride, y_stride, bit_stride;
    bit_rows activations[RING];             /* a mini-batch's data, then each layer's output, and so on around */
    int32_t *labels[2];                     /* of every second mini-batch */
    uint8_t *triggered[2];                  /* of every second layer */
    uint32_t *chosen[2];                    /* (rows, groups): the unit to correct, or NOBODY */
    uint32_t *chosen_classes[2];            /* (rows): the unit of a trained classifier to correct, or NOBODY */
    int32_t *no_labels;                     /* (rows) of 0: every row of a trained classifier desires the same, */
    bit_rows ones;                          /* ones */
    uint32_t *entries;                      /* the choices sorted by unit, each thread's in a part of it */
    bit_rows *desired;                      /* per layer: (n_classes, units) the signs that units should have */
    uint64_t *desired_bits;                 /* those of committees; other layers' are their classifiers */
    private_space *own;                     /* one per thread */
    void *block;                            /* what all of these were carved from */
} workspace;

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

/* Sets every pointer of ws into the arena; with an arena at NULL, only measures. */
static void lay_out(workspace *ws, arena *a, const fbb_layer *layers, int64_t n_layers, int64_t rows, int team,
                    int training)
{
    const int ternary = layers[0].mask != NULL;
    const int64_t most = (rows + team - 1) / team < CHUNK ? (rows + team - 1) / team : CHUNK;
    int64_t words = 0, units = 0, reads = 0, classes = 0, groups = 0, desired = 0, scratch = 0, trained = 0;
#define RAISE(var, value) do { const int64_t v_ = (value); if (v_ > (var)) (var) = v_; } while (0)
    for (int64_t l = 0; l < n_layers; l++) {
        const fbb_layer *layer = layers + l;
        RAISE(words, layer->in_words);
        RAISE(words, words_of(layer->n_units));
        RAISE(units, layer->n_units);
        RAISE(reads, words_of(layer->n_read));
        RAISE(classes, layer->n_classes);
        RAISE(groups, layer->n_units / layer->group_size);
        desired += layer->committee ? (ternary ? 2 : 1) * layer->n_classes * words_of(layer->n_units) : 0;
        RAISE(trained, layer->classifier ? layer->n_classes : 0);
        RAISE(scratch, product_scratch(most, layer->n_units, layer->fan_in, ternary));
        RAISE(scratch, product_scratch(layer->n_classes, most, layer->n_read, ternary));
    }
    ws->rows = rows;
    ws->chunk = most;
    ws->z_stride = whole(units, 64);
    ws->y_stride = whole(most, 64);
    ws->bit_stride = whole(words, PAD_WORDS);
    for (int i = 0; i < (training ? RING : 2); i++)
        ws->activations[i] = carve_bits(a, rows * ws->bit_stride, ternary);
    for (int i = 0; i < 2 && training; i++) {
        ws->triggered[i] = carve(a, rows);
        ws->chosen[i] = carve(a, rows * groups * 4);
        ws->labels[i] = carve(a, rows * 4);
        ws->chosen_classes[i] = trained ? carve(a, rows * 4) : NULL;
    }
    if (trained) {
        ws->no_labels = carve(a, rows * 4);
        ws->ones = carve_bits(a, words_of(trained), ternary);
    }
    RAISE(units, trained);
    if (training) {
        ws->entries = carve(a, rows * (groups + team) * 4); /* two threads may share a group */
        ws->desired = carve(a, n_layers * (int64_t)sizeof *ws->desired);
        ws->desired_bits = carve(a, desired * 8);
    }
    private_space *own = carve(a, team * (int64_t)sizeof *own);
    for (int i = 0; i < team; i++) {
        private_space mine = {0};
        mine.scratch = carve(a, scratch);
        mine.z = carve(a, most * ws->z_stride * 2 + SLACK);
        mine.y = carve(a, classes * ws->y_stride * 2);
        if (layers[0].committee)
            mine.read = carve_bits(a, most * reads, ternary);
        if (training) {
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
                          int training)
{
    arena a = {NULL, 0};
    memset(ws, 0, sizeof *ws);
    lay_out(ws, &a, layers, n_layers, rows, team, training);
    void *block = calloc(1, a.size + 64); /* paddings stay 0 */
    if (!block)
        return -1;
    a.at = (char *)(((uintptr_t)block + 63) & ~(uintptr_t)63);
    a.size = 0;
    lay_out(ws, &a, layers, n_layers, rows, team, training);
    ws->block = block;
    return 0;
}

/* ---- First phase, by rows ---- */

/* Rows of int16 (padded to 64) to sign bits, and in ternary arithmetic to the non-zero plane. */
FBB_FN void signs_of(const int16_t *z, int64_t z_stride, int64_t n, int64_t k, bit_rows out, int64_t stride)
{
    const int64_t words = words_of(k);
    for (int64_t i = 0; i < n; i++)
        for (int64_t w = 0; w < words; w++) {
            const uint64_t valid = w == words - 1 ? tail_of(k) : ~UINT64_C(0);
            uint64_t negative, zero;
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

/* The majority of every group of members, a committee's outputs. */
FBB_FN void majorities(const fbb_layer *layer, bit_rows units, int64_t stride, int64_t n, bit_rows read)
{
    const int64_t words = words_of(layer->n_read);
    memset(read.sign, 0, (size_t)(n * words) * 8);
    if (read.mask)
        memset(read.mask, 0, (size_t)(n * words) * 8);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < layer->n_read; j++) {
            const int64_t total = sum_bits(units.sign + i * stride, units.mask ? units.mask + i * stride : NULL,
                                           j * layer->group_size, layer->group_size);
            const int64_t at = i * words + j / 64;
            if (read.mask ? total > 0 : total >= 0)
                read.sign[at] |= UINT64_C(1) << (j % 64);
            if (read.mask && total)
                read.mask[at] |= UINT64_C(1) << (j % 64);
        }
}

/* One layer on n rows: pre-activations and activations, then the classifier's scores. */
FBB_FN void forward(const fbb_layer *layer, const workspace *ws, const private_space *own, const uint64_t *x_sign,
                    const uint64_t *x_mask, int64_t x_stride, int64_t n, bit_rows out, int want_scores)
{
    product_rows(x_sign, x_mask, n, x_stride, layer->sign, layer->mask, layer->in_words, layer->n_units, layer->fan_in,
                 own->z, ws->z_stride, own->scratch);
    signs_of(own->z, ws->z_stride, n, layer->n_units, out, ws->bit_stride);
    if (!want_scores)
        return;
    bit_rows read = out;
    int64_t stride = ws->bit_stride;
    if (layer->committee) {
        read = own->read;
        stride = words_of(layer->n_read);
        majorities(layer, out, ws->bit_stride, n, read);
    }
    /* Few classes, many rows: the rows lie side by side, so that the search for the best classes runs along them. */
    product_rows(layer->p_sign, layer->p_mask, layer->n_classes, words_of(layer->n_read), read.sign, read.mask, stride, n,
                 layer->n_read, own->y, ws->y_stride, own->scratch);
}

static bit_rows at_row(bit_rows bits, int64_t row, int64_t stride)
{
    return (bit_rows){bits.sign + row * stride, bits.mask ? bits.mask + row * stride : NULL};
}

/* A layer's turn at a mini-batch. */
typedef struct {
    const fbb_layer *layer;
    bit_rows in, out;
    bit_rows desired;
    const int32_t *labels;
    uint8_t *triggered;
    uint32_t *chosen;
    uint32_t *chosen_classes;
    int64_t n; /* rows */
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

/* Rows begin .. end - 1: forward, which of them trigger, and which units they choose. */
FBB_FN void present_rows(const turn *now, const workspace *ws, const private_space *own, int64_t begin, int64_t end,
                         int64_t *n_right)
{
    const fbb_layer *layer = now->layer;
    const int64_t n = end - begin, unit_words = words_of(layer->n_units), read_words = words_of(layer->n_read);
    const bit_rows classifier = {(uint64_t *)layer->p_sign, (uint64_t *)layer->p_mask};
    const bit_rows in = at_row(now->in, begin, ws->bit_stride), out = at_row(now->out, begin, ws->bit_stride);
    forward(layer, ws, own, in.sign, in.mask, ws->bit_stride, n, out, 1);
    *n_right += find_triggers(own->y, ws->y_stride, n, layer->n_classes, now->labels + begin, layer->margin,
                              now->triggered + begin);
    const int64_t n_triggered = list_triggered(now->triggered, begin, end, own->rows);
    for (int64_t t = 0; t < n_triggered; t++) {
        const int64_t row = own->rows[t], i = row - begin;
        const int32_t label = now->labels[row];
        const bit_rows mine = at_row(out, i, ws->bit_stride), desired = at_row(now->desired, label, unit_words);
        wrong_bits(unit_words, mine, desired, own->wrong);
        if (layer->committee)
            wrong_bits(read_words, at_row(own->read, i, read_words), at_row(classifier, label, read_words),
                       own->read_wrong);
        choose_units(layer, own->z + i * ws->z_stride, own->wrong, layer->committee ? own->read_wrong : NULL,
                     now->chosen + row * (layer->n_units / layer->group_size));
        if (layer->classifier)
            now->chosen_classes[row] = own->y[label * ws->y_stride + i] < 0 ? (uint32_t)label : NOBODY;
    }
}

/* ---- Second phase, by units ---- */

/* Sorts the choices of units begin .. end - 1 by unit, rows in order, and lists the units that were chosen; returns their
   number, or -1 if no row triggered. */
FBB_FN int64_t sort_choices(const turn *now, const private_space *own, uint32_t *entries, int64_t begin, int64_t end)
{
    const fbb_layer *layer = now->layer;
    const int64_t n_groups = layer->n_units / layer->group_size, words = words_of(layer->n_units);
    const int64_t first = begin / layer->group_size, last = (end - 1) / layer->group_size;
    const uint64_t count = (uint64_t)(end - begin);
    int64_t *start = own->start + 1; /* start[k] .. start[k + 1] after the second pass */
    memset(own->start, 0, (size_t)(end - begin + 2) * 8);
    const int64_t n_triggered = list_triggered(now->triggered, 0, now->n, own->rows);
    int64_t n_units = 0;
    for (int64_t t = 0; t < n_triggered; t++) {
        const uint32_t *chosen = now->chosen + own->rows[t] * n_groups;
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
        const uint32_t *chosen = now->chosen + i * n_groups;
        const uint64_t *desired = now->desired.sign + now->labels[i] * words;
        for (int64_t j = first; j <= last; j++)
            if (chosen[j] - (uint64_t)begin < count)
                entries[start[chosen[j] - begin]++] = ENTRY(i, !bit_of(desired, chosen[j]));
    }
    return n_triggered ? n_units : -1;
}

/* With several threads: rows that others have written, and visible weights that others have read, are asked for all at
   once, so that they need not be waited for one by one. */
FBB_FN void ask_for_lines(const turn *now, const workspace *ws, const private_space *own, int64_t n_units)
{
    const int64_t words = now->layer->in_words;
    for (int64_t i = 0; i < now->n; i++)
        for (int64_t w = 0; now->triggered[i] && w < words; w += PAD_WORDS)
            __builtin_prefetch(now->in.sign + i * ws->bit_stride + w);
    for (int64_t u = 0; u < n_units; u++)
        for (int64_t w = 0; w < words; w += PAD_WORDS)
            __builtin_prefetch(now->layer->sign + own->units[u] * words + w, 1);
}

#define UNITS_AT_ONCE 16 /* updated, then reinforced while they are in the cache */

/* Units begin .. end - 1 learn from the mini-batch. */
FBB_FN void correct_units(const turn *now, const workspace *ws, int member, int64_t begin, int64_t end, uint64_t step)
{
    const fbb_layer *layer = now->layer;
    const private_space *own = ws->own + member;
    uint32_t *entries = ws->entries + ws->rows * (begin / layer->group_size + member);
    const uint64_t key = mix64(layer->stream + GOLDEN * (step + 1));
    const int64_t n_units = begin < end ? sort_choices(now, own, entries, begin, end) : -1;
    if (n_units < 0)
        return;
    if (end - begin < layer->n_units)
        ask_for_lines(now, ws, own, n_units);
    int64_t u = 0;
    for (int64_t first = begin; first < end; first += UNITS_AT_ONCE) {
        const int64_t last = first + UNITS_AT_ONCE < end ? first + UNITS_AT_ONCE : end;
        for (; u < n_units && own->units[u] < last; u++) {
            const int64_t *start = own->start + (own->units[u] - begin);
            update_unit(layer, own->units[u], entries + start[0], start[1] - start[0], now->in.sign, now->in.mask,
                        ws->bit_stride);
        }
        reinforce(layer, key, first * layer->in_words, last * layer->in_words);
    }
}

/* A trained classifier learns from the mini-batch, like a layer whose rows each desire one unit to be +1. */
FBB_FN void correct_classes(const turn *now, const workspace *ws, int member, int size, uint64_t step)
{
    turn then = *now;
    then.layer = now->layer->classifier;
    then.in = now->out;
    then.desired = ws->ones;
    then.labels = ws->no_labels;
    then.chosen = now->chosen_classes;
    const int64_t n = then.layer->n_units;
    correct_units(&then, ws, member, share(n, member, size), share(n, member + 1, size), step);
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
    int64_t n_right[FBB_MAX_THREADS];
} training;

FBB_FN void train_member(void *job_, team *all, int member)
{
    training *job = job_;
    const workspace *ws = &job->ws;
    const private_space *own = ws->own + member;
    const int size = atomic_load_explicit(&all->size, memory_order_relaxed);
    const int64_t words = job->layers[0].in_words;
    uint64_t step = job->first_step;
    int64_t n_right = 0, turns = 0, ring = 0;
    for (int64_t first = 0; first < job->n; first += job->batch_size, step++) {
        int32_t *labels = ws->labels[step % 2];
        const int64_t n = job->n - first < job->batch_size ? job->n - first : job->batch_size;
        const int64_t begin = share(n, member, size), end = share(n, member + 1, size);
        for (int64_t i = begin; i < end; i++) {
            const int64_t row = job->order[first + i];
            memcpy(ws->activations[ring % RING].sign + i * ws->bit_stride, job->x + row * words, (size_t)words * 8);
            labels[i] = job->y[row];
            if (first + job->batch_size + i < job->n) { /* rows lie anywhere: the next mini-batch's are asked for now */
                const int64_t next = job->order[first + job->batch_size + i];
                for (int64_t w = 0; w < words + PAD_WORDS - 1; w += PAD_WORDS)
                    __builtin_prefetch(job->x + next * words + (w < words ? w : words - 1));
                __builtin_prefetch(job->y + next);
            }
        }
        for (int64_t l = 0; l < job->n_layers; l++, turns++, ring++) {
            const fbb_layer *layer = job->layers + l;
            turn now = {layer, ws->activations[ring % RING], ws->activations[(ring + 1) % RING], ws->desired[l],
                        labels, ws->triggered[turns % 2], ws->chosen[turns % 2], ws->chosen_classes[turns % 2], n};
            int64_t right = 0;
            if (!l)
                now.in.mask = NULL; /* data has no zeros */
            if (size > 1)
                for (int64_t w = 0; w < layer->n_units * layer->in_words; w += PAD_WORDS)
                    __builtin_prefetch(layer->sign + w); /* other threads have changed them */
            for (int64_t i = begin; i < end; i += ws->chunk)
                present_rows(&now, ws, own, i, i + ws->chunk < end ? i + ws->chunk : end, &right);
            n_right += l == job->n_layers - 1 ? right : 0;
            meet(all);
            correct_units(&now, ws, member, share(layer->n_units, member, size),
                          share(layer->n_units, member + 1, size), step);
            if (layer->classifier) {
                meet(all); /* until then units desire what the classifier was before the mini-batch */
                correct_classes(&now, ws, member, size, step);
            }
        }
        ring++;
        if (job->n_layers == 1)
            meet(all); /* the same layer's weights are needed next */
    }
    job->n_right[member] = n_right;
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
    int64_t n_right = 0;
    if (open_workspace(&job.ws, layers, n_layers, batch_size < n ? batch_size : n, n_threads, 1))
        return -1;
    set_desired(&job.ws, layers, n_layers);
    run_team(train_member, &job, n_threads);
    for (int i = 0; i < n_threads; i++)
        n_right += job.n_right[i];
    free(job.ws.block);
    return n_right;
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
    if (!bits || open_workspace(&ws, job->layers, job->n_layers, job->rows, 1, 0)) {
        free(bits);
        atomic_store(&job->failed, 1);
        return;
    }
    for (int64_t first = share(job->n, member, size); first < end; first += ws.rows) {
        const int64_t rows = end - first < ws.rows ? end - first : ws.rows;
        const uint64_t *x = job->x + first * words, *x_mask = NULL;
        int32_t *out = job->out + first * last->n_classes;
        int64_t stride = words;
        memset(out, 0, (size_t)(rows * last->n_classes) * sizeof *out);
        for (int64_t l = 0; l < job->n_layers; l++) {
            const bit_rows to = ws.activations[l % 2];
            const int read = job->readout == FBB_VOTE || (job->readout == FBB_LAST && l == job->n_layers - 1);
            forward(job->layers + l, &ws, ws.own, x, x_mask, stride, rows, to, read);
            if (read)
                add_scores(&ws, last->n_classes, rows, out);
            x = to.sign, x_mask = to.mask, stride = ws.bit_stride;
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
