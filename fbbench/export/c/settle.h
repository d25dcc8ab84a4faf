/* Of a mini-batch, for every row and the units of all layers: activations, whether one is corrected, and to where. */
static struct {
    uint32_t bits[FBB_BATCH][FBB_ALL_WORDS], masks[FBB_ZEROS ? FBB_BATCH : 1][FBB_ALL_WORDS];
    uint32_t chosen[FBB_BATCH][FBB_ALL_WORDS], wanted[FBB_BATCH][FBB_ALL_WORDS];
    uint8_t triggered[FBB_LAYERS];
} fbb_batch;

static int32_t fbb_bit(const uint32_t *bits, int32_t at) { return (int32_t)((bits[at / 32] >> (at % 32)) & 1); }

/* Adds twice a row, or takes it off, to sums. */
static void fbb_move(fbb_sum *sums, const uint32_t *x, const uint32_t *x_mask, int32_t n, fbb_sum by)
{
    int32_t d;
    for (d = 0; d < n; d++)
        if (!x_mask || fbb_bit(x_mask, d))
            sums[d] = (fbb_sum)(fbb_bit(x, d) ? sums[d] + by : sums[d] - by);
}

/* A hidden weight that is hit moves away from 0. */
static fbb_sum fbb_reinforced(fbb_sum h) { return (fbb_sum)(h + 2 * ((h > 0) - (h < 0))); }

static fbb_sum fbb_clipped(fbb_sum h) { return h > FBB_BOUND ? FBB_BOUND : h < -FBB_BOUND ? -FBB_BOUND : h; }

/* The hidden weights of a unit after a mini-batch of n rows: what rows move, what draws hit, within +-FBB_BOUND. */
static void fbb_settle_unit(int32_t l, int32_t k, const uint32_t *rows, int32_t n, uint64_t key)
{
    static fbb_sum sums[FBB_MOST_FAN_IN];
    const fbb_training *training = fbb_trained + l;
    const int32_t fan_in = fbb_layers[l].fan_in, words = fbb_words(fan_in), draws = (fan_in + 63) / 64;
    const int32_t unit = 32 * training->first_word + k;
    fbb_hidden *hidden = training->hidden + (int32_t)k * fan_in;
    int32_t r, d, w, i, moved = 0;
    for (r = 0; r < n; r++)
        if (fbb_bit(fbb_batch.chosen[r], unit)) {
            const uint32_t *x = l ? fbb_batch.bits[r] + fbb_trained[l - 1].first_word : rows + r * FBB_ROW_WORDS;
            const uint32_t *x_mask = l && FBB_ZEROS ? fbb_batch.masks[r] + fbb_trained[l - 1].first_word : 0;
            for (d = 0; !moved && d < fan_in; d++)
                sums[d] = hidden[d];
            moved = 1;
            fbb_move(sums, x, x_mask, fan_in, fbb_bit(fbb_batch.wanted[r], unit) ? 2 : -2);
        }
    for (w = 0; w < draws; w++) {
        const uint64_t draw = fbb_mixed(key + FBB_GOLDEN * ((uint64_t)k * (uint64_t)draws + (uint64_t)w + 1));
        const int32_t hits = fbb_hits(draw, training->cuts);
        uint8_t at[64];
        if (!hits)
            continue;
        fbb_positions(draw, hits, at);
        for (i = 0; i < hits; i++)
            if ((d = 64 * w + at[i]) < fan_in) {
                if (moved)
                    sums[d] = fbb_reinforced(sums[d]);
                else
                    hidden[d] = (fbb_hidden)fbb_clipped(fbb_reinforced(hidden[d])); /* its sign stays */
            }
    }
    if (!moved)
        return;
    fbb_clear(training->sign + k * words, FBB_ZEROS ? training->mask + k * words : 0, fan_in);
    for (d = 0; d < fan_in; d++) {
        hidden[d] = (fbb_hidden)fbb_clipped(sums[d]);
        fbb_put(training->sign + k * words, FBB_ZEROS ? training->mask + k * words : 0, d, sums[d]);
    }
}

/* In every group the wrong unit with the smallest |z|, the first of equals, is to be corrected. A unit is wrong that is
   not what is wanted of it; in a committee, of what the group's majority is wanted to be, and is not. */
static void fbb_choose(int32_t l, int32_t r, const int16_t *z, const uint32_t *wanted, const uint32_t *wanted_mask,
                       const uint32_t *read, const uint32_t *read_mask)
{
    const fbb_layer *layer = fbb_layers + l;
    const int32_t first = 32 * fbb_trained[l].first_word, group = fbb_trained[l].group_size;
    const int32_t committee = layer->n_read < layer->n_units;
    int32_t from, k;
    for (from = 0; from < layer->n_units; from += group) {
        int32_t best = -1, least = INT32_MAX;
        for (k = from; k < from + group; k++) {
            const int32_t of = committee ? from / group : k, size = z[k] < 0 ? -z[k] : z[k];
            if (size >= least || (wanted_mask && !fbb_bit(wanted_mask, of)))
                continue;
            if (committee && ((read_mask && !fbb_bit(read_mask, of)) || fbb_bit(read, of) == fbb_bit(wanted, of)))
                continue;
            if ((FBB_ZEROS && !z[k]) || fbb_bit(fbb_batch.bits[r], first + k) == fbb_bit(wanted, of))
                continue;
            best = k;
            least = size;
        }
        if (best >= 0) {
            const int32_t at = first + best;
            fbb_batch.chosen[r][at / 32] |= (uint32_t)1 << (at % 32);
            if (fbb_bit(wanted, committee ? from / group : best))
                fbb_batch.wanted[r][at / 32] |= (uint32_t)1 << (at % 32);
        }
    }
}
