/* The same in whole numbers: weights, activations and errors of 8 bits, sums of 32, brought back to 8 by shifts; a weight
   moves by a product of an error and an activation, shifted. No draws, no exponents: less than methods that learn well in
   8 bits take. Said is FNV-1a of the weights. */
#include <stdint.h>
#include "network.h"
#include "rows.h"

#define UP 127

static int8_t activations[N_UNITS], error[2][MOST];
static int32_t sums[MOST];

static int8_t in_8_bits(int32_t v) { return (int8_t)(v > UP ? UP : v < -UP ? -UP : v); }

static uint32_t fbb_work(void)
{
    int32_t row, l, i, j;
    uint32_t digest = 2166136261u;
    fbb_begin();
    for (row = 0; row < N_ROWS; row++) {
        const uint32_t *bits = rows + row * ROW_WORDS;
        int8_t *weights = w, *a = activations;
        for (i = 0; i < sizes[0]; i++)
            a[i] = (bits[i / 32] >> (i % 32)) & 1 ? 1 : -1;
        for (l = 0; l + 1 < N_SIZES; l++) {
            int8_t *out = a + sizes[l];
            for (j = 0; j < sizes[l + 1]; j++) {
                int32_t sum = 0;
                for (i = 0; i < sizes[l]; i++)
                    sum += *weights++ * a[i];
                sum >>= l ? 9 : 4;
                out[j] = in_8_bits(sum > 0 || l + 2 == N_SIZES ? sum : 0);
            }
            a = out;
        }
        for (j = 0; j < sizes[N_SIZES - 1]; j++)
            error[(N_SIZES - 1) % 2][j] = in_8_bits(a[j] - (j == labels[row] ? UP : 0));
        for (l = N_SIZES - 2; l >= 0; l--) {
            const int8_t *above = error[(l + 1) % 2];
            int8_t *below = error[l % 2];
            a -= sizes[l];
            weights -= sizes[l] * sizes[l + 1];
            for (i = 0; l && i < sizes[l]; i++)
                sums[i] = 0;
            for (j = 0; j < sizes[l + 1]; j++) {
                const int32_t of_unit = above[j];
                int8_t *of = weights + j * sizes[l];
                if (l == 0)
                    for (i = 0; i < sizes[l]; i++)
                        of[i] = in_8_bits(of[i] - ((of_unit * a[i]) >> 4));
                else
                    for (i = 0; i < sizes[l]; i++) {
                        sums[i] += of[i] * of_unit;
                        of[i] = in_8_bits(of[i] - ((of_unit * a[i]) >> 9));
                    }
            }
            for (i = 0; l && i < sizes[l]; i++)
                below[i] = in_8_bits(a[i] > 0 ? sums[i] >> 7 : 0);
        }
    }
    fbb_end();
    for (i = 0; i < N_WEIGHTS; i++)
        digest = (digest ^ (uint8_t)w[i]) * 16777619u;
    return digest;
}
