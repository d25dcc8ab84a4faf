"""Matrix products of numbers of 8 bits that share a power of 2, as NITI trains with, but rounded at random.

Wang et al., *NITI: Training Integer Neural Networks Using Integer-only Arithmetic* (arXiv:2009.13108). Softmax and
rates are floats here. Numbers are floats of torch that hold k 2^e, |k| <= 127: sums of at most 1 040 products are
exact, longer ones may be rounded in their 25th bit. A power of 2 is shared by all rows that go through a layer at
once, also when they are predicted, so a prediction may depend on the rows beside it.
"""

import functools

GREATEST = 127

RANGE = 4
"""A layer's weights reach at least this many times the limit of their start, so that their step is a power of 2."""


def step_of(torch, greatest):
    """Return the least power of 2 that 127 times is not below a tensor of one number; 1 where that is 0."""
    part, exponent = torch.frexp(greatest / GREATEST)
    return torch.ldexp(torch.ones(()), exponent - (part == 0.5).int()) if greatest > 0 else torch.ones(())


def rounded(torch, values, generator):
    """Return values rounded to whole numbers: to the nearest, or up or down at random, which is right in the mean."""
    if generator is None:
        return values.round()
    return (values + torch.rand(values.shape, generator=generator)).floor_()


def on_grid(torch, values, greatest, generator):
    """Return values on the grid of 8 bits that reaches ``greatest``, a tensor of one number; clipped beyond."""
    step = step_of(torch, greatest)
    return rounded(torch, values / step, generator).clamp_(-GREATEST, GREATEST) * step


def to_int8(torch, values, generator=None):
    """Return the nearest numbers of 8 bits that share a power of 2; rounded at random where there is a generator."""
    return on_grid(torch, values, values.abs().max(), generator)


def to_weights(torch, values, limit, generator):
    """Return weights on the grid of a layer that started within +-limit, rounded at random and clipped."""
    return on_grid(torch, values, torch.tensor(RANGE * limit), generator)


@functools.cache
def product_of(torch):
    """Return torch's function of (activations, weights, generator): activations are cut to 8 bits, and on the way back
    gradients, at random; products are summed in full."""

    class Int8Product(torch.autograd.Function):
        @staticmethod
        def forward(context, activations, weight, generator):
            short = to_int8(torch, activations)
            context.save_for_backward(short, weight)
            context.generator = generator
            return short @ weight.T

        @staticmethod
        def backward(context, gradient):
            short, weight = context.saved_tensors
            gradient = to_int8(torch, gradient, context.generator)
            back = gradient @ weight if context.needs_input_grad[0] else None
            return back, gradient.T @ short, None

    return Int8Product.apply
