/* A mini-batch of training by the library's portable kernels, as they are. state.h has the network and the rows. */
#include <string.h>
#include "kernels.h"
#include "state.h"

extern const fbb_path fbb_portable;

static uint32_t digest_of(const void *bytes, int64_t n, uint32_t digest)
{
    const uint8_t *at = bytes;
    for (; n; n--)
        digest = (digest ^ *at++) * 16777619u; /* FNV-1a */
    return digest;
}

static uint32_t fbb_work(void)
{
    uint32_t digest = 2166136261u;
    const fbb_batches batches = {.x = x, .y = y, .order = order, .n = N_ROWS, .batch_size = N_ROWS, .first_step = STEP};
    fbb_begin();
    fbb_portable.rules[RULE](layers, N_LAYERS, &batches, 1);
    fbb_end();
    for (int64_t l = 0; l < N_LAYERS; l++)
        digest = digest_of(layers[l].hidden,
                           layers[l].n_units * 64 * layers[l].in_words * layers[l].hidden_bits / 8, digest);
    return digest;
}
