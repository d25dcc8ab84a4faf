/* The activations of a layer; what its classifier says of them is added to the scores, where it is asked. */
static void fbb_read_layer(int32_t l, const uint32_t *x, const uint32_t *x_mask, uint32_t *out, uint32_t *out_mask,
                           int32_t *scores)
{
    const fbb_layer *layer = fbb_layers + l;
    fbb_activate(layer, x, x_mask, out, out_mask, 0);
    if (!layer->is_read)
        return;
    if (layer->n_read < layer->n_units) {
        uint32_t read[FBB_MOST_WORDS], read_mask[FBB_MOST_WORDS];
        fbb_majorities(layer, out, out_mask, read, FBB_ZEROS ? read_mask : 0);
        fbb_add_scores(layer, read, FBB_ZEROS ? read_mask : 0, scores);
    } else
        fbb_add_scores(layer, out, out_mask, scores);
}
