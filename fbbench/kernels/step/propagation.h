/* Binary error propagation (BEP): one trigger at the end, targets that travel backwards through the visible weights.

   For every mini-batch: all layers forward; a sample whose label leads by less than a margin triggers; the last layer's
   target is the classifier's row of the label, an earlier layer's the signs of W^T (g a*) of the layer above, where g keeps
   the units whose pre-activation is near 0; every layer corrects the easiest wrong unit of each group, all from the same
   state. Rows are shared among the threads for all but the corrections, which are those of corrections.h, by units. */

typedef struct {
    int64_t rows, chunk, n_layers;
    int64_t z_stride[FBB_MAX_LAYERS];
    bit_rows activations[FBB_MAX_LAYERS + 1]; /* the mini-batch's data, then every layer's output; at ws.bit_stride */
    int16_t *z[FBB_MAX_LAYERS];
    uint64_t *desired[FBB_MAX_LAYERS]; /* (rows, words of units) */
    uint64_t *upward[FBB_MAX_LAYERS];  /* W^T of layers 1 .. : (fan-in, words of units) */
    uint64_t *ones[FBB_MAX_LAYERS];    /* a plane for each: nothing in it is 0 */
    uint32_t *chosen[FBB_MAX_LAYERS];
    uint8_t *triggered;
    int32_t *labels, *numbers; /* numbers: 0, 1, 2 ..: a row's target is the row's own */
    struct {
        void *scratch;
        uint64_t *sign, *mask;
        int16_t *back;
    } *own;
    void *block;
} propagation_space;

static void lay_out_propagation(propagation_space *ps, arena *a, const workspace *ws, const fbb_layer *layers,
                                int64_t n_layers, int team)
{
    int64_t scratch = 0, back = 0;
    ps->rows = ws->rows;
    ps->chunk = ws->chunk;
    ps->n_layers = n_layers;
    for (int64_t l = 0; l <= n_layers; l++)
        ps->activations[l].sign = carve(a, ps->rows * ws->bit_stride * 8);
    for (int64_t l = 0; l < n_layers; l++) {
        const fbb_layer *layer = layers + l;
        const int64_t words = words_of(layer->n_units);
        ps->z_stride[l] =
            whole(layer->n_units, 64) + 64; /* a vector may read past a row, but not into another thread's */
        ps->z[l] = carve(a, ps->rows * ps->z_stride[l] * 2 + SLACK);
        ps->desired[l] = carve(a, ps->rows * words * 8);
        ps->chosen[l] = carve(a, ps->rows * (layer->n_units / layer->group_size) * 4);
        if (!l)
            continue;
        ps->upward[l] = carve(a, layer->fan_in * words * 8);
        ps->ones[l] = carve(a, layer->fan_in * words * 8);
        const int64_t needed = product_scratch(ps->chunk, layer->fan_in, layer->n_units, 1);
        scratch = needed > scratch ? needed : scratch;
        back = whole(layer->fan_in, 64) > back ? whole(layer->fan_in, 64) : back;
    }
    ps->triggered = carve(a, ps->rows);
    ps->labels = carve(a, ps->rows * 4);
    ps->numbers = carve(a, ps->rows * 4);
    ps->own = carve(a, team * (int64_t)sizeof *ps->own);
    for (int i = 0; i < team; i++) {
        void *mine = carve(a, scratch);
        uint64_t *sign = carve(a, ps->chunk * ws->bit_stride * 8), *mask = carve(a, ps->chunk * ws->bit_stride * 8);
        int16_t *sums = carve(a, ps->chunk * back * 2 + SLACK);
        if (ps->own && a->at) {
            ps->own[i].scratch = mine;
            ps->own[i].sign = sign;
            ps->own[i].mask = mask;
            ps->own[i].back = sums;
        }
    }
}

static int open_propagation(propagation_space *ps, const workspace *ws, const fbb_layer *layers, int64_t n_layers,
                            int team)
{
    arena a = {NULL, 0};
    memset(ps, 0, sizeof *ps);
    lay_out_propagation(ps, &a, ws, layers, n_layers, team);
    void *block = calloc(1, a.size + 64);
    if (!block)
        return -1;
    a.at = (char *)(((uintptr_t)block + 63) & ~(uintptr_t)63);
    a.size = 0;
    lay_out_propagation(ps, &a, ws, layers, n_layers, team);
    ps->block = block;
    for (int64_t i = 0; i < ps->rows; i++)
        ps->numbers[i] = (int32_t)i;
    for (int64_t l = 1; l < n_layers; l++) {
        const int64_t words = words_of(layers[l].n_units);
        for (int64_t i = 0; i < layers[l].fan_in * words; i++)
            ps->ones[l][i] = i % words == words - 1 ? tail_of(layers[l].n_units) : ~UINT64_C(0);
    }
    return 0;
}

/* Rows first .. last - 1 of W^T. */
static void transpose_weights(const fbb_layer *layer, uint64_t *upward, int64_t first, int64_t last)
{
    const int64_t words = words_of(layer->n_units), in_words = layer->in_words;
    for (int64_t block = first / 64; block * 64 < last; block++)
        for (int64_t w = 0; w < words; w++) {
            uint64_t square[64];
            for (int64_t k = 0; k < 64; k++)
                square[k] = 64 * w + k < layer->n_units ? layer->sign[(64 * w + k) * in_words + block] : 0;
            transpose_bits(square);
            for (int64_t d = 64 * block > first ? 64 * block : first; d < last && d < 64 * block + 64; d++)
                upward[d * words + w] = square[d - 64 * block];
        }
}

/* Which of n rows trigger: the label's score leads the best other by less than the margin. Returns how many are right. */
static int64_t find_unsure(const int16_t *y, int64_t y_stride, int64_t n, int64_t n_classes, const int32_t *labels,
                           int64_t margin, uint8_t *triggered)
{
    int64_t n_right = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t best = INT32_MIN, winner = 0, top = INT32_MIN;
        for (int32_t c = 0; c < n_classes; c++) {
            const int32_t score = y[c * y_stride + i];
            if (score > top)
                top = score, winner = c;
            if (c != labels[i] && score > best)
                best = score;
        }
        n_right += winner == labels[i];
        triggered[i] = y[labels[i] * y_stride + i] - best < margin;
    }
    return n_right;
}

/* Rows begin .. end - 1, at most a chunk: all layers forward, who triggers, targets backwards, choices. */
static void propagate_rows(const fbb_layer *layers, const workspace *ws, const propagation_space *ps, int member,
                           int64_t begin, int64_t end, int64_t *n_right)
{
    const private_space *own = ws->own + member;
    const int64_t n = end - begin, stride = ws->bit_stride, last = ps->n_layers - 1;
    for (int64_t l = 0; l <= last; l++) {
        const fbb_layer *layer = layers + l;
        int16_t *z = ps->z[l] + begin * ps->z_stride[l];
        const bit_rows out = {ps->activations[l + 1].sign + begin * stride, NULL};
        const planes input = {ps->activations[l].sign + begin * stride, NULL, n, stride};
        const planes weight = {layer->sign, NULL, layer->n_units, layer->in_words};
        product_rows(input, weight, layer->fan_in, z, ps->z_stride[l], own->scratch);
        signs_of(z, ps->z_stride[l], n, 0, layer->n_units, out, stride);
    }
    const planes classifier = {layers[last].p_sign, NULL, layers[last].n_classes, words_of(layers[last].n_units)};
    const planes activations = {ps->activations[last + 1].sign + begin * stride, NULL, n, stride};
    product_rows(classifier, activations, layers[last].n_units, own->y, ws->y_stride, own->scratch);
    *n_right += find_unsure(own->y, ws->y_stride, n, layers[last].n_classes, ps->labels + begin, layers[last].margin,
                            ps->triggered + begin);
    const int64_t n_triggered = list_triggered(ps->triggered, begin, end, own->rows);
    for (int64_t l = last; l >= 0; l--) {
        const fbb_layer *layer = layers + l;
        const int64_t words = words_of(layer->n_units);
        if (l == last)
            for (int64_t t = 0; t < n_triggered; t++)
                memcpy(ps->desired[l] + own->rows[t] * words, layer->p_sign + ps->labels[own->rows[t]] * words,
                       (size_t)words * 8);
        else if (n_triggered) { /* from the targets of the layer above */
            const fbb_layer *above = layers + l + 1;
            const int64_t above_words = words_of(above->n_units), back_stride = whole(layer->n_units, 64);
            uint64_t *sign = ps->own[member].sign, *mask = ps->own[member].mask;
            const int16_t gate = (int16_t)layers[l + 1].gate;
            for (int64_t t = 0; t < n_triggered; t++) {
                const int16_t *z = ps->z[l + 1] + own->rows[t] * ps->z_stride[l + 1];
                const uint64_t *wanted = ps->desired[l + 1] + own->rows[t] * above_words;
                for (int64_t w = 0; w < above_words; w++) {
                    int16_t room[64]; /* how far within the gate */
                    uint64_t shut, at_edge;
                    for (int k = 0; k < 64; k++) {
                        const int16_t size = z[64 * w + k] < 0 ? -z[64 * w + k] : z[64 * w + k];
                        room[k] = (int16_t)(gate - size);
                    }
                    sign_word16(room, &shut, &at_edge);
                    const uint64_t open = ~shut & (w == above_words - 1 ? tail_of(above->n_units) : ~UINT64_C(0));
                    mask[t * stride + w] = open;
                    sign[t * stride + w] = wanted[w] & open;
                }
            }
            const planes targets = {sign, mask, n_triggered, stride};
            const planes upward = {ps->upward[l + 1], ps->ones[l + 1], layer->n_units, above_words};
            product_rows(targets, upward, above->n_units, ps->own[member].back, back_stride, ps->own[member].scratch);
            for (int64_t t = 0; t < n_triggered; t++) {
                const bit_rows target = {ps->desired[l] + own->rows[t] * words, NULL};
                signs_of(ps->own[member].back + t * back_stride, back_stride, 1, 0, layer->n_units, target, words);
            }
        }
        for (int64_t t = 0; t < n_triggered; t++) {
            const int64_t row = own->rows[t], n_groups = layer->n_units / layer->group_size;
            const bit_rows mine = {ps->activations[l + 1].sign + row * stride, NULL};
            const bit_rows desired = {ps->desired[l] + row * words, NULL};
            wrong_bits(words, mine, desired, own->wrong);
            choose_units(layer, 0, n_groups, ps->z[l] + row * ps->z_stride[l], own->wrong, 0, NULL,
                         ps->chosen[l] + row * n_groups);
        }
    }
}

typedef struct {
    training base;
    propagation_space ps;
    int64_t n_right[FBB_MAX_THREADS];
} propagation;

static void propagate_member(void *job_, team *all, int member)
{
    propagation *job = job_;
    const training *base = &job->base;
    const workspace *ws = &base->ws;
    propagation_space *ps = &job->ps;
    const int size = atomic_load_explicit(&all->size, memory_order_relaxed);
    const int64_t words = base->layers[0].in_words;
    uint64_t step = base->batches.first_step;
    int64_t n_right = 0;
    for (int64_t first = 0; first < base->batches.n; first += base->batches.batch_size, step++) {
        const int64_t n =
            base->batches.n - first < base->batches.batch_size ? base->batches.n - first : base->batches.batch_size;
        const int64_t begin = share(n, member, size), end = share(n, member + 1, size);
        for (int64_t l = 1; l < base->n_layers; l++) {
            const int64_t fan_in = base->layers[l].fan_in;
            transpose_weights(base->layers + l, ps->upward[l], share(fan_in, member, size),
                              share(fan_in, member + 1, size));
        }
        barrier(all);
        for (int64_t i = begin; i < end; i++) {
            const int64_t row = base->batches.order[first + i];
            memcpy(ps->activations[0].sign + i * ws->bit_stride, base->batches.x + row * words, (size_t)words * 8);
            ps->labels[i] = base->batches.y[row];
        }
        for (int64_t i = begin; i < end; i += ps->chunk)
            propagate_rows(base->layers, ws, ps, member, i, i + ps->chunk < end ? i + ps->chunk : end, &n_right);
        barrier(all);
        for (int64_t l = 0; l < base->n_layers; l++) {
            const fbb_layer *layer = base->layers + l;
            const turn now = {
                .layer = layer,
                .in = ps->activations[l],
                .out = ps->activations[l + 1],
                .in_stride = ws->bit_stride,
                .desired = {ps->desired[l], NULL},
                .labels = ps->numbers,
                .triggered = ps->triggered,
                .chosen = ps->chosen[l],
                .chosen_stride = layer->n_units / layer->group_size,
                .n = n,
            };
            correct_units(&now, ws->own + member, share(layer->n_units, member, size),
                          share(layer->n_units, member + 1, size), step);
        }
        barrier(all); /* all layers are needed next */
    }
    job->n_right[member] = n_right;
}

static int prepare_propagation(void *job_, int size)
{
    propagation *job = job_;
    training *base = &job->base;
    const int64_t rows = base->batches.batch_size < base->batches.n ? base->batches.batch_size : base->batches.n;
    if (open_workspace(&base->ws, base->layers, base->n_layers, rows, size, BY_ROWS))
        return -1;
    if (open_propagation(&job->ps, &base->ws, base->layers, base->n_layers, size)) {
        free(base->ws.block);
        return -1;
    }
    return 0;
}

static int64_t propagate(fbb_layer *layers, int64_t n_layers, const fbb_batches *batches, int n_threads)
{
    propagation job = {.base = {.layers = layers, .n_layers = n_layers, .batches = *batches}};
    int64_t n_right = 0;
    if (n_layers > FBB_MAX_LAYERS)
        return -2;
    for (int64_t l = 0; l < n_layers; l++)
        if (layers[l].committee || layers[l].mask || layers[l].classifier)
            return -2;
    if (run_team(propagate_member, prepare_propagation, &job, n_threads))
        return -1;
    for (int i = 0; i < n_threads; i++)
        n_right += job.n_right[i];
    free(job.ps.block);
    free(job.base.ws.block);
    return n_right;
}
