/* An integer averaged perceptron with margin on bits: a row's own bits and those of fixed units. The weights of a
   class are int8; rows are taken one by one. reference.py has the readable form. */

#define BLOCK 64 /* rows whose units are computed at a time: a word has a bit of each */

/* The majority of an odd number of bits, in 64 rows at once. A wire names a column. */
static INLINE uint64_t majority_of(const uint32_t *wires, const int fan_in, const uint64_t *columns)
{
#define WIRE(i) columns[wires[i]]
    if (fan_in == 1)
        return WIRE(0);
    if (fan_in <= 5) {
        const uint64_t a = WIRE(0), b = WIRE(1), c = WIRE(2), two = (a & b) | ((a | b) & c);
        if (fan_in == 3)
            return two;
        const uint64_t one = a ^ b ^ c, d = WIRE(3), e = WIRE(4);
        return (two & (one | d | e)) | (one & d & e);
    }
    uint64_t planes[4] = {0}; /* vertical counters, of at most 15 */
    for (int i = 0; i < fan_in; i++) {
        uint64_t carry = WIRE(i);
        for (int p = 0; p < 4; p++) {
            const uint64_t both = planes[p] & carry;
            planes[p] ^= carry;
            carry = both;
        }
    }
    uint64_t more = 0, equal = ~UINT64_C(0); /* is the count above fan_in / 2? */
    for (int p = 3; p >= 0; p--) {
        const uint64_t bit = (fan_in / 2 >> p) & 1 ? ~UINT64_C(0) : 0;
        more |= equal & planes[p] & ~bit;
        equal &= ~(planes[p] ^ bit);
    }
    return more;
#undef WIRE
}

/* The bits of some units, turned: a word of rows for each. The first n_pairs are pairs, which are 1 where their first two
   wires agree. fan_in is known where this is inlined. */
static INLINE void units_of(const uint32_t *wires, const int fan_in, int64_t n_pairs, int64_t n_units,
                            const uint64_t *columns, uint64_t *out)
{
    int64_t u = 0;
    for (; u < n_pairs && u < n_units; u++)
        out[u] = ~(columns[wires[u * fan_in]] ^ columns[wires[u * fan_in + 1]]);
    for (; u < n_units; u++)
        out[u] = majority_of(wires + u * fan_in, fan_in, columns);
}

/* The bits that the perceptron reads of n <= BLOCK rows: features (BLOCK, words), each a row's input words, then its
   units'. columns: room for 2 * 64 * in_words words, every input's bits in all rows, and the same negated. */
static void read_rows(const fbb_perceptron *p, const uint64_t *x, const int64_t *order, int64_t n, uint64_t *columns,
                      uint64_t *features)
{
    const int64_t words = p->in_words + words_of(p->n_units);
    uint64_t turned[BLOCK];
    for (int64_t i = 0; i < n; i++)
        memcpy(features + i * words, x + (order ? order[i] : i) * p->in_words, (size_t)p->in_words * 8);
    if (!p->n_units)
        return;
    for (int64_t w = 0; w < p->in_words; w++) {
        for (int64_t i = 0; i < BLOCK; i++)
            turned[i] = i < n ? features[i * words + w] : 0;
        transpose_bits(turned);
        for (int64_t i = 0; i < BLOCK; i++) {
            columns[2 * (64 * w + i)] = turned[i];
            columns[2 * (64 * w + i) + 1] = ~turned[i];
        }
    }
    for (int64_t first = 0; first < p->n_units; first += 64) {
        const int64_t here = p->n_units - first < 64 ? p->n_units - first : 64;
        const uint32_t *wires = p->wires + first * p->fan_in;
        memset(turned, 0, sizeof turned);
        if (p->fan_in == 3)
            units_of(wires, 3, p->n_pairs - first, here, columns, turned);
        else if (p->fan_in == 5)
            units_of(wires, 5, p->n_pairs - first, here, columns, turned);
        else
            units_of(wires, (int)p->fan_in, p->n_pairs - first, here, columns, turned);
        transpose_bits(turned);
        for (int64_t i = 0; i < n; i++)
            features[i * words + p->in_words + first / 64] = turned[i];
    }
}

#ifndef PATH_SUMS_BYTES
/* A row's bits as bytes: 0 where a bit is 1, -1 where it is 0. */
static void spread_row(const uint64_t *bits, int64_t words, int8_t *spread)
{
    for (int64_t w = 0; w < words; w++)
        for (int b = 0; b < 64; b++)
            spread[64 * w + b] = (int8_t)((int)((bits[w] >> b) & 1) - 1);
}

/* The sum of 64 * words weights of -127 .. 127, each negated where its bit is 0. */
static int64_t signed_sum(const int8_t *weights, const uint64_t *bits, const int8_t *spread, int64_t words)
{
    int64_t total = 0;
    (void)bits;
    for (int64_t first = 0; first < words; first += 256) { /* as many as fit in int16 */
        const int64_t last = first + 256 < words ? first + 256 : words;
        int16_t sums[64] = {0};
        for (int64_t w = first; w < last; w++)
            for (int b = 0; b < 64; b++) {
                const int8_t below = spread[64 * w + b];
                sums[b] = (int16_t)(sums[b] + (int8_t)((weights[64 * w + b] ^ below) - below));
            }
        for (int b = 0; b < 64; b++)
            total += sums[b];
    }
    return total;
}

/* The same of sums of weights. */
static int64_t signed_sum16(const int16_t *sums, const uint64_t *bits, const int8_t *spread, int64_t words)
{
    int64_t total = 0;
    int32_t parts[64] = {0}; /* of at most 65 535 words */
    (void)bits;
    for (int64_t w = 0; w < words; w++)
        for (int b = 0; b < 64; b++) {
            const int8_t below = spread[64 * w + b];
            parts[b] += (int16_t)((sums[64 * w + b] ^ below) - below);
        }
    for (int b = 0; b < 64; b++)
        total += parts[b];
    return total;
}

/* Moves 64 weights by 1 towards the bits (or away from them), within +-bound, where valid. */
static INLINE void move_word(int8_t *weights, uint64_t up, uint64_t valid, int bound)
{
    for (int b = 0; b < 64; b++) {
        const int v = weights[b] + ((valid >> b) & 1 ? ((up >> b) & 1 ? 1 : -1) : 0);
        weights[b] = (int8_t)(v > bound ? bound : v < -bound ? -bound : v);
    }
}
#endif

/* Moves the weights of a class towards a row's bits, or away from them. */
static void move_weights(const fbb_perceptron *p, int64_t class_, const uint64_t *bits, int away)
{
    const int64_t in_words = p->in_words, unit_words = words_of(p->n_units), words = in_words + unit_words;
    int8_t *weights = p->weights + class_ * 64 * words;
    for (int64_t w = 0; w < words; w++) {
        const uint64_t valid = w == in_words - 1 ? tail_of(p->n_inputs)
                               : w == words - 1  ? tail_of(p->n_units)
                                                 : ~UINT64_C(0);
        move_word(weights + 64 * w, bits[w] ^ -(uint64_t)away, valid, (int)p->bound);
    }
}

static void add_weights(int16_t *restrict sums, const int8_t *restrict weights, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        sums[k] = (int16_t)(sums[k] + weights[k]);
}

/* Trains on rows order[0..n), the first of which has number `first` among all that were presented; returns how many were
   right before they were learnt from, or -1: no memory. */
static int64_t train_perceptron(const fbb_perceptron *p, const uint64_t *x, const int32_t *y, const int64_t *order,
                                int64_t n, int64_t margin, int64_t first, int64_t every)
{
    const int64_t words = p->in_words + words_of(p->n_units), n_classes = p->n_classes;
    uint64_t *columns = malloc((size_t)(2 * 64 * p->in_words + BLOCK * words + n_classes) * 8 + (size_t)(64 * words));
    if (!columns)
        return -1;
    uint64_t *features = columns + 2 * 64 * p->in_words;
    int64_t *scores = (int64_t *)(features + BLOCK * words), n_right = 0;
    int8_t *spread = (int8_t *)(scores + n_classes);
    for (int64_t block = 0; block < n; block += BLOCK) {
        const int64_t here = n - block < BLOCK ? n - block : BLOCK;
        read_rows(p, x, order + block, here, columns, features);
        for (int64_t i = 0; i < here; i++) {
            const uint64_t *bits = features + i * words;
            const int64_t label = y[order[block + i]];
            int64_t rival = label ? 0 : 1;
            spread_row(bits, words, spread);
            for (int64_t c = 0; c < n_classes; c++)
                scores[c] = signed_sum(p->weights + c * 64 * words, bits, spread, words);
            for (int64_t c = rival + 1; c < n_classes; c++)
                rival = c != label && scores[c] > scores[rival] ? c : rival;
            const int64_t lead = scores[label] - scores[rival];
            n_right += lead > 0 || (lead == 0 && label < rival);
            if (lead <= margin) {
                move_weights(p, label, bits, 0);
                move_weights(p, rival, bits, 1);
            }
            if (every && (first + block + i + 1) % every == 0)
                add_weights(p->sums, p->weights, n_classes * 64 * words);
        }
    }
    free(columns);
    return n_right;
}

/* Scores (n, n_classes) of the summed weights. Returns 0, or -1: no memory. */
static int perceptron_scores(const fbb_perceptron *p, const uint64_t *x, int64_t n, int64_t *out)
{
    const int64_t words = p->in_words + words_of(p->n_units), n_classes = p->n_classes;
    uint64_t *columns = malloc((size_t)(2 * 64 * p->in_words + BLOCK * words) * 8 + (size_t)(64 * words));
    if (!columns)
        return -1;
    uint64_t *features = columns + 2 * 64 * p->in_words;
    int8_t *spread = (int8_t *)(features + BLOCK * words);
    for (int64_t block = 0; block < n; block += BLOCK) {
        const int64_t here = n - block < BLOCK ? n - block : BLOCK;
        read_rows(p, x + block * p->in_words, NULL, here, columns, features);
        for (int64_t i = 0; i < here; i++) {
            const uint64_t *bits = features + i * words;
            spread_row(bits, words, spread);
            for (int64_t c = 0; c < n_classes; c++)
                out[(block + i) * n_classes + c] = signed_sum16(p->sums + c * 64 * words, bits, spread, words);
        }
    }
    free(columns);
    return 0;
}
