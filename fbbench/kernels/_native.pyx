# cython: language_level=3, boundscheck=False, wraparound=False, binding=True, embedsignature=True
"""A thin wrapper of the C paths: checks shapes, lends pointers, releases the GIL."""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

import numpy as np

from .layer import MAX_WIDTH, Layers


cdef extern from "kernels.h":
    ctypedef struct fbb_layer:
        int64_t fan_in, n_units, n_classes, in_words, group_size, n_read, margin, bound, gate
        int32_t committee, hidden_bits
        void *hidden
        uint64_t *sign
        uint64_t *mask
        const uint64_t *p_sign
        const uint64_t *p_mask
        fbb_layer *classifier
        uint64_t stream
        const uint64_t *cuts

    ctypedef struct fbb_units:
        int64_t n_inputs, n_units, n_pairs, in_words, fan_in
        const uint32_t *wires

    ctypedef struct fbb_perceptron:
        fbb_units units
        int64_t n_classes, bound
        int8_t *weights
        int16_t *sums

    ctypedef struct fbb_sign_perceptron:
        fbb_units units
        int64_t n_classes, input_weight, bound
        int8_t *hidden
        uint64_t *sign
        uint8_t *votes

    ctypedef struct fbb_pass:
        int64_t n_rows, first, n_votes

    ctypedef struct fbb_batches:
        const uint64_t *x
        const int32_t *y
        const int64_t *order
        int64_t n, batch_size
        uint64_t first_step

    int FBB_N_RULES

    ctypedef struct fbb_path:
        const char *name
        int (*product)(const uint64_t *, const uint64_t *, int64_t, const uint64_t *, const uint64_t *, int64_t,
                       int64_t, int16_t *) noexcept nogil
        int64_t (*rules[2])(fbb_layer *, int64_t, const fbb_batches *, int) noexcept nogil  # FBB_N_RULES of them; Cython needs no number
        int (*scores)(const fbb_layer *, int64_t, const uint64_t *, int64_t, int, int32_t *, int) noexcept nogil
        int64_t (*train_perceptron)(const fbb_perceptron *, const uint64_t *, const int32_t *, const int64_t *, int64_t, int64_t,
                            int64_t, int64_t) noexcept nogil
        int (*perceptron_scores)(const fbb_perceptron *, const uint64_t *, int64_t, int64_t *) noexcept nogil
        int64_t (*train_signs)(const fbb_sign_perceptron *, const uint64_t *, const int32_t *, const int64_t *, int64_t,
                               int64_t *, const fbb_pass *) noexcept nogil
        int (*sign_scores)(const fbb_sign_perceptron *, const uint64_t *, int64_t, const uint64_t *, int64_t,
                           int64_t *) noexcept nogil
        void (*bernoulli)(uint64_t, const uint64_t *, int64_t, uint64_t *) noexcept nogil
        int64_t (*roof)(int64_t) noexcept nogil

    ctypedef struct fbb_path_row:
        const fbb_path *path
        int needs, for_tests

    ctypedef struct fbb_feature:
        const char *name
        int bit

    const fbb_path_row fbb_paths[]
    const fbb_feature fbb_features[]
    const char *fbb_readouts[]
    const char *fbb_rule_names[]
    const int fbb_n_paths, fbb_n_features, fbb_n_readouts
    int64_t fbb_pack(const int8_t *, int64_t, int64_t, uint64_t *) noexcept nogil
    void fbb_unpack(const uint64_t *, int64_t, int64_t, int8_t *) noexcept nogil
    void fbb_binarise(const void *, int32_t, int64_t, int64_t, uint64_t *, uint64_t *) noexcept nogil
    int fbb_order(uint64_t, int64_t, int64_t *) noexcept nogil
    const char *FBB_COMPILER
    const char *FBB_FLAGS
    int FBB_MAX_THREADS
    int fbb_decide(uint32_t, uint32_t, uint32_t, uint64_t) noexcept nogil
    int fbb_detect() noexcept nogil


COMPILER = FBB_COMPILER.decode()
FLAGS = FBB_FLAGS.decode()
MAX_THREADS = FBB_MAX_THREADS
READOUTS = tuple([fbb_readouts[i].decode() for i in range(fbb_n_readouts)])
"""Those that the kernels have, see readouts.def."""
RULES = tuple([fbb_rule_names[i].decode() for i in range(FBB_N_RULES)])
"""Training rules, see rules.def."""
MOST_FEATURES = 1 << 19
"""Of a perceptron, in whole words: an eighth as many sums of 16 bits fit in 32 bits, as the AVX2 path adds them up."""


cdef int one_of(known, name, what) except -1:
    """The number of a name among those that are known."""
    if name not in known:
        raise ValueError(f"{what} must be one of {', '.join(known)}; got {name!r}")
    return known.index(name)


cdef const uint64_t *bits_of(const uint64_t[:, ::1] rows, int64_t n, int64_t words, what) except? NULL:
    if rows.shape[0] != n or rows.shape[1] != words:
        raise ValueError(f"{what} must have shape ({n}, {words}), not ({rows.shape[0]}, {rows.shape[1]})")
    return &rows[0, 0]


cdef uint64_t *writable_bits(uint64_t[:, ::1] rows, int64_t n, int64_t words, what) except? NULL:
    return <uint64_t *> bits_of(rows, n, words, what)


cdef class LayerTable:
    """C structures over the arrays of Python layers; keeps the arrays alive."""

    cdef fbb_layer *table
    cdef int64_t count
    cdef object layers, cuts, arrays

    def __cinit__(self, layers, cuts=None):
        cdef fbb_layer *row
        cdef const uint64_t[:, ::1] all_cuts
        cdef int64_t i, n_trained = 0
        cdef int8_t[:, ::1] hidden8
        cdef int16_t[:, ::1] hidden16
        if not layers:
            raise ValueError("layers must not be empty")
        check_layers(layers)
        self.count = len(layers)
        self.layers = [*layers, *(layer.trained for layer in layers if layer.trained is not None)]
        self.cuts = cuts
        self.arrays = [(layer.hidden, layer.sign, layer.mask, layer.p_sign, layer.p_mask) for layer in self.layers]
        if cuts is not None:
            all_cuts = cuts
            if all_cuts.shape[0] != len(self.layers) or all_cuts.shape[1] != 64:
                raise ValueError(f"cuts must have shape ({len(self.layers)}, 64)")
        self.table = <fbb_layer *> calloc(len(self.layers), sizeof(fbb_layer))
        if self.table == NULL:
            raise MemoryError()
        for i, layer in enumerate(self.layers):
            row = self.table + i
            row.fan_in, row.n_units, row.n_classes = layer.fan_in, layer.n_units, layer.n_classes
            row.in_words, row.group_size, row.n_read = layer.in_words, layer.group_size, layer.n_read
            row.margin, row.bound, row.committee = layer.margin, layer.bound, layer.committee
            row.gate = layer.gate
            row.stream = layer.stream
            if cuts is not None:
                row.cuts = &all_cuts[i, 0]
            if layer.hidden.shape != (row.n_units, 64 * row.in_words):
                raise ValueError(f"hidden must have shape ({row.n_units}, {64 * row.in_words})")
            if layer.hidden.dtype == np.int8:
                hidden8 = layer.hidden
                row.hidden, row.hidden_bits = &hidden8[0, 0], 8
            else:
                hidden16 = layer.hidden
                row.hidden, row.hidden_bits = &hidden16[0, 0], 16
            row.sign = writable_bits(layer.sign, row.n_units, row.in_words, "sign")
            if layer.mask is not None:
                row.mask = writable_bits(layer.mask, row.n_units, row.in_words, "mask")
            if i >= self.count:  # a classifier, which has none of its own
                continue
            row.p_sign = bits_of(layer.p_sign, row.n_classes, (row.n_read + 63) // 64, "p_sign")
            if layer.mask is not None:
                row.p_mask = bits_of(layer.p_mask, row.n_classes, (row.n_read + 63) // 64, "p_mask")
            if layer.trained is not None:
                check_trained(layer)
                row.classifier = self.table + self.count + n_trained
                n_trained += 1

    def __dealloc__(self):
        free(self.table)


cdef check_layers(layers):
    """Raise ValueError unless layers fit together and have sizes that the kernels can hold."""
    first, before = layers[0], None
    for layer in layers:
        if not all([1 <= n <= MAX_WIDTH for n in (layer.fan_in, layer.n_units, layer.n_classes, layer.group_size)]):
            raise ValueError(f"fan_in, n_units, n_classes and group_size of a layer must lie in 1 .. {MAX_WIDTH}")
        if layer.n_units % layer.group_size or not 1 <= layer.bound <= MAX_WIDTH or not 0 <= layer.gate <= MAX_WIDTH:
            raise ValueError("group_size must divide n_units; bound and gate must fit 16 bits")
        if before is not None and layer.fan_in != before:
            raise ValueError(f"fan_in must be the units of the layer before, {before}; got {layer.fan_in}")
        kind = layer.n_classes, layer.committee, layer.mask is None, layer.trained is None
        if kind != (first.n_classes, first.committee, first.mask is None, first.trained is None):
            raise ValueError("layers must have the same classes, and be of one kind")
        before = layer.n_units


cdef LayerTable table_of(layers):
    """The table of layers to predict with, made once where they can keep it."""
    if type(layers) is not Layers:
        return LayerTable(layers)
    if layers.table is None:
        layers.table = LayerTable(layers)
    return layers.table


cdef check_trained(layer):
    trained = layer.trained
    if trained.sign is not layer.p_sign or trained.mask is not layer.p_mask or layer.committee:
        raise ValueError("a trained classifier's visible weights must be the layer's p_sign and p_mask, in no committee")
    if (trained.fan_in, trained.n_units, trained.group_size) != (layer.n_units, layer.n_classes, layer.n_classes):
        raise ValueError("a trained classifier must have the layer's units as fan-in and one group of a unit per class")


cdef class Path:
    """One native path. Its methods are those of ``reference.py``."""

    cdef const fbb_path *path
    cdef readonly str name

    def product(self, const uint64_t[:, ::1] x_sign, x_mask, const uint64_t[:, ::1] w_sign, w_mask, int64_t fan_in):
        cdef int64_t n = x_sign.shape[0], k = w_sign.shape[0], words = (fan_in + 63) // 64
        if not 1 <= fan_in <= MAX_WIDTH:
            raise ValueError(f"fan_in must be at most {MAX_WIDTH}, as sums have 16 bits; got {fan_in}")
        cdef const uint64_t *xs = bits_of(x_sign, n, words, "x_sign")
        cdef const uint64_t *ws = bits_of(w_sign, k, words, "w_sign")
        cdef const uint64_t *xm = NULL
        cdef const uint64_t *wm = NULL
        cdef int status
        if w_mask is not None:
            wm = bits_of(w_mask, k, words, "w_mask")
        if x_mask is not None:
            if w_mask is None:
                raise ValueError("w_mask must be given where x_mask is")
            xm = bits_of(x_mask, n, words, "x_mask")
        out = np.empty((n, k), dtype=np.int16)
        cdef int16_t[:, ::1] z = out
        with nogil:
            status = self.path.product(xs, xm, n, ws, wm, k, fan_in, &z[0, 0])
        if status:
            raise MemoryError("no memory for the product's scratch space")
        return out

    def train(self, layers, cuts, batches, int n_threads=1, rule="local errors"):
        cdef LayerTable table = LayerTable(layers, cuts)
        cdef fbb_batches b = batches_of(table, batches)
        cdef int number = one_of(RULES, rule, "rule")
        cdef int64_t right
        check_threads(n_threads)
        with nogil:
            right = self.path.rules[number](table.table, table.count, &b, n_threads)
        if right == -2:
            raise ValueError(f"training by {rule} is not for such layers")
        if right < 0:
            raise MemoryError("no memory for a mini-batch's activations")
        return right

    def scores(self, layers, const uint64_t[:, ::1] x_bits, int n_threads=1, readout="last"):
        cdef LayerTable table = table_of(layers)
        cdef int64_t n = x_bits.shape[0]
        cdef const uint64_t *x = bits_of(x_bits, n, table.table.in_words, "x_bits")
        cdef int status, way = one_of(READOUTS, readout, "readout")
        if readout == "preactivation" and layers[len(layers) - 1].committee:
            raise ValueError("a committee's classifier reads majorities, which have no pre-activation")
        check_threads(n_threads)
        result = np.empty((n, table.table[table.count - 1].n_classes), dtype=np.int32)
        cdef int32_t[:, ::1] out = result
        with nogil:
            status = self.path.scores(table.table, table.count, x, n, way, &out[0, 0], n_threads)
        if status:
            raise MemoryError("no memory for the activations")
        return result

    def train_perceptron(self, perceptron, const uint64_t[:, ::1] x_bits, const int32_t[::1] labels, const int64_t[::1] order,
                 int64_t margin, int64_t first, int64_t every):
        cdef fbb_perceptron p = perceptron_of(perceptron)
        cdef const uint64_t *x = bits_of(x_bits, x_bits.shape[0], p.units.in_words, "x_bits")
        cdef int64_t right, n = order.shape[0]
        check_rows(labels, order, x_bits.shape[0], p.n_classes)
        if first < 0 or every < 0:
            raise ValueError("first and every must be at least 0")
        with nogil:
            right = self.path.train_perceptron(&p, x, &labels[0], &order[0], n, margin, first, every)
        if right < 0:
            raise MemoryError("no memory for the rows' units")
        return right

    def perceptron_scores(self, perceptron, const uint64_t[:, ::1] x_bits):
        cdef fbb_perceptron p = perceptron_of(perceptron)
        cdef int64_t n = x_bits.shape[0]
        cdef const uint64_t *x = bits_of(x_bits, n, p.units.in_words, "x_bits")
        cdef int status
        result = np.empty((n, p.n_classes), dtype=np.int64)
        cdef int64_t[:, ::1] out = result
        with nogil:
            status = self.path.perceptron_scores(&p, x, n, &out[0, 0])
        if status:
            raise MemoryError("no memory for the rows' units")
        return result

    def train_signs(self, perceptron, const uint64_t[:, ::1] x_bits, const int32_t[::1] labels, const int64_t[::1] order,
                    int64_t margin, int64_t n_rows, int64_t first, int64_t n_votes):
        """Returns (how many were right before they were learnt from, the margin afterwards)."""
        cdef fbb_sign_perceptron p = sign_perceptron_of(perceptron)
        cdef const uint64_t *x = bits_of(x_bits, x_bits.shape[0], p.units.in_words, "x_bits")
        cdef int64_t right, n = order.shape[0]
        cdef fbb_pass one_pass
        check_rows(labels, order, x_bits.shape[0], p.n_classes)
        if margin < 0 or first < 0 or first + n > n_rows or not 0 <= n_votes <= 255:
            raise ValueError("margin and first must be at least 0, rows lie within the pass, votes in 0 .. 255")
        one_pass.n_rows, one_pass.first, one_pass.n_votes = n_rows, first, n_votes
        with nogil:
            right = self.path.train_signs(&p, x, &labels[0], &order[0], n, &margin, &one_pass)
        if right < 0:
            raise MemoryError("no memory for the rows' units")
        return right, margin

    def sign_scores(self, perceptron, const uint64_t[:, :, ::1] planes, const uint64_t[:, ::1] x_bits):
        cdef fbb_sign_perceptron p = sign_perceptron_of(perceptron)
        cdef int64_t n = x_bits.shape[0], n_planes = planes.shape[0]
        cdef const uint64_t *x = bits_of(x_bits, n, p.units.in_words, "x_bits")
        cdef int status
        if n_planes < 1 or planes.shape[1] != p.n_classes or planes.shape[2] != perceptron.sign.shape[1]:
            raise ValueError("planes must be (k, classes, words), with the classes and words of sign")
        result = np.empty((n, p.n_classes), dtype=np.int64)
        cdef int64_t[:, ::1] out = result
        with nogil:
            status = self.path.sign_scores(&p, &planes[0, 0, 0], n_planes, x, n, &out[0, 0])
        if status:
            raise MemoryError("no memory for the rows' units")
        return result

    def bernoulli(self, uint64_t key, const uint64_t[::1] cuts, int64_t n_words):
        if cuts.shape[0] != 64:
            raise ValueError("cuts must be 64")
        result = np.empty(n_words, dtype=np.uint64)
        cdef uint64_t[::1] out = result
        with nogil:
            self.path.bernoulli(key, &cuts[0], n_words, &out[0])
        return result

    def roof(self, int64_t steps):
        """Run the innermost step of the product on registers alone; returns the bits it has gone through."""
        cdef int64_t bits
        with nogil:
            bits = self.path.roof(steps)
        return bits


cdef fbb_units units_of(perceptron):
    """A C structure over the wires of a Python perceptron, which must outlive it."""
    cdef fbb_units u
    cdef const uint32_t[:, ::1] wires = perceptron.wires
    u.n_inputs, u.n_units, u.n_pairs = perceptron.n_inputs, wires.shape[0], perceptron.n_pairs
    u.in_words, u.fan_in = (u.n_inputs + 63) // 64, wires.shape[1]
    if u.n_inputs < 1 or u.fan_in % 2 == 0 or u.fan_in > 15:
        raise ValueError("there must be inputs; fan_in is odd and at most 15")
    if not 0 <= u.n_pairs <= u.n_units or (u.n_pairs and u.fan_in < 2):
        raise ValueError("n_pairs must lie in 0 .. n_units; pairs need a fan_in of at least 3")
    if 64 * (u.in_words + (u.n_units + 63) // 64) > MOST_FEATURES:
        raise ValueError(f"there must be at most {MOST_FEATURES} features")
    if u.n_units and np.max(perceptron.wires) >= 2 * u.n_inputs:
        raise ValueError(f"wires must lie below {2 * u.n_inputs}, twice the inputs")
    u.wires = &wires[0, 0] if u.n_units else NULL
    return u


cdef check_weights(const fbb_units *u, int64_t n_classes, int64_t bound, arrays):
    """Raise ValueError unless arrays are (classes, columns of the features)."""
    shape = (n_classes, 64 * (u.in_words + (u.n_units + 63) // 64))
    if n_classes < 2 or not 1 <= bound <= 127:
        raise ValueError("there must be 2 classes; bound lies in 1 .. 127")
    if any([array.shape != shape for array in arrays]):
        raise ValueError(f"what is held of weights must have shape {shape}")


cdef fbb_perceptron perceptron_of(perceptron):
    """A C structure over the arrays of a Python perceptron, which must outlive it."""
    cdef fbb_perceptron p
    cdef int8_t[:, ::1] weights = perceptron.weights
    cdef int16_t[:, ::1] sums = perceptron.sums
    p.units = units_of(perceptron)
    p.n_classes, p.bound = weights.shape[0], perceptron.bound
    check_weights(&p.units, p.n_classes, p.bound, (perceptron.weights, perceptron.sums))
    p.weights, p.sums = &weights[0, 0], &sums[0, 0]
    return p


cdef fbb_sign_perceptron sign_perceptron_of(perceptron):
    """A C structure over the arrays of a Python perceptron of signs, which must outlive it."""
    cdef fbb_sign_perceptron p
    cdef int8_t[:, ::1] hidden = perceptron.hidden
    cdef uint64_t[:, ::1] sign = perceptron.sign
    cdef uint8_t[:, ::1] votes = perceptron.votes
    p.units = units_of(perceptron)
    p.n_classes, p.bound, p.input_weight = hidden.shape[0], perceptron.bound, perceptron.input_weight
    check_weights(&p.units, p.n_classes, p.bound, (perceptron.hidden, perceptron.votes))
    if not 1 <= p.input_weight <= 64 or p.bound % 2 == 0:
        raise ValueError("input_weight lies in 1 .. 64; bound is odd, as hidden weights are")
    p.sign = writable_bits(sign, p.n_classes, hidden.shape[1] // 64, "sign")
    p.hidden, p.votes = &hidden[0, 0], &votes[0, 0]
    return p


cdef fbb_batches batches_of(LayerTable table, batches) except *:
    """A C structure over the arrays of batches, which must outlive it."""
    cdef fbb_batches b
    cdef const uint64_t[:, ::1] rows = batches.rows
    cdef const int32_t[::1] labels = batches.labels
    cdef const int64_t[::1] order = batches.order
    b.x = bits_of(rows, rows.shape[0], table.table.in_words, "rows")
    b.batch_size, b.first_step, b.n = batches.batch_size, batches.first_step, order.shape[0]
    if b.batch_size < 1 or table.cuts is None:
        raise ValueError("batch_size must be at least 1; cuts be given")
    check_rows(labels, order, rows.shape[0], table.table.n_classes)
    b.y, b.order = &labels[0], &order[0]
    return b


cdef check_rows(const int32_t[::1] labels, const int64_t[::1] order, int64_t n_rows, int64_t n_classes):
    cdef int64_t i
    if labels.shape[0] != n_rows or order.shape[0] < 1:
        raise ValueError("labels must have one entry per row; order at least one")
    for i in range(order.shape[0]):
        if order[i] < 0 or order[i] >= n_rows:
            raise ValueError(f"order must name rows 0 .. {n_rows - 1}")
    for i in range(n_rows):
        if labels[i] < 0 or labels[i] >= n_classes:
            raise ValueError(f"labels must lie in 0 .. {n_classes - 1}")


cdef check_threads(int n_threads):
    if not 1 <= n_threads <= MAX_THREADS:
        raise ValueError(f"n_threads must lie in 1 .. {MAX_THREADS}; got {n_threads}")


cdef Path wrap(const fbb_path *path):
    cdef Path wrapped = Path.__new__(Path)
    wrapped.path = path
    wrapped.name = path.name.decode()
    return wrapped


cdef all_paths():
    return {path.name: path for path in [wrap(fbb_paths[i].path) for i in range(fbb_n_paths)]}


PATHS = all_paths()
"""Every compiled path by name, the fastest first, whether this machine can run it or not; see paths.def."""
NEEDS = {name: features(fbb_paths[i].needs) for i, name in enumerate(PATHS)}
"""The features that a path needs."""
FOR_TESTS = frozenset([name for i, name in enumerate(PATHS) if fbb_paths[i].for_tests])
"""Paths that are never chosen."""


def decide(uint32_t leaf1_ecx, uint32_t leaf7_ebx, uint32_t leaf7_ecx, uint64_t xcr0):
    """Return the set of features that follow from raw CPUID registers and XCR0."""
    return features(fbb_decide(leaf1_ecx, leaf7_ebx, leaf7_ecx, xcr0))


def detect():
    """Return the set of features that this processor and operating system offer."""
    return features(fbb_detect())


cdef features(int bits):
    return frozenset([fbb_features[i].name.decode() for i in range(fbb_n_features) if bits & fbb_features[i].bit])


def pack(const int8_t[:, ::1] values not None):
    """Pack +-1 rows into words; returns (words, -1) or (words, flat index of the first other value)."""
    cdef int64_t n = values.shape[0], d = values.shape[1], bad
    result = np.zeros((n, (d + 63) // 64), dtype=np.uint64)
    cdef uint64_t[:, ::1] out = result
    with nogil:
        bad = fbb_pack(&values[0, 0], n, d, &out[0, 0])
    return result, bad


def unpack(const uint64_t[:, ::1] bits not None, int64_t d):
    """Unpack words to (n, d) int8 of +-1."""
    cdef int64_t n = bits.shape[0]
    bits_of(bits, n, (d + 63) // 64, "bits")
    result = np.empty((n, d), dtype=np.int8)
    cdef int8_t[:, ::1] out = result
    with nogil:
        fbb_unpack(&bits[0, 0], n, d, &out[0, 0])
    return result


def order(uint64_t key, int64_t n):
    """Return the order (int64) that sorts words 0 .. n - 1 of a stream, n < 2^32; None where their upper bits do not
    decide it."""
    if not 0 < n < 1 << 32:
        raise ValueError(f"n must lie in 1 .. 2^32 - 1; got {n}")
    result = np.empty(n, dtype=np.int64)
    cdef int64_t[::1] out = result
    cdef int decided
    with nogil:
        decided = fbb_order(key, n, &out[0])
    if decided < 0:
        raise MemoryError("no memory for an order of rows")
    return result if decided else None


def binarise(hidden, int64_t d, bint ternary):
    """Return (sign plane, mask plane or None) of hidden weights (K, 64 * words)."""
    cdef int64_t n = hidden.shape[0], words = (d + 63) // 64
    cdef int8_t[:, ::1] hidden8
    cdef int16_t[:, ::1] hidden16
    cdef const void *start
    cdef int bits = 8 if hidden.dtype == np.int8 else 16
    if hidden.shape != (n, 64 * words):
        raise ValueError(f"hidden must have {64 * words} columns")
    if bits == 8:
        hidden8 = hidden
        start = &hidden8[0, 0]
    else:
        hidden16 = hidden
        start = &hidden16[0, 0]
    sign = np.empty((n, words), dtype=np.uint64)
    mask = np.empty((n, words), dtype=np.uint64)
    cdef uint64_t[:, ::1] s = sign
    cdef uint64_t[:, ::1] m = mask
    with nogil:
        fbb_binarise(start, bits, n, d, &s[0, 0], &m[0, 0] if ternary else NULL)
    return sign, mask if ternary else None
