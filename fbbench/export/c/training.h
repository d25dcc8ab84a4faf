/* What a layer is trained with. */
typedef struct {
    fbb_hidden *hidden;    /* (n_units, fan_in) */
    uint32_t *sign, *mask; /* the layer's own, which follow from the hidden weights */
    int32_t group_size, margin, gate;
    uint64_t stream;      /* of its draws */
    const uint64_t *cuts; /* 64, see fbb_hits */
    int32_t first_word;   /* of its units, among the words of all layers' units */
} fbb_training;
