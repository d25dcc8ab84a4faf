/* Runs one kernel path on one mini-batch, or a perceptron on some rows: reads layers and samples from stdin, writes what
   training made of them to stdout. For processors that are only there as an emulator; test_neon.py writes the one and reads the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernels.h"

#ifdef FBB_REFUSE /* with -Wl,--wrap=pthread_create: a system that grants two threads more, and no third */
#include <errno.h>
#include <pthread.h>
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*start)(void *), void *with);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*start)(void *), void *with)
{
    static int granted;
    return granted++ < 2 ? __real_pthread_create(thread, how, start, with) : EAGAIN;
}
#endif

static void *take(int64_t bytes)
{
    void *at = malloc((size_t)bytes + 1);
    if (!at || fread(at, 1, (size_t)bytes, stdin) != (size_t)bytes)
        exit(2);
    return at;
}

static int64_t number(void)
{
    int64_t *at = take(8), value = *at;
    free(at);
    return value;
}

static void give(const void *from, int64_t bytes) { fwrite(from, 1, (size_t)bytes, stdout); }

static fbb_units take_units(void)
{
    fbb_units u = {.n_inputs = number()};
    u.n_units = number(), u.n_pairs = number(), u.fan_in = number();
    u.in_words = (u.n_inputs + 63) / 64;
    return u;
}

static int64_t columns_of(const fbb_units *u) { return 64 * (u->in_words + (u->n_units + 63) / 64); }

static int train_perceptron(const fbb_path *path)
{
    fbb_perceptron p = {.units = take_units()};
    p.n_classes = number(), p.bound = number();
    const int64_t n = number(), margin = number(), every = number();
    const int64_t columns = columns_of(&p.units);
    p.units.wires = take(p.units.n_units * p.units.fan_in * 4);
    p.weights = calloc((size_t)(p.n_classes * columns), 1);
    p.sums = calloc((size_t)(p.n_classes * columns), 2);
    const uint64_t *x = take(n * p.units.in_words * 8);
    const int32_t *labels = take(n * 4);
    const int64_t *order = take(n * 8);
    int64_t *scores = malloc((size_t)(n * p.n_classes) * 8);
    const int64_t right = path->train_perceptron(&p, x, labels, order, n, margin, 0, every);
    if (path->perceptron_scores(&p, x, n, scores))
        return 3;
    give(&right, 8);
    give(p.weights, p.n_classes * columns);
    give(p.sums, p.n_classes * columns * 2);
    give(scores, n * p.n_classes * 8);
    return 0;
}

static int train_signs(const fbb_path *path)
{
    fbb_sign_perceptron p = {.units = take_units()};
    p.n_classes = number(), p.input_weight = number(), p.bound = number();
    const int64_t n = number(), columns = columns_of(&p.units);
    int64_t margin = number();
    const fbb_pass pass = {.n_rows = n, .first = 0, .n_votes = number()};
    p.units.wires = take(p.units.n_units * p.units.fan_in * 4);
    p.hidden = take(p.n_classes * columns);
    p.sign = take(p.n_classes * columns / 8);
    p.votes = calloc((size_t)(p.n_classes * columns), 1);
    const uint64_t *x = take(n * p.units.in_words * 8);
    const int32_t *labels = take(n * 4);
    const int64_t *order = take(n * 8);
    int64_t *scores = malloc((size_t)(n * p.n_classes) * 8);
    const int64_t right = path->train_signs(&p, x, labels, order, n, &margin, &pass);
    if (path->sign_scores(&p, p.sign, 1, x, n, scores))
        return 3;
    give(&right, 8);
    give(&margin, 8);
    give(p.hidden, p.n_classes * columns);
    give(p.votes, p.n_classes * columns);
    give(scores, n * p.n_classes * 8);
    return 0;
}

int main(int argc, char **argv)
{
    const fbb_path *path = argc > 1 && !strcmp(argv[1], "portable") ? &fbb_portable : &fbb_neon;
    if (argc > 2)
        return !strcmp(argv[2], "train_signs") ? train_signs(path) : train_perceptron(path);
    const int64_t n_layers = number(), ternary = number(), n = number(), batch_size = number();
    const uint64_t step = (uint64_t)number();
    const int n_threads = (int)number();
    const int64_t trained = number(), propagate = number(); /* classifiers are trained; by error propagation */
    fbb_layer *layers = calloc((size_t)n_layers * 2, sizeof *layers);
    for (int64_t l = 0; l < n_layers; l++) {
        fbb_layer *a = layers + l;
        a->fan_in = number(), a->n_units = number(), a->n_classes = number(), a->group_size = number();
        a->n_read = number(), a->margin = number(), a->bound = number(), a->committee = (int32_t)number();
        a->hidden_bits = (int32_t)number(), a->stream = (uint64_t)number();
        a->in_words = (a->fan_in + 63) / 64;
        a->cuts = take(64 * 8);
        a->hidden = take(a->n_units * a->in_words * 64 * a->hidden_bits / 8);
        a->sign = take(a->n_units * a->in_words * 8);
        a->p_sign = take(a->n_classes * ((a->n_read + 63) / 64) * 8);
        if (ternary) {
            a->mask = take(a->n_units * a->in_words * 8);
            a->p_mask = take(a->n_classes * ((a->n_read + 63) / 64) * 8);
        }
        if (trained) {
            fbb_layer *c = a->classifier = layers + n_layers + l;
            *c = (fbb_layer){.fan_in = a->n_units,
                             .n_units = a->n_classes,
                             .n_classes = a->n_classes,
                             .group_size = a->n_classes,
                             .n_read = a->n_classes,
                             .bound = a->bound,
                             .hidden_bits = a->hidden_bits,
                             .in_words = (a->n_units + 63) / 64,
                             .sign = (uint64_t *)a->p_sign,
                             .mask = (uint64_t *)a->p_mask};
            c->stream = (uint64_t)number();
            c->cuts = take(64 * 8);
            c->hidden = take(c->n_units * c->in_words * 64 * c->hidden_bits / 8);
        }
    }
    const int64_t *gates = propagate ? take(n_layers * 8) : NULL;
    for (int64_t l = 0; propagate && l < n_layers; l++)
        layers[l].gate = gates[l];
    const uint64_t *x = take(n * layers[0].in_words * 8);
    const int32_t *labels = take(n * 4);
    int64_t *order = malloc((size_t)n * 8);
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    const fbb_batches batches = {x, labels, order, n, batch_size, step};
    const int64_t right =
        path->rules[propagate ? FBB_RULE_propagate : FBB_RULE_train](layers, n_layers, &batches, n_threads);
    give(&right, 8);
    for (int64_t l = 0; l < n_layers; l++) {
        const fbb_layer *a = layers + l;
        give(a->hidden, a->n_units * a->in_words * 64 * a->hidden_bits / 8);
        give(a->sign, a->n_units * a->in_words * 8);
        if (ternary)
            give(a->mask, a->n_units * a->in_words * 8);
        if (trained)
            give(a->classifier->hidden, a->n_classes * a->classifier->in_words * 64 * a->hidden_bits / 8);
    }
    const int64_t n_classes = layers[n_layers - 1].n_classes;
    int32_t *scores = malloc((size_t)(n * n_classes) * 4);
    for (int readout = FBB_LAST; readout <= (layers[0].committee ? FBB_VOTE : FBB_PREACTIVATION); readout++) {
        if (path->scores(layers, n_layers, x, n, readout, scores, n_threads))
            return 3;
        give(scores, n * n_classes * 4);
    }
    return 0;
}
