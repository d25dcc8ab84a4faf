/* A mini-batch of training. model.h has fbb_learn and fbb_state, rows.h rows and labels; what is said is FNV-1a (32 bits)
   of the state's bytes. */
#include "model.h"
#include "rows.h"

static uint32_t fbb_work(void)
{
    const uint8_t *at = (const uint8_t *)&fbb_state, *to = at + sizeof fbb_state;
    uint32_t digest = 2166136261u;
    fbb_begin();
    fbb_learn(rows, labels, N_ROWS);
    fbb_end();
    for (; at < to; at++)
        digest = (digest ^ *at) * 16777619u;
    return digest;
}
