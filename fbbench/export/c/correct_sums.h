/* Moves weights towards bits, or away from them, within +-FBB_BOUND. */
static void fbb_move(int8_t *weights, const uint32_t *bits, int32_t n, int32_t by)
{
    int32_t i;
    for (i = 0; i < n; i++) {
        const int32_t moved = (bits[i / 32] >> (i % 32)) & 1 ? weights[i] + by : weights[i] - by;
        if (moved >= -FBB_BOUND && moved <= FBB_BOUND)
            weights[i] = (int8_t)moved;
    }
}

/* A row whose label leads by at most FBB_MARGIN moves the weights of both by 1. */
static void fbb_correct(const uint32_t *row, const uint32_t *units, int32_t label, int32_t rival, int32_t lead)
{
    int8_t *of_label = fbb_weights + label * (FBB_INPUTS + FBB_UNITS);
    int8_t *of_rival = fbb_weights + rival * (FBB_INPUTS + FBB_UNITS);
    if (lead > FBB_MARGIN)
        return;
    fbb_move(of_label, row, FBB_INPUTS, 1);
    fbb_move(of_label + FBB_INPUTS, units, FBB_UNITS, 1);
    fbb_move(of_rival, row, FBB_INPUTS, -1);
    fbb_move(of_rival + FBB_INPUTS, units, FBB_UNITS, -1);
}
