typedef struct {
    int32_t fan_in, n_units, n_read; /* n_read: what the classifier reads, units or the majorities of their groups */
    const uint32_t *sign, *mask;     /* (n_units, words of fan_in); mask: not zero, or none */
    const uint32_t *p_sign, *p_mask; /* (FBB_CLASSES, words of n_read) */
    int32_t is_read;                 /* predictions ask its classifier */
} fbb_layer;

static int32_t fbb_words(int32_t bits) { return (bits + 31) / 32; }
