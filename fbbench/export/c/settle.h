/* Of a mini-batch, for every row and the units of all layers: activations, whether one is corrected, and to where. */
static struct {
    uint32_t bits[FBB_BATCH][FBB_ALL_WORDS], masks[FBB_ZEROS ? FBB_BATCH : 1][FBB_ALL_WORDS];
    uint32_t chosen[FBB_BATCH][FBB_ALL_WORDS], wanted[FBB_BATCH][FBB_ALL_WORDS];
    const uint32_t *towards[FBB_BATCH], *masked[FBB_BATCH]; /* what moves one unit: rows, negated where that is set */
    uint8_t negated[FBB_BATCH], triggered[FBB_LAYERS];
} fbb_batch;

static int32_t fbb_bit(const uint32_t *bits, int32_t at) { return (int32_t)((bits[at / 32] >> (at % 32)) & 1); }

/* Adds 32 bits to 32 counters, whose binary digits are words; returns how many digits there are now. */
static int32_t fbb_add_bits(uint32_t *digits, int32_t n_digits, uint32_t bits)
{
    int32_t i;
    for (i = 0; bits; i++) {
        const uint32_t before = i < n_digits ? digits[i] : 0;
        digits[i] = before ^ bits;
        bits &= before;
        n_digits = i < n_digits ? n_digits : i + 1;
    }
    return n_digits;
}

/* Adds 32 counters to n <= 32 sums, times by. */
static void fbb_add_counts(const uint32_t *digits, int32_t n_digits, int32_t *sums, int32_t n, int32_t by)
{
    int32_t i, k;
    for (k = 0; k < n_digits; k++, by *= 2) {
        uint32_t digit = digits[k];
        for (i = 0; i < n; i++, digit >>= 1)
            sums[i] += by * (int32_t)(digit & 1);
    }
}

/* Adds to n <= 32 sums, which word w of the fan-in has, twice what rows move them by. */
static void fbb_add_rows(int32_t *sums, int32_t n, int32_t w, int32_t n_rows)
{
    uint32_t up[FBB_DIGITS], down[FBB_DIGITS];
    int32_t ups = 0, downs = 0, r;
    for (r = 0; r < n_rows; r++) {
        const uint32_t bits = fbb_batch.towards[r][w] ^ (fbb_batch.negated[r] ? 0xFFFFFFFFu : 0);
        const uint32_t mask = fbb_batch.masked[r] ? fbb_batch.masked[r][w] : 0xFFFFFFFFu;
        ups = fbb_add_bits(up, ups, bits & mask);
        if (FBB_ZEROS)
            downs = fbb_add_bits(down, downs, ~bits & mask);
    }
    fbb_add_counts(up, ups, sums, n, FBB_ZEROS ? 2 : 4);
    if (FBB_ZEROS)
        fbb_add_counts(down, downs, sums, n, -2);
}

/* A hidden weight that is hit moves away from 0. */
static int32_t fbb_reinforced(int32_t h) { return h + 2 * ((h > 0) - (h < 0)); }

static int32_t fbb_clipped(int32_t h) { return h > FBB_BOUND ? FBB_BOUND : h < -FBB_BOUND ? -FBB_BOUND : h; }

/* n <= 32 hidden weights from sums, and the words of their signs and of those that are not zero. */
static void fbb_store(const int32_t *sums, int32_t n, fbb_hidden *hidden, uint32_t *signs, uint32_t *mask)
{
    uint32_t bit = 1, positive = 0, other = 0;
    for (; n; n--, sums++, bit += bit) {
        *hidden++ = (fbb_hidden)fbb_clipped(*sums);
        if (FBB_ZEROS ? *sums > 0 : *sums >= 0)
            positive |= bit;
        if (FBB_ZEROS && *sums)
            other |= bit;
    }
    *signs = positive;
    if (FBB_ZEROS)
        *mask = other;
}

/* Notes the rows that correct a unit; returns how many. */
static int32_t fbb_rows_of(int32_t l, int32_t unit, const uint32_t *rows, int32_t n)
{
    int32_t r, found = 0;
    for (r = 0; r < n; r++)
        if (fbb_bit(fbb_batch.chosen[r], unit)) {
            fbb_batch.towards[found] = l ? fbb_batch.bits[r] + fbb_trained[l - 1].first_word : rows + r * FBB_ROW_WORDS;
            fbb_batch.masked[found] = l && FBB_ZEROS ? fbb_batch.masks[r] + fbb_trained[l - 1].first_word : 0;
            fbb_batch.negated[found++] = !fbb_bit(fbb_batch.wanted[r], unit);
        }
    return found;
}

/* The hidden weights of a unit after a mini-batch of n rows: what rows move, what draws hit, within +-FBB_BOUND. */
static void fbb_settle_unit(int32_t l, int32_t k, const uint32_t *rows, int32_t n, uint64_t key)
{
    const fbb_training *training = fbb_trained + l;
    const int32_t fan_in = fbb_layers[l].fan_in, words = fbb_words(fan_in), draws = (fan_in + 63) / 64;
    const int32_t n_rows = fbb_rows_of(l, 32 * training->first_word + k, rows, n);
    fbb_hidden *hidden = training->hidden + k * fan_in;
    int32_t w, i;
    for (w = 0; w < draws; w++, hidden += 64) {
        const uint64_t draw = fbb_mixed(key + FBB_GOLDEN * ((uint64_t)k * (uint64_t)draws + (uint64_t)w + 1));
        const int32_t hits = fbb_hits(draw, training->cuts), here = fan_in - 64 * w < 64 ? fan_in - 64 * w : 64;
        int32_t sums[64];
        uint8_t at[64];
        if (hits)
            fbb_positions(draw, hits, at);
        if (!n_rows) { /* signs stay */
            for (i = 0; i < hits; i++)
                if (at[i] < here)
                    hidden[at[i]] = (fbb_hidden)fbb_clipped(fbb_reinforced(hidden[at[i]]));
            continue;
        }
        for (i = 0; i < here; i++)
            sums[i] = hidden[i] - (FBB_ZEROS ? 0 : 2 * n_rows);
        for (i = 0; i < here; i += 32)
            fbb_add_rows(sums + i, here - i < 32 ? here - i : 32, 2 * w + i / 32, n_rows);
        for (i = 0; i < hits; i++)
            if (at[i] < here)
                sums[at[i]] = fbb_reinforced(sums[at[i]]);
        for (i = 0; i < here; i += 32) {
            const int32_t word = k * words + 2 * w + i / 32;
            fbb_store(sums + i, here - i < 32 ? here - i : 32, hidden + i, training->sign + word,
                      FBB_ZEROS ? training->mask + word : 0);
        }
    }
}
