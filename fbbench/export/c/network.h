/* The scores of the classes on a packed row of FBB_INPUTS bits: 1 is +1, bit i is bit i % 32 of word i / 32, and bits
   past the last are 0. */
static inline void fbb_scores(const uint32_t *row, int32_t *scores)
{
    uint32_t bits[2][FBB_MOST_WORDS], masks[2][FBB_MOST_WORDS];
    const uint32_t *x = row, *x_mask = 0;
    int32_t l, c;
    for (c = 0; c < FBB_CLASSES; c++)
        scores[c] = 0;
    for (l = 0; l < FBB_LAYERS; l++) {
        uint32_t *out = bits[l % 2], *out_mask = FBB_ZEROS ? masks[l % 2] : 0;
        fbb_read_layer(l, x, x_mask, out, out_mask, scores);
        x = out;
        x_mask = out_mask;
    }
}
