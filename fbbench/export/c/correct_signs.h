/* Moves odd hidden weights by 2 towards bits, or away from them, within +-FBB_BOUND; signs are those above 0. */
static void fbb_move(int8_t *hidden, uint32_t *signs, const uint32_t *bits, int32_t n, int32_t by)
{
    int32_t i;
    for (i = 0; i < n; i++) {
        const int32_t moved = (bits[i / 32] >> (i % 32)) & 1 ? hidden[i] + by : hidden[i] - by;
        if (moved < -FBB_BOUND || moved > FBB_BOUND)
            continue;
        hidden[i] = (int8_t)moved;
        if (moved * moved == 1) { /* it crossed 0, or may have */
            signs[i / 32] &= ~((uint32_t)1 << (i % 32));
            signs[i / 32] |= (uint32_t)(moved > 0) << (i % 32);
        }
    }
}

/* A row whose label leads by at most the margin, which is in quarters, moves the hidden weights of both and lowers the
   margin by 7; another raises it by 3. */
static void fbb_correct(const uint32_t *row, const uint32_t *units, int32_t label, int32_t rival, int32_t lead)
{
    const int32_t words = FBB_INPUT_WORDS + FBB_UNIT_WORDS;
    int32_t side;
    if (4 * lead > fbb_state.margin) {
        fbb_state.margin += 3;
        return;
    }
    for (side = 0; side < 2; side++) {
        int8_t *hidden = fbb_state.hidden + (side ? rival : label) * (FBB_INPUTS + FBB_UNITS);
        uint32_t *signs = fbb_weights + (side ? rival : label) * words;
        fbb_move(hidden, signs, row, FBB_INPUTS, side ? -2 : 2);
        fbb_move(hidden + FBB_INPUTS, signs + FBB_INPUT_WORDS, units, FBB_UNITS, side ? -2 : 2);
    }
    fbb_state.margin = fbb_state.margin > 7 ? fbb_state.margin - 7 : 0;
}
