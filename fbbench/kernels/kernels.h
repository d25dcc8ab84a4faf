/* What every instruction-set path offers. One C file per path, in paths/; step/ holds what they share. */
#ifndef FBB_KERNELS_H
#define FBB_KERNELS_H
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define FBB_COMPILER "clang " __clang_version__
#else
#define FBB_COMPILER "gcc " __VERSION__
#endif
#ifndef FBB_FLAGS
#define FBB_FLAGS "unknown"
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "fbbench packs bits in little-endian 64-bit words; big-endian machines are not supported"
#endif

#define FBB_MAX_THREADS 256
#define FBB_MAX_LAYERS 64 /* of error propagation */

/* One locally trained layer. Bits are rows of 64-bit words, little bit order, 1 = +1, tail bits 0.
   In ternary arithmetic a second plane (mask) marks the non-zero values, and sign is 0 where mask is 0. */
typedef struct fbb_layer fbb_layer;
struct fbb_layer {
    int64_t fan_in, n_units, n_classes;
    int64_t in_words;      /* ceil(fan_in / 64): words of an input row and of a row of visible weights */
    int64_t group_size;    /* gamma; a divisor of n_units */
    int64_t n_read;        /* bits the classifier reads: n_units, or n_units / group_size in a committee */
    int64_t margin;        /* floor(r * n_read): a smaller lead of the winner triggers */
    int64_t bound;         /* hidden weights stay in -bound .. bound */
    int64_t gate;          /* of error propagation: a unit's target reaches the layer below where |z| <= gate */
    int32_t committee;     /* 1: the classifier reads the majority of every group of units */
    int32_t hidden_bits;   /* 8 or 16 */
    void *hidden;          /* (n_units, 64 * in_words) int8 or int16, columns past fan_in are 0 */
    uint64_t *sign, *mask; /* (n_units, in_words); mask NULL in binary arithmetic */
    const uint64_t *p_sign, *p_mask; /* (n_classes, ceil(n_read / 64)) */
    fbb_layer *classifier; /* NULL, or a layer of a unit per class that is trained too: its sign is p_sign here, its
                              fan_in n_units, its group_size n_classes; its own classifier is not read */
    uint64_t stream;       /* key of this layer's reinforcement draws, see random.py */
    const uint64_t *cuts;  /* (64) n of 64 weights are reinforced where n cuts lie at or below a 34-bit draw */
};

/* What scores are. */
enum {
#define FBB_READOUT(symbol, name) FBB_##symbol,
#include "readouts.def"
#undef FBB_READOUT
};

/* Fixed units over the bits of a row, each the XNOR of two or the majority of a few of them, see units.h. Features are a
   row's input words, then the units' bits in words of their own. */
typedef struct {
    int64_t n_inputs, n_units;
    int64_t n_pairs;       /* the first of the units: pairs, of two wires; none where fan_in is 1 */
    int64_t in_words;      /* ceil(n_inputs / 64) */
    int64_t fan_in;        /* of every other unit: odd, at most 15 */
    const uint32_t *wires; /* (n_units, fan_in): 2 * input + (1 where it is negated) */
} fbb_units;

/* An averaged perceptron that reads features, see perceptron.h. */
typedef struct {
    fbb_units units;
    int64_t n_classes;
    int64_t bound;   /* weights stay in -bound .. bound, at most 127 */
    int8_t *weights; /* (n_classes, 64 * words of features), 0 behind the inputs and behind the units */
    int16_t *sums;   /* the same shape: weights added up */
} fbb_perceptron;

/* A perceptron whose weights are bits, see sign_perceptron.h. */
typedef struct {
    fbb_units units;
    int64_t n_classes;
    int64_t input_weight; /* an input that agrees with its weight counts so often, a unit once */
    int64_t bound;        /* hidden weights stay in -bound .. bound, at most 127 */
    int8_t *hidden;       /* (n_classes, 64 * words of features) odd, 0 behind the inputs and behind the units */
    uint64_t *sign;       /* (n_classes, words): the weights, 1 where the hidden one is above 0 */
    uint8_t *votes;       /* the shape of hidden: how often a weight was 1 when it was asked */
} fbb_sign_perceptron;

/* Of a pass over rows one by one: how many there are, how many were presented before these, and how often in all of it
   weights are asked for their votes (0: never). */
typedef struct {
    int64_t n_rows, first, n_votes;
} fbb_pass;

/* Rows to be trained on: those that order[0..n) names, mini-batch by mini-batch; the first has number first_step. */
typedef struct {
    const uint64_t *x; /* rows of words */
    const int32_t *y;
    const int64_t *order;
    int64_t n, batch_size;
    uint64_t first_step;
} fbb_batches;

/* A training rule: trains every layer on the mini-batches; returns how many rows the last layer predicted right, or -1: no
   memory, or -2: it cannot train such layers. Any number of threads gives the same result; fewer are used where the system
   refuses more. */
typedef int64_t fbb_rule(fbb_layer *layers, int64_t n_layers, const fbb_batches *batches, int n_threads);

enum {
#define FBB_RULE(name, function) FBB_RULE_##function,
#include "rules.def"
#undef FBB_RULE
    FBB_N_RULES
};

typedef struct {
    const char *name;
    /* z[i, k] = sum_d x[i, d] * w[k, d]; x (n, words), w (k, words), z (n, k) int16. Returns 0, or -1: no memory. */
    int (*product)(const uint64_t *x_sign, const uint64_t *x_mask, int64_t n, const uint64_t *w_sign,
                   const uint64_t *w_mask, int64_t k, int64_t fan_in, int16_t *z);
    fbb_rule *rules[FBB_N_RULES]; /* as rules.def lists them */
    /* Scores of n rows, read out in one of the ways above: out (n, n_classes). Returns 0, or -1: no memory. */
    int (*scores)(const fbb_layer *layers, int64_t n_layers, const uint64_t *x, int64_t n, int readout, int32_t *out,
                  int n_threads);
    /* Trains on rows order[0..n), one by one: a row whose label leads its rival by at most `margin` moves both. The first
       has number `first` among all presented so far; after every `every` of them (0: never) the weights are added to the
       sums. Returns how many were right before they were learnt from, or -1: no memory. */
    int64_t (*train_perceptron)(const fbb_perceptron *p, const uint64_t *x, const int32_t *y, const int64_t *order,
                                int64_t n, int64_t margin, int64_t first, int64_t every);
    /* What the sums say of n rows: out (n, n_classes). Returns 0, or -1: no memory. */
    int (*perceptron_scores)(const fbb_perceptron *p, const uint64_t *x, int64_t n, int64_t *out);
    /* Trains on rows order[0..n), one by one: a row whose label leads its rival by at most the margin moves both. The
       margin, in quarters of a count, is lowered by every row that moves and raised by every one that does not. Returns how
       many were right before they were learnt from, or -1: no memory. */
    int64_t (*train_signs)(const fbb_sign_perceptron *p, const uint64_t *x, const int32_t *y, const int64_t *order,
                           int64_t n, int64_t *margin, const fbb_pass *pass);
    /* What n_planes of weights of n_classes each say of n rows: out (n, n_classes). Returns 0, or -1: no memory. */
    int (*sign_scores)(const fbb_sign_perceptron *p, const uint64_t *weights, int64_t n_planes, const uint64_t *x,
                       int64_t n, int64_t *out);
    /* The reinforced weights of n_words words as bits, see random.py. */
    void (*bernoulli)(uint64_t key, const uint64_t *cuts, int64_t n_words, uint64_t *out);
    /* Repeats the product's innermost step on registers alone; returns the bits it has gone through. */
    int64_t (*roof)(int64_t steps);
} fbb_path;

#define FBB_PATH_ROW(symbol, needs, for_tests) extern const fbb_path fbb_##symbol;
#include "paths.def"
#undef FBB_PATH_ROW

typedef struct {
    const fbb_path *path;
    int needs, for_tests;
} fbb_path_row;
typedef struct {
    const char *name;
    int bit;
} fbb_feature;
extern const fbb_path_row fbb_paths[];
extern const fbb_feature fbb_features[];
extern const char *const fbb_readouts[];
extern const char *const fbb_rule_names[];
extern const int fbb_n_paths, fbb_n_features, fbb_n_readouts;

/* (n, d) int8 of +-1 to words. Returns -1, or the flat index of the first value that is not +-1. */
int64_t fbb_pack(const int8_t *x, int64_t n, int64_t d, uint64_t *out);
void fbb_unpack(const uint64_t *bits, int64_t n, int64_t d, int8_t *out);
/* Sign and non-zero planes of (n, 64 * words) hidden weights of 8 or 16 bits; mask may be NULL. */
void fbb_binarise(const void *hidden, int32_t hidden_bits, int64_t n, int64_t d, uint64_t *sign, uint64_t *mask);

/* The order that sorts words 0 .. n - 1 of a stream, n < 2^32; see random.py. Returns 1, 0: words agree in all bits that
   were compared, and the order is not decided, or -1: no memory. */
int fbb_order(uint64_t key, int64_t n, int64_t *order);

/* What the processor and the operating system offer, as bits. */
enum {
#define FBB_FEATURE(name, bit) FBB_HAS_##name = bit,
#include "paths.def"
#undef FBB_FEATURE
};
/* The decision alone, from the raw registers (CPUID 1.ECX, 7.EBX, 7.ECX, XCR0), so that it can be tested. */
int fbb_decide(uint32_t leaf1_ecx, uint32_t leaf7_ebx, uint32_t leaf7_ecx, uint64_t xcr0);
int fbb_detect(void);
#endif
