/* A float network as one writes it in C: FBB_SIZES, sums of float32 products, the larger of each and 0. Activations of all
   layers stand one behind the other. */
static int32_t fbb_predict(const uint32_t *bits)
{
    static float activations[FBB_UNITS];
    float *a = activations;
    const float *weights = fbb_weights;
    int32_t i, j, l, best = 0;
    for (i = 0; i < fbb_sizes[0]; i++)
        a[i] = (bits[i / 32] >> (i % 32)) & 1 ? 1.0f : -1.0f;
    for (l = 0; l + 1 < FBB_SIZES; l++) {
        float *out = a + fbb_sizes[l];
        for (j = 0; j < fbb_sizes[l + 1]; j++) {
            float sum = 0;
            for (i = 0; i < fbb_sizes[l]; i++)
                sum += *weights++ * a[i];
            out[j] = sum > 0 || l + 2 == FBB_SIZES ? sum : 0;
        }
        a = out;
    }
    for (j = 1; j < fbb_sizes[FBB_SIZES - 1]; j++)
        best = a[j] > a[best] ? j : best;
    return best;
}
