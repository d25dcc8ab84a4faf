/* The scores of the classes on a packed row of FBB_INPUTS bits: 1 is +1, bit i is bit i % 32 of word i / 32, and bits
   past the last are 0. */
static void fbb_scores(const uint32_t *row, int32_t *scores)
{
    uint32_t bits[2][FBB_MOST_WORDS], masks[2][FBB_MOST_WORDS];
    const uint32_t *x = row, *x_mask = 0;
    int32_t l, c;
    for (c = 0; c < FBB_CLASSES; c++)
        scores[c] = 0;
    for (l = 0; l < FBB_LAYERS; l++) {
        const fbb_layer *layer = fbb_layers + l;
        uint32_t *out = bits[l % 2], *out_mask = FBB_ZEROS ? masks[l % 2] : 0;
#if FBB_READS_SUMS
        int16_t z[FBB_MOST_UNITS];
        fbb_activate(layer, x, x_mask, out, out_mask, z);
        if (l == FBB_LAYERS - 1)
            fbb_add_scores_of_sums(layer, z, scores);
#else
        fbb_activate(layer, x, x_mask, out, out_mask, 0);
        if (FBB_READS_ALL || l == FBB_LAYERS - 1) {
            if (layer->n_read < layer->n_units) {
                uint32_t read[FBB_MOST_WORDS], read_mask[FBB_MOST_WORDS];
                fbb_majorities(layer, out, out_mask, read, FBB_ZEROS ? read_mask : 0);
                fbb_add_scores(layer, read, FBB_ZEROS ? read_mask : 0, scores);
            } else
                fbb_add_scores(layer, out, out_mask, scores);
        }
#endif
        x = out;
        x_mask = out_mask;
    }
}
