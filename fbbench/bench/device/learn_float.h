/* SGD in float32, row by row, as one writes it in C: softmax is left out (its gradient is a score less a target), so that
   no exponential is counted. Activations of all layers stand one behind the other; errors are of units alone, of two
   layers at a time. Said are the bits of the sum of squares of all weights. */
#include <stdint.h>
#include "network.h"
#include "rows.h"

static float activations[N_UNITS], error[2][MOST];

static uint32_t fbb_work(void)
{
    int32_t row, l, i, j;
    union { float sum; uint32_t bits; } said = {0};
    fbb_begin();
    for (row = 0; row < N_ROWS; row++) {
        const uint32_t *bits = rows + row * ROW_WORDS;
        float *weights = w, *a = activations;
        for (i = 0; i < sizes[0]; i++)
            a[i] = (bits[i / 32] >> (i % 32)) & 1 ? 1.0f : -1.0f;
        for (l = 0; l + 1 < N_SIZES; l++) {
            float *out = a + sizes[l];
            for (j = 0; j < sizes[l + 1]; j++) {
                float sum = 0;
                for (i = 0; i < sizes[l]; i++)
                    sum += *weights++ * a[i];
                out[j] = sum > 0 || l + 2 == N_SIZES ? sum : 0;
            }
            a = out;
        }
        for (j = 0; j < sizes[N_SIZES - 1]; j++)
            error[(N_SIZES - 1) % 2][j] = a[j] - (j == labels[row]);
        for (l = N_SIZES - 2; l >= 0; l--) {
            const float *above = error[(l + 1) % 2];
            float *below = error[l % 2];
            a -= sizes[l];
            weights -= sizes[l] * sizes[l + 1];
            for (i = 0; l && i < sizes[l]; i++)
                below[i] = 0;
            for (j = 0; j < sizes[l + 1]; j++) {
                const float step = 0.01f * above[j];
                float *of = weights + j * sizes[l];
                if (l == 0)
                    for (i = 0; i < sizes[l]; i++)
                        of[i] -= step * a[i];
                else
                    for (i = 0; i < sizes[l]; i++) {
                        below[i] += of[i] * above[j];
                        of[i] -= step * a[i];
                    }
            }
            for (i = 0; l && i < sizes[l]; i++)
                below[i] = a[i] > 0 ? below[i] : 0;
        }
    }
    fbb_end();
    for (i = 0; i < N_WEIGHTS; i++)
        said.sum += w[i] * w[i];
    return said.bits;
}
