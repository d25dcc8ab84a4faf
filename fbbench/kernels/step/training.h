/* Training, layer by layer: a thread's way through all mini-batches with its slice of every layer. */

/* The units that n_triggered rows of a chunk, own->rows, choose in a slice, whose signs are `signs`. */
static void choose_for_rows(const turn *now, const slice *part, const workspace *ws, const private_space *own,
                            const member_view *here, bit_rows signs, int64_t stride, int64_t begin, int64_t n_triggered)
{
    const fbb_layer *layer = now->layer;
    const int64_t words = words_of(part->end - part->base), read_words = words_of(layer->n_read);
    const bit_rows classifier = {(uint64_t *)layer->p_sign, (uint64_t *)layer->p_mask};
    uint64_t *read_wrong = layer->committee ? own->read_wrong : NULL;
    for (int64_t t = 0; t < n_triggered; t++) {
        const int64_t row = own->rows[t], i = row - begin, label = now->labels[row];
        const bit_rows desired = at_row(now->desired, label, words_of(layer->n_units));
        wrong_bits(words, at_row(signs, i, stride), from_word(desired, part->base / 64), own->wrong);
        if (read_wrong)
            wrong_bits(read_words, at_row(own->read, i, read_words), at_row(classifier, label, read_words), read_wrong);
        choose(layer, part, ws, here, i, own->z + i * ws->z_stride, own->wrong, read_wrong,
               now->chosen + row * now->chosen_stride);
    }
}

/* Rows begin .. end - 1, at most a chunk: forward, which of them trigger, and which units they choose in a slice. */
static void present_rows(const turn *now, const slice *part, const workspace *ws, const private_space *own,
                         member_view *here, int64_t begin, int64_t end, int64_t *n_right)
{
    const fbb_layer *layer = now->layer;
    const int alone = here->size == 1, has_units = part->begin < part->end;
    const int64_t n = end - begin, read_words = words_of(layer->n_read);
    const bit_rows in = at_row(now->in, begin, now->in_stride), out = at_row(now->out, begin, ws->bit_stride);
    const shown *mine = &own->shows[here->barriers % 2];
    const bit_rows signs = alone ? out : mine->signs, read = alone ? own->read : mine->read;
    const int64_t stride = alone ? ws->bit_stride : words_of(part->end - part->base);
    if (has_units)
        activate(layer, part, ws, own, in, now->in_stride, n, signs, stride, read,
                 words_of(part->last - part->read_base));
    if (!alone) {
        if (has_units)
            show_candidates(now, part, ws, own, here, begin, end);
        barrier(here->all);
        gather_rows(layer, ws, own, here, n, out);
    }
    read_out(layer, ws, own, layer->committee ? own->read : out, layer->committee ? read_words : ws->bit_stride, n);
    *n_right += find_triggers(own->y, ws->y_stride, n, layer->n_classes, now->labels + begin, layer->margin,
                              now->triggered + begin);
    const int64_t n_triggered = list_triggered(now->triggered, begin, end, own->rows);
    if (has_units)
        choose_for_rows(now, part, ws, own, here, signs, stride, begin, n_triggered);
    for (int64_t t = 0; t < n_triggered && layer->classifier; t++) {
        const int64_t row = own->rows[t], label = now->labels[row];
        now->chosen_classes[row] = own->y[label * ws->y_stride + row - begin] < 0 ? (uint32_t)label : NOBODY;
    }
    here->barriers++;
}

typedef struct {
    fbb_layer *layers;
    int64_t n_layers;
    fbb_batches batches;
    workspace ws;
    int64_t n_right;
} training;

/* Copies a row by vectors, the last of which may overlap the one before: a call of memcpy for each costs more. */
static INLINE void copy_row(uint64_t *to, const uint64_t *from, int64_t words)
{
    lanes v;
    if (words < LANE_WORDS) {
        memcpy(to, from, (size_t)words * 8);
        return;
    }
    for (int64_t w = 0; w + LANE_WORDS <= words; w += LANE_WORDS) {
        memcpy(&v, from + w, sizeof v);
        memcpy(to + w, &v, sizeof v);
    }
    memcpy(&v, from + words - LANE_WORDS, sizeof v);
    memcpy(to + words - LANE_WORDS, &v, sizeof v);
}

/* Copies a mini-batch's rows and labels. Rows lie anywhere: those of the next mini-batch are asked for. */
static void take_rows(const training *job, const private_space *own, int64_t first, int64_t n)
{
    const int64_t words = job->layers[0].in_words, ahead = job->batches.batch_size;
    for (int64_t i = 0; i < n; i++) {
        const int64_t row = job->batches.order[first + i];
        copy_row(own->data + i * job->ws.data_stride, job->batches.x + row * words, words);
        own->labels[i] = job->batches.y[row];
        if (first + ahead + i < job->batches.n) {
            const int64_t next = job->batches.order[first + ahead + i];
            for (int64_t w = 0; w < words + PAD_WORDS - 1; w += PAD_WORDS)
                __builtin_prefetch(job->batches.x + next * words + (w < words ? w : words - 1));
            __builtin_prefetch(job->batches.y + next);
        }
    }
}

static void train_member(void *job_, team *all, int member)
{
    training *job = job_;
    const workspace *ws = &job->ws;
    const private_space *own = ws->own + member;
    member_view here = {all, member, atomic_load_explicit(&all->size, memory_order_relaxed), NULL, 0};
    uint64_t step = job->batches.first_step;
    int64_t n_right = 0, turns = 0;
    for (int64_t first = 0; first < job->batches.n; first += job->batches.batch_size, step++) {
        const int64_t n =
            job->batches.n - first < job->batches.batch_size ? job->batches.n - first : job->batches.batch_size;
        bit_rows in = {own->data, NULL}; /* data has no zeros */
        int64_t in_stride = ws->data_stride;
        take_rows(job, own, first, n);
        for (int64_t l = 0; l < job->n_layers; l++, turns++) {
            const fbb_layer *layer = job->layers + l;
            const bit_rows out = own->activations[turns % 2];
            here.slices = ws->slices + l * here.size;
            const slice part = here.slices[member];
            const turn now = {
                .layer = layer,
                .in = in,
                .out = out,
                .in_stride = in_stride,
                .desired = ws->desired[l],
                .labels = own->labels,
                .triggered = own->triggered,
                .chosen = own->chosen,
                .chosen_stride = part.last - part.first,
                .chosen_first = part.first,
                .chosen_classes = own->chosen_classes,
                .n = n,
            };
            int64_t right = 0;
            for (int64_t i = 0; i < n; i += ws->chunk)
                present_rows(&now, &part, ws, own, &here, i, i + ws->chunk < n ? i + ws->chunk : n, &right);
            n_right += l == job->n_layers - 1 ? right : 0;
            correct_units(&now, own, part.begin, part.end, step);
            if (layer->classifier) {
                barrier(all); /* until then units desire what the classifier was before the mini-batch */
                correct_classes(&now, ws, own, &here, step);
                if (job->n_layers == 1)
                    barrier(all); /* the next thing that reads it */
            }
            in = out;
            in_stride = ws->bit_stride;
        }
    }
    if (!member) /* all know the same */
        job->n_right = n_right;
}

/* Where the signs lie that units should have: in the classifier, or, in a committee, its bits spread over members. */
static void set_desired(workspace *ws, const fbb_layer *layers, int64_t n_layers)
{
    uint64_t *free_bits = ws->desired_bits;
    if (ws->no_labels)
        memset(ws->ones.sign, 0xff, (size_t)words_of(layers[0].n_classes) * 8);
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

static int prepare_training(void *job_, int size)
{
    training *job = job_;
    const int64_t rows = job->batches.batch_size < job->batches.n ? job->batches.batch_size : job->batches.n;
    if (open_workspace(&job->ws, job->layers, job->n_layers, rows, size, BY_UNITS))
        return -1;
    set_desired(&job->ws, job->layers, job->n_layers);
    return 0;
}

static int64_t train(fbb_layer *layers, int64_t n_layers, const fbb_batches *batches, int n_threads)
{
    training job = {.layers = layers, .n_layers = n_layers, .batches = *batches};
    if (run_team(train_member, prepare_training, &job, n_threads))
        return -1;
    free(job.ws.block);
    return job.n_right;
}
