/* An integer averaged perceptron with margin on bits: a row's own bits and those of fixed units. The weights of a
   class are int8; rows are taken one by one. reference.py has the readable form. */

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

typedef int8_t sixteen __attribute__((vector_size(16)));
typedef uint8_t sixteen_unsigned __attribute__((vector_size(16))); /* may wrap where what comes out is not used */

/* Sixteen bits as bytes, -1 where a bit is 1. */
static INLINE sixteen bytes_of_bits(uint64_t bits)
{
    const uint64_t halves[2] = {bits_as_bytes(bits), bits_as_bytes(bits >> 8)};
    sixteen bytes;
    memcpy(&bytes, halves, sizeof bytes);
    return -bytes;
}

/* Moves 64 weights, which lie within +-bound, by a step towards the bits (or away from them), within it, where valid. */
static INLINE void move_word(int8_t *weights, uint64_t up, uint64_t valid, int step, int bound)
{
    const sixteen none = {0}, most = none + (int8_t)bound, least = none - (int8_t)bound;
    for (int b = 0; b < 64; b += 16) {
        sixteen old;
        memcpy(&old, weights + b, sizeof old);
        const sixteen chosen = bytes_of_bits(up >> b);
        const sixteen full = old > most - (int8_t)step, empty = old < least + (int8_t)step;
        const sixteen up_by = (sixteen)((sixteen_unsigned)old + (uint8_t)step);
        const sixteen down_by = (sixteen)((sixteen_unsigned)old - (uint8_t)step);
        const sixteen more = (full & most) | (~full & up_by), less = (empty & least) | (~empty & down_by);
        sixteen to = (chosen & more) | (~chosen & less);
        if (~valid) { /* a last word */
            const sixteen here = bytes_of_bits(valid >> b);
            to = (here & to) | (~here & old);
        }
        memcpy(weights + b, &to, sizeof to);
    }
}
#endif

/* Moves the weights of a class towards a row's bits, or away from them. */
static void move_weights(const fbb_perceptron *p, int64_t class_, const uint64_t *bits, int away)
{
    const int64_t words = words_read(&p->units);
    int8_t *weights = p->weights + class_ * 64 * words;
    for (int64_t w = 0; w < words; w++)
        move_word(weights + 64 * w, bits[w] ^ -(uint64_t)away, valid_of(&p->units, w), 1, (int)p->bound);
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
    const int64_t in_words = p->units.in_words, words = words_read(&p->units), n_classes = p->n_classes;
    uint64_t *columns = malloc((size_t)(2 * 64 * in_words + BLOCK * words + n_classes) * 8 + (size_t)(64 * words));
    if (!columns)
        return -1;
    uint64_t *features = columns + 2 * 64 * in_words;
    int64_t *scores = (int64_t *)(features + BLOCK * words), n_right = 0;
    int8_t *spread = (int8_t *)(scores + n_classes);
    for (int64_t block = 0; block < n; block += BLOCK) {
        const int64_t here = n - block < BLOCK ? n - block : BLOCK;
        read_rows(&p->units, x, order + block, here, columns, features);
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
    const int64_t in_words = p->units.in_words, words = words_read(&p->units), n_classes = p->n_classes;
    uint64_t *columns = malloc((size_t)(2 * 64 * in_words + BLOCK * words) * 8 + (size_t)(64 * words));
    if (!columns)
        return -1;
    uint64_t *features = columns + 2 * 64 * in_words;
    int8_t *spread = (int8_t *)(features + BLOCK * words);
    for (int64_t block = 0; block < n; block += BLOCK) {
        const int64_t here = n - block < BLOCK ? n - block : BLOCK;
        read_rows(&p->units, x + block * in_words, NULL, here, columns, features);
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
