/* What a row corrects: every layer that its own classifier has wrong, or right by less than its margin. Returns whether
   the last one has it right. */
static int32_t fbb_look_at(int32_t r, const uint32_t *row, int32_t label)
{
    const uint32_t *x = row, *x_mask = 0;
    int32_t l, c, right = 0;
    for (l = 0; l < FBB_LAYERS; l++) {
        static int16_t z[FBB_MOST_UNITS];
        const fbb_layer *layer = fbb_layers + l;
        const int32_t words = fbb_words(layer->n_read);
        uint32_t *out = fbb_batch.bits[r] + fbb_trained[l].first_word;
        uint32_t *out_mask = FBB_ZEROS ? fbb_batch.masks[r] + fbb_trained[l].first_word : 0;
        uint32_t majorities[FBB_MOST_WORDS], majority_masks[FBB_MOST_WORDS];
        const uint32_t *read = out, *read_mask = out_mask;
        int32_t scores[FBB_CLASSES], best = 0, second = INT32_MIN;
        fbb_activate(layer, x, x_mask, out, out_mask, z);
        if (layer->n_read < layer->n_units) {
            fbb_majorities(layer, out, out_mask, majorities, FBB_ZEROS ? majority_masks : 0);
            read = majorities;
            read_mask = FBB_ZEROS ? majority_masks : 0;
        }
        for (c = 0; c < FBB_CLASSES; c++)
            scores[c] = 0;
        fbb_add_scores(layer, read, read_mask, scores);
        for (c = 1; c < FBB_CLASSES; c++)
            if (scores[c] > scores[best]) {
                second = scores[best];
                best = c;
            } else if (scores[c] > second)
                second = scores[c];
        right = best == label;
        if (!right || scores[best] - second < fbb_trained[l].margin) {
            fbb_batch.triggered[l] = 1;
            fbb_choose(l, r, z, layer->p_sign + label * words, layer->p_mask ? layer->p_mask + label * words : 0, read,
                       read_mask);
        }
        x = out;
        x_mask = out_mask;
    }
    return right;
}
