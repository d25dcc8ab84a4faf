/* What a row corrects, where its label leads the best other class by less than the margin: all layers, by targets that
   go backwards through the units that are near to their threshold. Returns whether it is right. */
static int32_t fbb_look_at(int32_t r, const uint32_t *row, int32_t label)
{
    static int16_t z[FBB_LAYERS][FBB_MOST_UNITS], sums[FBB_MOST_UNITS];
    const fbb_layer *last = fbb_layers + FBB_LAYERS - 1;
    const int32_t words = fbb_words(last->n_read);
    const uint32_t *x = row;
    uint32_t targets[2][FBB_MOST_WORDS];
    const uint32_t *wanted = last->p_sign + label * words;
    int32_t scores[FBB_CLASSES], l, c, k, d, best = 0, others = INT32_MIN;
    for (l = 0; l < FBB_LAYERS; l++) {
        fbb_activate(fbb_layers + l, x, 0, fbb_batch.bits[r] + fbb_trained[l].first_word, 0, z[l]);
        x = fbb_batch.bits[r] + fbb_trained[l].first_word;
    }
    for (c = 0; c < FBB_CLASSES; c++)
        scores[c] = 0;
    fbb_add_scores(last, x, 0, scores);
    for (c = 0; c < FBB_CLASSES; c++) {
        best = scores[c] > scores[best] ? c : best;
        others = c != label && scores[c] > others ? scores[c] : others;
    }
    if (scores[label] - others >= fbb_trained[FBB_LAYERS - 1].margin)
        return best == label;
    for (l = FBB_LAYERS - 1; l >= 0; l--) {
        const fbb_layer *layer = fbb_layers + l;
        const int32_t row_words = fbb_words(layer->fan_in);
        fbb_batch.triggered[l] = 1;
        fbb_choose(l, r, z[l], wanted, 0, 0, 0);
        if (!l)
            break;
        for (d = 0; d < layer->fan_in; d++)
            sums[d] = 0;
        for (k = 0; k < layer->n_units; k++)
            if (z[l][k] <= fbb_trained[l].gate && -z[l][k] <= fbb_trained[l].gate)
                for (d = 0; d < layer->fan_in; d++)
                    sums[d] = (int16_t)(fbb_bit(layer->sign + k * row_words, d) == fbb_bit(wanted, k) ? sums[d] + 1
                                                                                                      : sums[d] - 1);
        fbb_clear(targets[l % 2], 0, layer->fan_in);
        for (d = 0; d < layer->fan_in; d++)
            fbb_put(targets[l % 2], 0, d, sums[d]);
        wanted = targets[l % 2];
    }
    return best == label;
}
