/* A perceptron with margin whose weights are bits: the signs of hidden weights, which are odd and counted up and down by 2.
   A score is how many bits of a row agree with the weights of a class. reference.py has the readable form. */

#define MARGIN_PARTS 4 /* of a count */
#define MARGIN_DOWN 7  /* by a row that moves weights, and ... */
#define MARGIN_UP 3    /* ... by one that does not: three rows of ten move */

#ifndef PATH_COUNTS_DIFFERENCES
/* How many bits of two rows of words differ. */
static int64_t differences(const uint64_t *a, const uint64_t *b, int64_t words)
{
    int64_t total = 0;
    for (int64_t w = 0; w < words; w++)
        total += __builtin_popcountll(a[w] ^ b[w]);
    return total;
}
#endif

#ifndef PATH_MOVES_SIGNS
/* Moves 64 hidden weights by 2, see move_word; returns which are above 0. */
static INLINE uint64_t move_signs(int8_t *hidden, uint64_t up, uint64_t valid, int bound)
{
    uint64_t above = 0;
    move_word(hidden, up, valid, 2, bound);
    for (int b = 0; b < 64; b += 8) {
        uint64_t eight;
        memcpy(&eight, hidden + b, 8); /* odd: not above 0 where the sign is set */
        above |= (((~eight >> 7) & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080)) >> 56 << b;
    }
    return above & valid;
}
#endif

#ifndef PATH_ADDS_VOTES
/* Adds to the votes of 64 weights, where a bit is 1. */
static INLINE void add_votes(uint8_t *votes, uint64_t bits, int times)
{
    for (int b = 0; b < 64; b++)
        votes[b] = (uint8_t)(votes[b] + (times & -(int)((bits >> b) & 1)));
}
#endif

/* How many features agree with the weights of a class, an input counted input_weight times. */
static int64_t agreements(const fbb_sign_perceptron *p, const uint64_t *weights, const uint64_t *bits)
{
    const fbb_units *u = &p->units;
    const int64_t inputs = u->n_inputs - differences(weights, bits, u->in_words);
    const int64_t units =
        u->n_units - differences(weights + u->in_words, bits + u->in_words, words_read(u) - u->in_words);
    return p->input_weight * inputs + units;
}

/* Moves the hidden weights of a class towards a row's bits, or away from them, and sets its weights. */
static void move_class(const fbb_sign_perceptron *p, int64_t class_, const uint64_t *bits, int away)
{
    const int64_t words = words_read(&p->units);
    int8_t *hidden = p->hidden + class_ * 64 * words;
    uint64_t *sign = p->sign + class_ * words;
    for (int64_t w = 0; w < words; w++)
        sign[w] = move_signs(hidden + 64 * w, bits[w] ^ -(uint64_t)away, valid_of(&p->units, w), (int)p->bound);
}

/* Asks every weight for its vote, so many times. */
static void ask_weights(const fbb_sign_perceptron *p, int64_t times)
{
    const int64_t n = p->n_classes * words_read(&p->units);
    for (int64_t w = 0; w < n; w++)
        add_votes(p->votes + 64 * w, p->sign[w], (int)times);
}

static int64_t train_signs(const fbb_sign_perceptron *p, const uint64_t *x, const int32_t *y, const int64_t *order,
                           int64_t n, int64_t *margin, const fbb_pass *pass)
{
    const int64_t in_words = p->units.in_words, words = words_read(&p->units), n_classes = p->n_classes;
    uint64_t *columns = malloc((size_t)(2 * 64 * in_words + BLOCK * words + n_classes) * 8);
    if (!columns)
        return -1;
    uint64_t *features = columns + 2 * 64 * in_words;
    int64_t *scores = (int64_t *)(features + BLOCK * words), n_right = 0;
    for (int64_t block = 0; block < n; block += BLOCK) {
        const int64_t here = n - block < BLOCK ? n - block : BLOCK;
        read_rows(&p->units, x, order + block, here, columns, features);
        for (int64_t i = 0; i < here; i++) {
            const uint64_t *bits = features + i * words;
            const int64_t label = y[order[block + i]], before = pass->first + block + i;
            int64_t rival = label ? 0 : 1;
            for (int64_t c = 0; c < n_classes; c++)
                scores[c] = agreements(p, p->sign + c * words, bits);
            for (int64_t c = rival + 1; c < n_classes; c++)
                rival = c != label && scores[c] > scores[rival] ? c : rival;
            const int64_t lead = scores[label] - scores[rival];
            n_right += lead > 0 || (lead == 0 && label < rival);
            if (MARGIN_PARTS * lead <= *margin) {
                move_class(p, label, bits, 0);
                move_class(p, rival, bits, 1);
                *margin = *margin > MARGIN_DOWN ? *margin - MARGIN_DOWN : 0;
            } else
                *margin += MARGIN_UP;
            const int64_t asked = (before + 1) * pass->n_votes / pass->n_rows - before * pass->n_votes / pass->n_rows;
            if (asked)
                ask_weights(p, asked);
        }
    }
    free(columns);
    return n_right;
}

static int sign_scores(const fbb_sign_perceptron *p, const uint64_t *weights, int64_t n_planes, const uint64_t *x,
                       int64_t n, int64_t *out)
{
    const int64_t in_words = p->units.in_words, words = words_read(&p->units), n_classes = p->n_classes;
    uint64_t *columns = malloc((size_t)(2 * 64 * in_words + BLOCK * words) * 8);
    if (!columns)
        return -1;
    uint64_t *features = columns + 2 * 64 * in_words;
    for (int64_t block = 0; block < n; block += BLOCK) {
        const int64_t here = n - block < BLOCK ? n - block : BLOCK;
        read_rows(&p->units, x + block * in_words, NULL, here, columns, features);
        for (int64_t i = 0; i < here; i++)
            for (int64_t c = 0; c < n_classes; c++) {
                int64_t total = 0;
                for (int64_t k = 0; k < n_planes; k++)
                    total += agreements(p, weights + (k * n_classes + c) * words, features + i * words);
                out[(block + i) * n_classes + c] = total;
            }
    }
    free(columns);
    return 0;
}
