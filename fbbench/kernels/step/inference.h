/* Scores of rows; threads share the rows. */

#define INFERENCE_ROWS 256

typedef struct {
    const fbb_layer *layers;
    int64_t n_layers, n, rows;
    int readout;
    const uint64_t *x;
    int32_t *out;
    atomic_int failed;
} inference;

/* Adds what the classifier has said of some rows to their scores. */
static void add_scores(const workspace *ws, int64_t n_classes, int64_t rows, int32_t *out)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < n_classes; c++)
            out[i * n_classes + c] += ws->own->y[c * ws->y_stride + i];
}

/* What the last layer's classifier says of its pre-activations. */
static void add_scores_of_sums(const workspace *ws, const fbb_layer *layer, int64_t rows, uint64_t *bits, int32_t *out)
{
    int8_t *spread = (int8_t *)(bits + words_of(layer->n_units));
    const int64_t words = words_of(layer->n_units);
    for (int64_t i = 0; i < rows; i++) {
        int16_t *z = ws->own->z + i * ws->z_stride;
        for (int64_t k = layer->n_units; k < 64 * words; k++)
            z[k] = 0;
        for (int64_t c = 0; c < layer->n_classes; c++) {
            const uint64_t *sign = layer->p_sign + c * words, *mask = layer->p_mask ? layer->p_mask + c * words : NULL;
            spread_row(sign, words, spread);
            int64_t total = signed_sum16(z, sign, spread, words);
            if (mask) { /* once with zeros as -1, once as +1 */
                for (int64_t w = 0; w < words; w++)
                    bits[w] = sign[w] | ~mask[w];
                spread_row(bits, words, spread);
                total = (total + signed_sum16(z, bits, spread, words)) / 2;
            }
            out[i * layer->n_classes + c] += (int32_t)total;
        }
    }
}

static void score_member(void *job_, team *all, int member)
{
    inference *job = job_;
    const int size = atomic_load_explicit(&all->size, memory_order_relaxed);
    const int64_t end = share(job->n, member + 1, size), words = job->layers[0].in_words;
    const fbb_layer *last = job->layers + job->n_layers - 1;
    workspace ws;
    uint64_t *bits = malloc((size_t)words_of(last->n_units) * (8 + 64)); /* and spread to bytes */
    if (!bits || open_workspace(&ws, job->layers, job->n_layers, job->rows, 1, PREDICTING)) {
        free(bits);
        atomic_store(&job->failed, 1);
        return;
    }
    for (int64_t first = share(job->n, member, size); first < end; first += ws.rows) {
        const int64_t rows = end - first < ws.rows ? end - first : ws.rows;
        bit_rows x = {(uint64_t *)job->x + first * words, NULL};
        int32_t *out = job->out + first * last->n_classes;
        int64_t stride = words;
        memset(out, 0, (size_t)(rows * last->n_classes) * sizeof *out);
        for (int64_t l = 0; l < job->n_layers; l++) {
            const fbb_layer *layer = job->layers + l;
            const bit_rows to = ws.own->activations[l % 2];
            const int64_t read_words = words_of(layer->n_read);
            activate(layer, ws.slices + l, &ws, ws.own, x, stride, rows, to, ws.bit_stride, ws.own->read, read_words);
            if (job->readout == FBB_VOTE || (job->readout == FBB_LAST && l == job->n_layers - 1)) {
                read_out(layer, &ws, ws.own, layer->committee ? ws.own->read : to,
                         layer->committee ? read_words : ws.bit_stride, rows);
                add_scores(&ws, last->n_classes, rows, out);
            }
            x = to;
            stride = ws.bit_stride;
        }
        if (job->readout == FBB_PREACTIVATION)
            add_scores_of_sums(&ws, last, rows, bits, out);
    }
    free(ws.block);
    free(bits);
}

static int scores(const fbb_layer *layers, int64_t n_layers, const uint64_t *x, int64_t n, int readout, int32_t *out,
                  int n_threads)
{
    inference job = {.layers = layers,
                     .n_layers = n_layers,
                     .n = n,
                     .x = x,
                     .out = out,
                     .readout = readout,
                     .rows = n < INFERENCE_ROWS ? n : INFERENCE_ROWS};
    run_team(score_member, NULL, &job, n_threads);
    return atomic_load(&job.failed) ? -1 : 0;
}
