/* Units learn from a mini-batch: choices are sorted by unit, each unit is updated once and then reinforced. */

/* Sorts the choices of units begin .. end - 1 by unit, rows in order, and lists the units that were chosen; returns their
   number, or -1 if no row triggered. */
static int64_t sort_choices(const turn *now, const private_space *own, int64_t begin, int64_t end)
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
static void correct_units(const turn *now, const private_space *own, int64_t begin, int64_t end, uint64_t step)
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
static void correct_classes(const turn *now, const workspace *ws, const private_space *own, const member_view *here,
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
