/* What the threads that train a layer show each other at their meeting: the signs of their units, and what each has found
   in a group of units that it shares with others. */

typedef struct {
    team *all;
    int member, size;
    const slice *slices; /* of the layer whose turn it is, one per thread */
    int64_t barriers;
} member_view;

/* The words of a slice's rows into whole rows. Slices come in order; a word that two share begins in the first. */
static void put_words(bit_rows part, int64_t first, int64_t last, int64_t n, bit_rows whole_rows, int64_t stride)
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
static void gather_rows(const fbb_layer *layer, const workspace *ws, const private_space *own, const member_view *here,
                        int64_t n, bit_rows out)
{
    for (int m = 0; m < here->size; m++) {
        const slice part = here->slices[m];
        const shown *theirs = &ws->own[m].shows[here->barriers % 2];
        put_words(theirs->signs, part.begin, part.end, n, out, ws->bit_stride);
        if (layer->committee)
            put_words(theirs->read, part.first, part.last, n, own->read, words_of(layer->n_read));
    }
}

/* Whether a slice holds a group in part only. */
static inline int is_shared(const fbb_layer *layer, const slice *part, int64_t group)
{ return group * layer->group_size < part->begin || (group + 1) * layer->group_size > part->end; }

/* Shows the easiest wrong unit in this slice's part of a group, for every row, triggered or not. */
static void show_candidates_of(const turn *now, const slice *part, const workspace *ws, const private_space *own,
                               const shown *mine, int64_t group, int64_t begin, int64_t end, candidate *found)
{
    const fbb_layer *layer = now->layer;
    const int64_t start = group * layer->group_size, stop = start + layer->group_size;
    const int64_t low = (start > part->begin ? start : part->begin) - part->base;
    const int64_t high = (stop < part->end ? stop : part->end) - part->base;
    const int64_t first = low / 64, words = words_of(part->end - part->base), unit_words = words_of(layer->n_units);
    for (int64_t i = 0; i < end - begin; i++) {
        const int16_t *z = own->z + i * ws->z_stride + low;
        const bit_rows desired = at_row(now->desired, now->labels[begin + i], unit_words);
        wrong_bits(words_of(high) - first, from_word(at_row(mine->signs, i, words), first),
                   from_word(desired, part->base / 64 + first), own->wrong);
        const uint32_t unit = easiest(z, own->wrong, low % 64, high - low);
        found[i] = unit == NOBODY ? (candidate){NOBODY, INT32_MAX}
                                  : (candidate){(uint32_t)(part->base + low) + unit, z[unit] < 0 ? -z[unit] : z[unit]};
    }
}

/* Shows what this thread has found in the groups that it shares, its first and its last. */
static void show_candidates(const turn *now, const slice *part, const workspace *ws, const private_space *own,
                            const member_view *here, int64_t begin, int64_t end)
{
    const shown *mine = &own->shows[here->barriers % 2];
    const int64_t last = part->last - 1;
    if (is_shared(now->layer, part, part->first))
        show_candidates_of(now, part, ws, own, mine, part->first, begin, end, mine->shared[0]);
    if (last > part->first && is_shared(now->layer, part, last))
        show_candidates_of(now, part, ws, own, mine, last, begin, end, mine->shared[1]);
}

/* The unit that a shared group corrects at row i of the chunk: of all threads' candidates the easiest, the lowest index
   among equals. */
static uint32_t best_candidate(const workspace *ws, const member_view *here, int64_t group, int64_t i)
{
    candidate best = {NOBODY, INT32_MAX};
    for (int m = 0; m < here->size; m++) {
        if (group < here->slices[m].first || group >= here->slices[m].last)
            continue;
        const candidate theirs = ws->own[m].shows[here->barriers % 2].shared[group != here->slices[m].first][i];
        if (theirs.size < best.size)
            best = theirs;
    }
    return best.unit;
}

/* Fills chosen[j - first] with the unit that group j of one triggered row corrects, or NOBODY. */
static void choose(const fbb_layer *layer, const slice *part, const workspace *ws, const member_view *here, int64_t i,
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
