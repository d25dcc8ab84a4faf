/* The same with weights and activations of 8 bits, sums of 32, brought back to 8 by a shift. */
static int32_t fbb_predict(const uint32_t *bits)
{
    static int8_t activations[FBB_UNITS];
    int8_t *a = activations;
    const int8_t *weights = fbb_weights;
    int32_t i, j, l, best = 0, most = INT32_MIN;
    for (i = 0; i < fbb_sizes[0]; i++)
        a[i] = (bits[i / 32] >> (i % 32)) & 1 ? 1 : -1;
    for (l = 0; l + 1 < FBB_SIZES; l++) {
        int8_t *out = a + fbb_sizes[l];
        for (j = 0; j < fbb_sizes[l + 1]; j++) {
            int32_t sum = 0;
            for (i = 0; i < fbb_sizes[l]; i++)
                sum += *weights++ * a[i];
            if (l + 2 == FBB_SIZES) {
                best = sum > most ? j : best;
                most = sum > most ? sum : most;
                continue;
            }
            sum >>= 8;
            out[j] = (int8_t)(sum < 0 ? 0 : sum > 127 ? 127 : sum);
        }
        a = out;
    }
    return best;
}
